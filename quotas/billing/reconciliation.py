"""A provider's statement held against what we counted; what is off is accepted as adjustments, never edited in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, Sum

from accounts.errors import Conflict
from accounts.tenancy import unscoped
from quotas.metrics import Metric
from quotas.models import (
    EntryKind,
    ProviderCostAdjustment,
    ProviderStatement,
    ProviderStatementLine,
    StatementState,
    UsageEntry,
)

_USED = (EntryKind.USAGE, EntryKind.OVERRUN, EntryKind.CORRECTION, EntryKind.LATE)
_BP = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDelta:
    """One line: what the provider counted and took beyond (negative: below) what we had."""

    sku: str
    metric: Metric
    quantity: int
    cost: Decimal
    quantity_delta: int
    cost_delta: Decimal
    within: bool


@transaction.atomic
def reconcile(statement: ProviderStatement) -> list[LineDelta]:
    """Compare each line with the ledger of the statement's time; the state becomes `matched` or `differs`.

    What we counted and the provider did not bill gets a line of zero. May be repeated until it is accepted: Conflict.
    """
    locked = _not_accepted(statement)
    expected = _expected(locked)
    _add_unbilled(locked, expected)
    lines = list(locked.lines.order_by("metric", "sku"))
    for line in lines:
        line.expected_quantity, line.expected_cost = expected.get((line.sku, line.metric), (0, Decimal(0)))
    ProviderStatementLine.objects.bulk_update(lines, ["expected_quantity", "expected_cost"])
    deltas = [delta_of(line, locked.tolerance_bp) for line in lines]
    _become(statement, StatementState.MATCHED if all(delta.within for delta in deltas) else StatementState.DIFFERS)
    return deltas


@transaction.atomic
def accept(statement: ProviderStatement) -> list[ProviderCostAdjustment]:
    """Take a statement that differs as it is: an adjustment for each line whose cost is off. Raises Conflict otherwise."""
    locked = ProviderStatement.objects.select_for_update().get(pk=statement.pk)
    if locked.state != StatementState.DIFFERS:
        raise Conflict(f"The statement is {locked.get_state_display().lower()}; only one that differs can be accepted.")
    adjustments = ProviderCostAdjustment.objects.bulk_create(_adjustments(locked))
    _become(statement, StatementState.ACCEPTED)
    return adjustments


def delta_of(line: ProviderStatementLine, tolerance_bp: int) -> LineDelta:
    """What is off in a reconciled line. `within`: neither quantity nor cost is off by more than the tolerance."""
    quantity, cost = line.expected_quantity or 0, line.expected_cost or Decimal(0)
    return LineDelta(
        sku=line.sku,
        metric=Metric(line.metric),
        quantity=line.quantity,
        cost=line.cost,
        quantity_delta=line.quantity - quantity,
        cost_delta=line.cost - cost,
        within=_near(Decimal(line.quantity), Decimal(quantity), tolerance_bp) and _near(line.cost, cost, tolerance_bp),
    )


def _not_accepted(statement: ProviderStatement) -> ProviderStatement:
    locked = ProviderStatement.objects.select_for_update().get(pk=statement.pk)
    if locked.state == StatementState.ACCEPTED:
        raise Conflict("The statement has been accepted.")
    return locked


def _become(statement: ProviderStatement, state: StatementState) -> None:
    statement.state = state
    statement.save(update_fields=["state"])


def _expected(statement: ProviderStatement) -> dict[tuple[str, str], tuple[int, Decimal]]:
    """What the ledger says, by sku and metric: quantity, and cost in the statement's currency."""
    with unscoped("a provider's statement covers the use of every workspace"):
        entries = UsageEntry.objects.filter(
            provider=statement.provider,
            kind__in=_USED,
            occurred_at__gte=statement.starts_at,
            occurred_at__lt=statement.ends_at,
        )
        sums = entries.values("sku", "metric").annotate(
            used=Sum("quantity"), cost=Sum("provider_cost", filter=Q(provider_currency=statement.currency))
        )
        return {(row["sku"], row["metric"]): (row["used"], row["cost"] or Decimal(0)) for row in sums}


def _add_unbilled(statement: ProviderStatement, expected: Iterable[tuple[str, str]]) -> None:
    billed = set(statement.lines.values_list("sku", "metric"))
    ProviderStatementLine.objects.bulk_create(
        ProviderStatementLine(statement=statement, sku=sku, metric=metric, quantity=0, cost=0)
        for sku, metric in sorted(set(expected) - billed)
    )


def _near(theirs: Decimal, ours: Decimal, tolerance_bp: int) -> bool:
    return abs(theirs - ours) * _BP <= max(theirs, ours) * tolerance_bp


def _adjustments(statement: ProviderStatement) -> list[ProviderCostAdjustment]:
    return [
        ProviderCostAdjustment(
            line=line,
            provider=statement.provider,
            sku=line.sku,
            metric=line.metric,
            amount=line.cost - line.expected_cost,
            currency=statement.currency,
            occurred_at=statement.starts_at,
        )
        for line in statement.lines.all()
        if line.expected_cost is not None and line.cost != line.expected_cost
    ]
