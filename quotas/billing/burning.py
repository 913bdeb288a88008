"""Credit of metrics as counters see it: how much an allowance is granted, and which grants its use burns.

Everything here works on allowances whose rows the caller has locked; that lock orders all changes of their credit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Case, F, IntegerField, Q, QuerySet, Sum, Value, When

from quotas.metrics import Metric
from quotas.models import Allowance, CreditEntry, CreditEntryKind, CreditGrant, PeriodState

_RANK = Case(
    *(When(metric=metric, then=Value(rank)) for rank, metric in enumerate(Metric)),
    output_field=IntegerField(),
)
_SIGNS = {CreditEntryKind.BURN: 1, CreditEntryKind.RESTORE: -1, CreditEntryKind.EXPIRY: 0}
BURN_ORDER = (F("priority").asc(), F("expires_at").asc(nulls_last=True), F("created_at").asc(), F("id").asc())


def locked(rows: QuerySet[Allowance]) -> list[Allowance]:
    """The allowances, locked in the order in which every transaction takes them (see statements.py)."""
    return list(rows.select_for_update(of=("self",), no_key=True).order_by("workspace_id", _RANK, "id"))


def live_grants(workspace_id: UUID, at: datetime) -> QuerySet[CreditGrant]:
    """Grants that still hold something at `at`, in the order in which they burn."""
    unexpired = Q(expires_at=None) | Q(expires_at__gt=at)
    return CreditGrant.objects.filter(unexpired, workspace_id=workspace_id, remaining__gt=0).order_by(*BURN_ORDER)


def burn(rows: Iterable[Allowance]) -> int:
    """Take what each allowance used beyond `included` from its grants, or give back what it no longer uses beyond it (a
    larger plan). Changes `burned` of the rows, here and in the database. Returns how much moved."""
    moved = 0
    for row in rows:
        delta = _due(row, row.settled) - row.burned
        if not delta:
            continue
        change = _take(row, delta) if delta > 0 else -_give_back(row, -delta)
        row.burned += change
        Allowance.objects.filter(workspace_id=row.workspace_id, pk=row.pk).update(burned=row.burned)
        moved += abs(change)
    return moved


def granted_of(rows: Sequence[Allowance], at: datetime) -> dict[UUID, int]:
    """By allowance: what grants add to it, burned or not. What an older period may still burn is not given twice.

    `rows`: every counter of the workspace whose period is not closed, locked and burned. Only the youngest period of a
    metric gains; an older one keeps at most what it had.
    """
    if not rows:
        return {}
    left = _left_by_metric(rows[0].workspace_id, at)
    granted = {}
    for row in sorted(rows, key=_starts_at):
        is_youngest = not any(other.metric == row.metric and _starts_at(other) > _starts_at(row) for other in rows)
        if is_youngest:
            granted[row.pk] = row.burned + left[row.metric]
        else:
            owed = min(left[row.metric], max(0, _due(row, row.settled + row.held) - row.burned))
            granted[row.pk] = row.burned + owed
            left[row.metric] -= owed
    return granted


def unclosed_counters(workspace_id: UUID) -> QuerySet[Allowance]:
    """The counters of every period that has not been closed yet."""
    rows = Allowance.objects.select_related("period").filter(workspace_id=workspace_id, period__isnull=False)
    return rows.exclude(period__state=PeriodState.CLOSED)


def _due(row: Allowance, used: int) -> int:
    return 0 if row.included is None else min(row.granted, max(0, used - row.included))


def _starts_at(row: Allowance) -> datetime:
    assert row.period is not None
    return row.period.starts_at


def _left_by_metric(workspace_id: UUID, at: datetime) -> defaultdict[str, int]:
    sums = live_grants(workspace_id, at).exclude(metric="").order_by().values("metric").annotate(left=Sum("remaining"))
    return defaultdict(int, {row["metric"]: row["left"] for row in sums})


def _take(row: Allowance, amount: int) -> int:
    """From what is left of the metric's grants, in order; those that expired since, last: the use came before."""
    grants = CreditGrant.objects.filter(workspace_id=row.workspace_id, metric=row.metric, remaining__gt=0)
    taken = 0
    for grant in grants.select_for_update(no_key=True).order_by(*BURN_ORDER):
        part = min(grant.remaining, amount - taken)
        if part:
            move(grant, CreditEntryKind.BURN, part, period_id=row.period_id)
            taken += part
    return taken


def _give_back(row: Allowance, amount: int) -> int:
    """To the grants that this period burned, against the order in which they burn."""
    entries = CreditEntry.objects.filter(workspace_id=row.workspace_id, period_id=row.period_id, grant__metric=row.metric)
    burned = net_burned(entries)
    grants = CreditGrant.objects.filter(workspace_id=row.workspace_id, pk__in=burned).select_for_update(no_key=True)
    given = 0
    for grant in reversed(grants.order_by(*BURN_ORDER)):
        if part := min(burned[grant.pk], amount - given):
            move(grant, CreditEntryKind.RESTORE, part, period_id=row.period_id)
            given += part
    return given


def net_burned(entries: Iterable[CreditEntry]) -> dict[UUID, int]:
    """By grant: what the entries burned and did not give back."""
    net: defaultdict[UUID, int] = defaultdict(int)
    for entry in entries:
        net[entry.grant_id] += _SIGNS[CreditEntryKind(entry.kind)] * entry.amount
    return dict(net)


def move(
    grant: CreditGrant, kind: CreditEntryKind, amount: int, *, period_id: UUID | None = None, invoice_id: UUID | None = None
) -> None:
    """Enter one movement of a locked grant and change what remains of it."""
    grant.remaining += amount if kind == CreditEntryKind.RESTORE else -amount
    CreditGrant.objects.filter(workspace_id=grant.workspace_id, pk=grant.pk).update(remaining=grant.remaining)
    CreditEntry.objects.create(
        workspace_id=grant.workspace_id, grant=grant, kind=kind, amount=amount, period_id=period_id, invoice_id=invoice_id
    )
