"""What a workspace may use now: one value for a metric, whatever plan, credit and standing it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.tenancy import current_workspace_id
from quotas.metrics import Metric
from quotas.models import Allowance, BillingPeriod, Overage, Pricing, SubscriptionStatus
from quotas.periods import open_period


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitlement:
    """A metric's counters and terms, in its smallest unit. None: without limit.

    `limit`: where use stops; `included` + `granted` is free of charge; `remaining` may still be reserved (a spend cap apart).
    Of a gauge, what is held is what is used. `unit_price`: minor units of `currency` for `unit_size`, None where use above is
    not charged by the unit. `status`: the subscription's standing; `resets_at`: the period's end, None for gauges.
    """

    metric: Metric
    label: str
    unit: str
    limit: int | None
    used: int
    held: int
    remaining: int | None
    included: int | None
    granted: int
    overrun: int
    overage: Overage
    pricing: Pricing
    unit_price: Decimal | None
    unit_size: int
    markup_bp: int
    currency: str
    plan_code: str
    plan_name: str
    status: SubscriptionStatus
    resets_at: datetime | None

    @property
    def is_available(self) -> bool:
        """Whether any more of it may be used now."""
        return self.remaining is None or self.remaining > 0


def entitlement_for(metric: Metric, *, at: datetime | None = None) -> Entitlement:
    """What the open scope's workspace may use of `metric`. Opens the current period where nothing has yet."""
    period, rows = _rows(at or timezone.now())
    return _entitlement(rows.get(metric=metric), period)


def entitlements(*, at: datetime | None = None) -> list[Entitlement]:
    """`entitlement_for` of every metric, in their order."""
    period, found = _rows(at or timezone.now())
    rows = {row.metric: row for row in found}
    return [_entitlement(rows[metric], period) for metric in Metric]


def _rows(at: datetime) -> tuple[BillingPeriod, QuerySet[Allowance]]:
    period = open_period(current_workspace_id(), at)
    return period, Allowance.objects.filter(Q(period=period) | Q(period=None))


def _entitlement(row: Allowance, period: BillingPeriod) -> Entitlement:
    metric, is_charged = Metric(row.metric), row.overage == Overage.CHARGE
    return Entitlement(
        metric=metric,
        label=str(metric.label),
        unit=metric.unit,
        limit=row.ceiling,
        used=row.held if metric.is_gauge else row.settled,
        held=0 if metric.is_gauge else row.held,
        remaining=None if row.ceiling is None else max(0, row.ceiling - row.settled - row.held),
        included=row.included,
        granted=row.granted,
        overrun=row.overrun,
        overage=Overage(row.overage),
        pricing=Pricing(row.pricing),
        unit_price=row.unit_price if is_charged and row.pricing == Pricing.UNIT else None,
        unit_size=row.unit_size,
        markup_bp=row.markup_bp,
        currency=period.plan.currency,
        plan_code=period.plan.code,
        plan_name=period.plan.name,
        status=SubscriptionStatus(period.subscription.status),
        resets_at=None if metric.is_gauge else period.ends_at,
    )
