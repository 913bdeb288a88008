"""From a workspace and a moment to its allowances: subscriptions, periods and counters are opened on first use.

All bounds are UTC. Periods count from the subscription's anchor, not from each other: one anchored on 31 January ends on
28 February and the next on 31 March.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Max, Min, Q, QuerySet

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.billing.burning import live_grants, locked
from quotas.billing.limiting import fresh_allowances, write_limits
from quotas.billing.rules import add_default_rules
from quotas.billing.terms import base_price_of
from quotas.billing.turning import turn
from quotas.metrics import GAUGES, Metric
from quotas.models import Allowance, BillingPeriod, Interval, PeriodState, Subscription, SubscriptionStatus
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
    """The workspace's period that contains `at`, with an allowance for every metric. Safe to repeat and to race.

    Where it has none yet, what was planned for the end of the last one (another plan, a cancellation, the end of a trial)
    happens first, and credit that is left is granted again.
    """
    period = _containing(workspace_id, at)
    if period is None or _has_new_metric(period):
        with workspace_scope(workspace_id):
            period = _opened(workspace_id, at)
    return period


def open_moment(workspace_id: UUID, at: datetime) -> datetime:
    """`at`, with its period opened; where that is closed already (a clock is behind), the first moment after it."""
    while (period := open_period(workspace_id, at)).state == PeriodState.CLOSED:
        at = period.ends_at
    return at


def subscription_of(workspace_id: UUID) -> Subscription:
    """The workspace's subscription that is not canceled; everyone starts on the free plan."""
    live = _live(workspace_id)
    subscription = live.first()
    if subscription is None:
        Subscription.objects.bulk_create([_free_subscription(workspace_id)], ignore_conflicts=True)
        subscription = live.get()
    return subscription


def locked_subscription(workspace_id: UUID) -> Subscription:
    """`subscription_of`, locked together with the gauges, which come first: whoever changes it or opens a period waits here.
    Counters are locked after."""
    locked(Allowance.objects.filter(workspace_id=workspace_id, metric__in=GAUGES))
    locking = _live(workspace_id).select_for_update(of=("self",), no_key=True)
    if (subscription := locking.first()) is None:
        subscription_of(workspace_id)
        subscription = locking.get()
    return subscription


def locked_period(workspace_id: UUID, at: datetime) -> BillingPeriod:
    """`open_period` under the lock of the subscription: plan, terms and standing stay as they are until the transaction
    ends."""
    locked_subscription(workspace_id)
    return open_period(workspace_id, at)


def begin_period(subscription: Subscription, at: datetime, *, trial_until: datetime | None = None) -> BillingPeriod:
    """A new period of a locked subscription that contains `at`, or that goes from `at` to the end of a trial."""
    starts_at, ends_at = bounds(subscription.anchor_at, Interval(subscription.plan.interval), at)
    if trial_until is not None:
        starts_at, ends_at = at, trial_until
    base_price = 0 if trial_until else base_price_of(subscription, subscription.plan)
    last_end, next_start = _neighbours(subscription.workspace_id, at)
    period = BillingPeriod(
        workspace_id=subscription.workspace_id,
        subscription=subscription,
        plan=subscription.plan,
        is_trial=trial_until is not None,
        base_price_minor=base_price,
        running_base_minor=base_price,
        starts_at=max(starts_at, last_end or starts_at),
        ends_at=min(ends_at, next_start or ends_at),
    )
    period.save()
    add_allowances(period, at)
    return period


def add_allowances(period: BillingPeriod, at: datetime) -> None:
    """Give a period the allowances that it lacks, with the credit that is left."""
    Allowance.objects.bulk_create(fresh_allowances(period, at), ignore_conflicts=True)
    if live_grants(period.workspace_id, at).exclude(metric="").exists():
        write_limits(period, at)


def _opened(workspace_id: UUID, at: datetime) -> BillingPeriod:
    subscription = locked_subscription(workspace_id)
    period = _containing(workspace_id, at)
    if period is not None:
        add_allowances(period, at)
        return period
    is_first = not BillingPeriod.objects.filter(workspace_id=workspace_id).exists()
    turned = turn(subscription, at)
    period = begin_period(turned or subscription, at)
    if is_first:
        add_default_rules()
    if turned:
        write_limits(period, at)
    return period


def _containing(workspace_id: UUID, at: datetime) -> BillingPeriod | None:
    periods = BillingPeriod.objects.select_related("subscription", "plan").filter(workspace_id=workspace_id)
    return periods.filter(starts_at__lte=at, ends_at__gt=at).first()


def _has_new_metric(period: BillingPeriod) -> bool:
    """Whether a metric has been added to the product since the period was opened."""
    rows = Allowance.objects.filter(Q(period=period) | Q(period=None), workspace_id=period.workspace_id)
    return rows.count() < len(Metric)


def _live(workspace_id: UUID) -> QuerySet[Subscription]:
    rows = Subscription.objects.select_related("plan").filter(workspace_id=workspace_id)
    return rows.exclude(status=SubscriptionStatus.CANCELED)


def _free_subscription(workspace_id: UUID) -> Subscription:
    joined = Workspace.objects.values_list("created_at", flat=True).get(pk=workspace_id)
    anchor = joined.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return Subscription(workspace_id=workspace_id, plan=current_plan(FREE), anchor_at=anchor)


def _neighbours(workspace_id: UUID, at: datetime) -> tuple[datetime | None, datetime | None]:
    """When the last period before `at` ended, and when the next one after it begins."""
    last, following = Max("ends_at", filter=Q(ends_at__lte=at)), Min("starts_at", filter=Q(starts_at__gt=at))
    found = BillingPeriod.objects.filter(workspace_id=workspace_id).aggregate(last=last, following=following)
    return found["last"], found["following"]
