"""Use of a period that is closed: its invoice stays as it is, so what the use costs waits for the next one."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Sum

from accounts.errors import Conflict, Invalid, NotFound
from quotas.billing.drafting import price_of
from quotas.metrics import Metric
from quotas.models import Allowance, BillingPeriod, LineKind, Overage, PendingLine, PeriodState, Pricing


def queue_late_use(*, period_id: UUID, metric: Metric | str, quantity: int, key: str) -> PendingLine:
    """Enter `quantity` (negative: a correction) of a closed period's metric as a line of the next invoice.

    Priced as it would have been then: what was still free is free, at the period's prices, up to its ceiling. Cost plus:
    at the period's average cost. Repeating `key` returns the line as it is. Raises NotFound, Conflict for an open period.
    """
    metric = Metric(metric)
    if metric.is_gauge or quantity == 0:
        raise Invalid("Late use is some amount of a counter.", code="late_use")
    period = _closed_period(period_id)
    if (made := PendingLine.objects.filter(key=key).first()) is not None:
        return made
    row = Allowance.objects.select_related("period").get(period=period, metric=metric)
    before = _used(row)
    charged = _charged(row, before + quantity) - _charged(row, before)
    return PendingLine.objects.create(
        key=key,
        period=period,
        late=quantity,
        kind=LineKind.CORRECTION,
        description=f"{metric.label}, {'late use' if quantity > 0 else 'correction'}{'' if charged else ', free of charge'}",
        metric=metric,
        quantity=charged or quantity,
        unit_price=row.unit_price if charged and row.pricing == Pricing.UNIT else None,
        unit_size=row.unit_size,
        amount_minor=price_of(row, charged) if charged else 0,
        starts_at=period.starts_at,
        ends_at=period.ends_at,
    )


def _closed_period(period_id: UUID) -> BillingPeriod:
    """Locked: of two late uses the second one sees what the first has taken of the free amount."""
    period = BillingPeriod.objects.select_for_update(no_key=True).filter(pk=period_id).first()
    if period is None:
        raise NotFound(f"There is no period {period_id}.")
    if period.state != PeriodState.CLOSED:
        raise Conflict("The period is open: its use belongs into its ledger.", code="period_open")
    return period


def _used(row: Allowance) -> int:
    """What the period used of the metric, with all that came late so far."""
    late = PendingLine.objects.filter(period=row.period, metric=row.metric).aggregate(total=Sum("late"))["total"]
    return row.settled + (late or 0)


def _charged(row: Allowance, used: int) -> int:
    """How much of `used` is charged. Credit counts as far as the period burned it: the rest has moved on."""
    if row.overage == Overage.BLOCK or row.included is None:
        return 0
    unburned = row.granted - row.burned
    counted = used if row.ceiling is None else min(used, max(row.ceiling - unburned, row.settled))
    return max(0, counted - row.included - row.burned)
