"""Spend caps: what use above the free amounts may still cost, decided under the lock of the cap's row.

Exact rational arithmetic; a charge is rounded up per metric to minor units, so that the invoice, which rounds half, can't
exceed what was reserved. `cost_plus` is reckoned at the mean cost of the period so far; until something of it has a cost, by
the newest of the metric's rates. Without a rate nobody knows what it will cost: nothing beyond the free part is given.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db.models import Sum

from quotas.metrics import Metric
from quotas.models import Allowance, CapAction, Overage, Pricing, ProviderRate, SpendCap, UsageEntry
from quotas.selectors import shortage_of
from quotas.values import Shortage, Spend

_MINOR, _BP = 100, 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Charged:
    """An allowance whose use above `free` is charged at `price` minor units for each unit; None: nobody knows yet."""

    metric: Metric
    free: int
    taken: int
    price: Fraction | None

    def charge(self, asked: int = 0) -> int:
        return math.ceil(max(0, self.taken + asked - self.free) * (self.price or 0))


def under_cap(workspace_id: UUID, metric: Metric, at: datetime) -> dict[str, Any]:
    """Lock the cap's row until the transaction ends; what RESERVE, ADVANCE and TRANSFER need to stay below it: the ceiling
    that the cap leaves to `metric` in the period of `at`, None where it sets none."""
    cap = _stopping(workspace_id).select_for_update(no_key=True).first()
    ceiling = _ceiling(cap.amount_minor, metric, _charged(workspace_id, at)) if cap else None
    return {"under_cap": True, "spend_ceiling": ceiling}


def shortage(workspace_id: UUID, metric: Metric, *, asked: int, at: datetime) -> Shortage:
    """Why `asked` does not fit: the allowance's ceiling, or else the spend cap."""
    found = shortage_of(workspace_id, metric, asked=asked, at=at)
    row = _current(workspace_id, at).filter(metric=metric).first()
    if row is None or not row.is_capped or (row.ceiling is not None and found.used + found.held + asked > row.ceiling):
        return found
    cap = _stopping(workspace_id).first()
    return replace(found, spend=_spend(workspace_id, cap.amount_minor, metric, asked, at)) if cap else found


def _spend(workspace_id: UUID, limit: int, metric: Metric, asked: int, at: datetime) -> Spend:
    charged = _charged(workspace_id, at)
    more = sum(one.charge(asked) - one.charge() for one in charged if one.metric == metric)
    plan = _current(workspace_id, at).select_related("period__plan")[0].period.plan
    return Spend(limit=limit, used=sum(one.charge() for one in charged), asked=more, currency=plan.currency)


def _ceiling(cap_minor: int, metric: Metric, charged: Sequence[_Charged]) -> int | None:
    own = next((one for one in charged if one.metric == metric and one.price != 0), None)
    if own is None:
        return None
    if own.price is None:
        return own.free
    room = max(0, cap_minor - sum(one.charge() for one in charged if one.metric != metric))
    return own.free + math.floor(room / own.price)


def _charged(workspace_id: UUID, at: datetime) -> list[_Charged]:
    """Allowances of other metrics change meanwhile: they settle what they hold, or give back, which adds no charge."""
    rows = _current(workspace_id, at).filter(overage=Overage.CHARGE, included__isnull=False)
    return [
        _Charged(metric=Metric(row.metric), free=_free(row), taken=row.settled + row.held, price=_price(row, at)) for row in rows
    ]


def _free(row: Allowance) -> int:
    return (row.included or 0) + row.granted


def _price(row: Allowance, at: datetime) -> Fraction | None:
    if row.pricing == Pricing.UNIT:
        return Fraction(row.unit_price or 0) / row.unit_size
    entries = UsageEntry.objects.filter(workspace_id=row.workspace_id, allowance_id=row.pk)
    cost = entries.aggregate(total=Sum("provider_cost"))["total"]
    each = _rate(row, at) if cost is None or not row.settled else Fraction(cost) / row.settled
    return None if each is None else each * _MINOR * (_BP + row.markup_bp) / _BP


def _rate(row: Allowance, at: datetime) -> Fraction | None:
    """What the newest valid rate of the metric, the dearest of several, takes for a unit, in major units."""
    rates = ProviderRate.objects.filter(metric=row.metric, valid_from__lte=at).exclude(valid_to__lte=at)
    newest = max(rates, key=lambda rate: (rate.valid_from, rate.unit_cost / rate.unit_size), default=None)
    return None if newest is None else Fraction(newest.unit_cost) / newest.unit_size


def _current(workspace_id: UUID, at: datetime) -> Any:
    rows = Allowance.objects.filter(workspace_id=workspace_id, period__starts_at__lte=at, period__ends_at__gt=at)
    return rows.order_by("metric")


def _stopping(workspace_id: UUID) -> Any:
    return SpendCap.objects.filter(workspace_id=workspace_id, action=CapAction.STOP)
