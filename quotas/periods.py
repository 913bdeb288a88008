"""From a workspace and a moment to its allowances: subscriptions, periods and counters are opened on first use.

All bounds are UTC. Periods count from the subscription's anchor, not from each other: one anchored on 31 January ends on
28 February and the next on 31 March.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime
from uuid import UUID

from accounts.models import Workspace
from quotas.metrics import Metric
from quotas.models import Allowance, BillingPeriod, Interval, PlanAllowance, Subscription, SubscriptionStatus
from quotas.plans import FREE, current_plan

_MONTHS = {Interval.MONTH: 1, Interval.YEAR: 12}


def bounds(anchor: datetime, interval: Interval, at: datetime) -> tuple[datetime, datetime]:
    """The period [start, end) that contains `at`, counted in whole intervals from `anchor`, before or after it."""
    anchor, at, step = anchor.astimezone(UTC), at.astimezone(UTC), _MONTHS[interval]
    passed = ((at.year - anchor.year) * 12 + at.month - anchor.month) // step
    if add_months(anchor, passed * step) > at:
        passed -= 1
    return add_months(anchor, passed * step), add_months(anchor, (passed + 1) * step)


def add_months(moment: datetime, months: int) -> datetime:
    """The same day and time `months` later; the last day of a month that is too short."""
    years, month = divmod(moment.month - 1 + months, 12)
    year, month = moment.year + years, month + 1
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))


def open_period(workspace_id: UUID, at: datetime) -> BillingPeriod:
    """The workspace's period that contains `at`, with an allowance for every metric. Safe to repeat and to race."""
    subscription = subscription_of(workspace_id)
    starts_at, ends_at = bounds(subscription.anchor_at, Interval(subscription.plan.interval), at)
    period = BillingPeriod(
        workspace_id=workspace_id, subscription=subscription, plan=subscription.plan, starts_at=starts_at, ends_at=ends_at
    )
    BillingPeriod.objects.bulk_create([period], ignore_conflicts=True)
    period = BillingPeriod.objects.get(workspace_id=workspace_id, starts_at__lte=at, ends_at__gt=at)
    _open_allowances(period, subscription)
    return period


def subscription_of(workspace_id: UUID) -> Subscription:
    """The workspace's subscription that is not canceled; everyone starts on the free plan."""
    live = Subscription.objects.select_related("plan").filter(workspace_id=workspace_id)
    live = live.exclude(status=SubscriptionStatus.CANCELED)
    subscription = live.first()
    if subscription is None:
        Subscription.objects.bulk_create([_free_subscription(workspace_id)], ignore_conflicts=True)
        subscription = live.get()
    return subscription


def _free_subscription(workspace_id: UUID) -> Subscription:
    joined = Workspace.objects.values_list("created_at", flat=True).get(pk=workspace_id)
    anchor = joined.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return Subscription(workspace_id=workspace_id, plan=current_plan(FREE), anchor_at=anchor)


def _open_allowances(period: BillingPeriod, subscription: Subscription) -> None:
    planned = {row.metric: row for row in PlanAllowance.objects.filter(plan=subscription.plan)}
    Allowance.objects.bulk_create([_allowance(metric, period, planned.get(metric)) for metric in Metric], ignore_conflicts=True)


def _allowance(metric: Metric, period: BillingPeriod, planned: PlanAllowance | None) -> Allowance:
    """A fresh counter. What the plan does not mention it does not allow."""
    return Allowance(
        workspace_id=period.workspace_id,
        period=None if metric.is_gauge else period,
        metric=metric,
        included=planned.included if planned else 0,
        ceiling=planned.hard_limit if planned else 0,
    )
