"""Use that comes from outside of the holds: an operator's backfill, and corrections of what the ledger says.

Both are told apart by source and event id, so repeating them is harmless. Those of a closed period change none of its
counters: the ledger keeps them as `late`, and a line of the next invoice stands for them.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Sum
from django.utils import timezone

from accounts import audit
from accounts.errors import Invalid, NotFound
from accounts.identifiers import uuid7
from accounts.tenancy import current_workspace_id
from quotas import statements
from quotas.billing.costs import priced
from quotas.billing.late import queue_late_use
from quotas.daily import refresh_day
from quotas.metrics import Metric
from quotas.models import Allowance, BillingPeriod, EntryKind, UsageEntry, UsageEvent
from quotas.periods import open_period
from quotas.values import Entered, UsageAttributes

_AHEAD = timedelta(minutes=5)  # of the clocks of those who report
_CORRECTION = "correction"
_CORRECTABLE = (EntryKind.USAGE, EntryKind.LATE)


def backfill(*, metric: Metric, quantity: int, event_id: str, usage: UsageAttributes, source: str = "backfill") -> Entered:
    """Enter use that the meter never saw, into the period that `usage.occurred_at` lies in.

    What the allowance has no room for is overrun. Raises ValueError for a gauge or a quantity that is not positive,
    Invalid for the future, NotFound where the workspace had no period.
    """
    if quantity <= 0 or Metric(metric).is_gauge:
        raise ValueError("Backfill a positive quantity of a counter.")
    if usage.occurred_at > timezone.now() + _AHEAD:
        raise Invalid("What is backfilled must have happened.")
    allowance = _allowance_at(Metric(metric), usage.occurred_at)
    usage = priced(usage, Metric(metric), quantity)
    entered = _enter(allowance, quantity, source=source, event_id=event_id, kind=EntryKind.USAGE, usage=usage)
    if entered.is_new:
        told = {"metric": str(metric), "quantity": quantity, "occurred_at": usage.occurred_at.isoformat()}
        audit.record("usage.backfilled", subject=entered.entry_id, source=source, event_id=event_id, **told)
    return entered


def correct(*, entry_id: UUID, reason: str, event_id: str, quantity: int | None = None) -> Entered:
    """Correct an entry by a signed `quantity`, or (None) take back all that is left of it, cost included.

    An entry counts no less than nothing: raises Invalid for more than is left of it, for nothing at all, and for entries
    that are corrections themselves; NotFound where the workspace has no such entry.
    """
    entry = UsageEntry.objects.filter(pk=entry_id).first()
    if entry is None:
        raise NotFound(f"There is no entry {entry_id}.")
    if entry.kind not in _CORRECTABLE or entry.reverses:
        raise Invalid("Only use can be corrected.")
    for event in UsageEvent.objects.filter(source=_CORRECTION, event_id=event_id):
        return _entered_before(event)
    left = _left_of(entry)
    change = -left if quantity is None else quantity
    if change == 0 or left + change < 0:
        raise Invalid(f"{left} is left of the entry; it can't be changed by {change}.")
    entered = _enter(
        Allowance.objects.get(pk=entry.allowance_id),
        change,
        source=_CORRECTION,
        event_id=event_id,
        kind=EntryKind.CORRECTION,
        usage=_usage_of(entry, change),
        reverses=entry.pk,
    )
    audit.record("usage.corrected", subject=entry.pk, quantity=change, reason=reason)
    return entered


def _left_of(entry: UsageEntry) -> int:
    """Whoever corrects an entry locks its period first, and sums up after that: two can't take back the same."""
    BillingPeriod.objects.select_for_update(no_key=True).get(allowances=entry.allowance_id)
    changes = UsageEntry.objects.filter(reverses=entry.pk, allowance_id=entry.allowance_id)
    return entry.quantity + (changes.aggregate(total=Sum("quantity"))["total"] or 0)


def _usage_of(entry: UsageEntry, change: int) -> UsageAttributes:
    cost = entry.provider_cost
    return UsageAttributes(
        occurred_at=entry.occurred_at,
        session_id=entry.session_id,
        avatar=entry.avatar,
        api_key_id=entry.api_key_id,
        provider=entry.provider,
        sku=entry.sku,
        provider_cost=None if cost is None else round(cost * Decimal(change) / entry.quantity, 10),
        provider_currency=entry.provider_currency,
        cost_is_estimate=entry.cost_is_estimate,
    )


def _allowance_at(metric: Metric, at: datetime) -> Allowance:
    found = Allowance.objects.filter(metric=metric, period__starts_at__lte=at, period__ends_at__gt=at)
    if not found.exists():
        open_period(current_workspace_id(), timezone.now())
    allowance = found.first()
    if allowance is None:
        raise NotFound(f"The workspace had no period at {at:%Y-%m-%d %H:%M}.", code="no_period")
    return allowance


def _enter(
    allowance: Allowance,
    quantity: int,
    *,
    source: str,
    event_id: str,
    kind: EntryKind,
    usage: UsageAttributes,
    reverses: UUID | None = None,
) -> Entered:
    entry_id, metric = uuid7(), Metric(allowance.metric)
    params: dict[str, Any] = asdict(usage) | {
        "workspace": allowance.workspace_id,
        "allowance": allowance.pk,
        "id": uuid7(),
        "entry_id": entry_id,
        "overrun_id": uuid7(),
        "now": timezone.now(),
        "metric": metric.value,
        "kind": kind.value,
        "quantity": quantity,
        "source": source,
        "event_id": event_id,
        "reverses": reverses,
    }
    outcome = statements.one(statements.ENTER, params)
    if not outcome["is_new"]:
        return _entered_before(UsageEvent.objects.get(source=source, event_id=event_id))
    refresh_day(allowance.workspace_id, metric, usage.occurred_at)
    if outcome["closed"]:
        queue_late_use(period_id=outcome["period_id"], metric=metric, quantity=quantity, key=f"{source}/{event_id}")
    return Entered(entry_id=entry_id, is_new=True, is_late=outcome["closed"])


def _entered_before(event: UsageEvent) -> Entered:
    is_late = UsageEntry.objects.filter(pk=event.entry_id, kind=EntryKind.LATE).exists()
    return Entered(entry_id=event.entry_id, is_new=False, is_late=is_late)
