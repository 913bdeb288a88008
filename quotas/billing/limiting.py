"""From terms, credit and status to the limits in a workspace's allowances. Counters stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from quotas.billing import burning
from quotas.billing.terms import Terms, billing_enabled, terms_of
from quotas.metrics import GAUGES, Metric
from quotas.models import Allowance, BillingPeriod, CapAction, Overage, SpendCap, Subscription, SubscriptionStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Beyond:
    """What is used and held above a limit that was lowered: it stays, and nothing more is given until it fits again."""

    metric: Metric
    limit: int
    taken: int


def limit_of(terms: Terms, granted: int, subscription: Subscription, at: datetime) -> int | None:
    """Where use of a metric stops; None where nothing stops it. Overdue: included only, then nothing more."""
    status = subscription.status if billing_enabled() else SubscriptionStatus.ACTIVE
    if status == SubscriptionStatus.SUSPENDED:
        return 0
    ceiling = terms.ceiling
    if status == SubscriptionStatus.PAST_DUE and subscription.grace_until and subscription.grace_until <= at:
        ceiling = terms.included
    return None if ceiling is None else ceiling + granted


def fresh_allowances(period: BillingPeriod, at: datetime) -> list[Allowance]:
    """Unsaved allowances of every metric as `period` begins, without credit."""
    return begun_with(period, _terms(period), at, is_capped=_is_capped(period.workspace_id))


def begun_with(period: BillingPeriod, terms: Mapping[Metric, Terms], at: datetime, *, is_capped: bool) -> list[Allowance]:
    """Unsaved allowances of the metrics that `terms` names, as `period` begins, without credit."""
    rows = []
    for metric, one in terms.items():
        row = Allowance(workspace_id=period.workspace_id, period=None if metric.is_gauge else period, metric=metric)
        limit = limit_of(one, 0, period.subscription, at)
        for name, value in _values(row, one, limit, is_capped).items():
            setattr(row, name, value)
        rows.append(row)
    return rows


def write_limits(period: BillingPeriod, at: datetime) -> list[Beyond]:
    """Burn what is due, then give the current allowances their limits and prices: those of `period` and the gauges.

    Locks every allowance that is still counted. A ceiling never falls below what is used and held; what is beyond the
    limit is returned. Older periods that are not closed lose what credit has expired, and keep the rest as it was.
    """
    gauges = burning.locked(Allowance.objects.filter(workspace_id=period.workspace_id, metric__in=GAUGES))
    counters = burning.locked(burning.unclosed_counters(period.workspace_id))
    burning.burn(counters)
    granted = burning.granted_of(counters, at)
    terms, is_capped = _terms(period), _is_capped(period.workspace_id)
    beyond: list[Beyond] = []
    for row in (*gauges, *(row for row in counters if row.period_id == period.pk)):
        metric = Metric(row.metric)
        row_granted = granted.get(row.pk, 0)
        limit = limit_of(terms[metric], row_granted, period.subscription, at)
        _write(row, _values(row, terms[metric], limit, is_capped) | {"granted": row_granted})
        beyond += _beyond(row, limit)
    burning.burn(counters)  # what is included may have changed: burned + left, and so `granted`, stays the same
    for row in counters:
        if row.period_id != period.pk and granted[row.pk] < row.granted:
            _shrink(row, granted[row.pk])
    return beyond


def _terms(period: BillingPeriod) -> dict[Metric, Terms]:
    return terms_of(period.subscription, period.plan, is_trial=period.is_trial)


def _is_capped(workspace_id: UUID) -> bool:
    return billing_enabled() and SpendCap.objects.filter(workspace_id=workspace_id, action=CapAction.STOP).exists()


def _values(row: Allowance, terms: Terms, limit: int | None, is_capped: bool) -> dict[str, Any]:
    return asdict(terms) | {
        "ceiling": None if limit is None else max(limit, row.settled + row.held),
        "is_capped": is_capped and terms.overage == Overage.CHARGE,
    }


def _write(row: Allowance, values: dict[str, Any]) -> None:
    """One UPDATE of a locked row, and none where nothing differs."""
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    if changed:
        Allowance.objects.filter(workspace_id=row.workspace_id, pk=row.pk).update(**changed)


def _shrink(row: Allowance, granted: int) -> None:
    ceiling = row.ceiling
    if ceiling is not None:
        ceiling = max(ceiling - (row.granted - granted), row.settled + row.held)
    _write(row, {"granted": granted, "ceiling": ceiling})


def _beyond(row: Allowance, limit: int | None) -> list[Beyond]:
    taken = row.settled + row.held
    return [] if limit is None or taken <= limit else [Beyond(metric=Metric(row.metric), limit=limit, taken=taken)]
