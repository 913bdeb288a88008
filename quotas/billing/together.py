"""Plain periods of many workspaces are closed together: each step is one statement for all of them.

Plain: the subscription goes on as it is, no credit of a metric is left, nothing is held, and the period is the only one of
its workspace that is not closed. The others are closed one by one (`closing.py`), to the same effect.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Count

from accounts.tenancy import unscoped
from quotas.billing.burning import locked
from quotas.billing.invoicing import Ended, invoice_periods
from quotas.billing.limiting import begun_with
from quotas.billing.terms import Terms, base_price_of, billing_enabled, terms_of
from quotas.metrics import Metric
from quotas.models import (
    Allowance,
    BillingPeriod,
    CapAction,
    CreditGrant,
    Interval,
    PeriodState,
    Reservation,
    ReservationState,
    SpendCap,
    Subscription,
    SubscriptionStatus,
)
from quotas.periods import bounds


def close_together(*, period_ids: Sequence[UUID], workspaces: Sequence[UUID], now: datetime) -> set[UUID]:
    """Close the plain ones among periods that have ended, in one transaction; their ids. Call it outside of any scope."""
    with unscoped("plain periods of many workspaces end together"):
        going_on = _going_on(workspaces)
        periods = _plain(period_ids, going_on, now)
        counters = _counters(periods)
        periods = [period for period in periods if period.pk in counters]
        following = _following(periods, now)
        if billing_enabled():
            ended = zip(periods, following, strict=True)
            invoice_periods([Ended(period=one, counters=counters[one.pk], following=after) for one, after in ended], now)
        closed = {period.pk for period in periods}
        Allowance.objects.filter(period__in=closed).update(is_closed=True)  # whoever waits for their rows sees it
        BillingPeriod.objects.filter(pk__in=closed).update(state=PeriodState.CLOSED, closed_at=now)
        return closed


def _going_on(workspaces: Sequence[UUID]) -> dict[UUID, Subscription]:
    """The subscriptions for which nothing is planned, locked; without those whose workspace has credit of a metric."""
    rows = Subscription.objects.select_for_update(of=("self",), no_key=True).select_related("plan").order_by("workspace_id")
    rows = rows.filter(workspace_id__in=workspaces, status=SubscriptionStatus.ACTIVE, next_plan=None, cancel_at=None)
    live = {row.workspace_id: row for row in rows}
    granted = CreditGrant.objects.filter(workspace_id__in=workspaces, remaining__gt=0).exclude(metric="")
    return {key: live[key] for key in live.keys() - set(granted.values_list("workspace_id", flat=True))}


def _plain(period_ids: Sequence[UUID], going_on: Mapping[UUID, Subscription], now: datetime) -> list[BillingPeriod]:
    unclosed = BillingPeriod.objects.filter(workspace_id__in=going_on).exclude(state=PeriodState.CLOSED)
    counted = unclosed.order_by().values("workspace_id").annotate(amount=Count("id"))
    single = {row["workspace_id"] for row in counted if row["amount"] == 1}
    rows = BillingPeriod.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
    rows = rows.select_related("plan", "workspace").filter(pk__in=period_ids, workspace_id__in=single, ends_at__lte=now)
    periods = rows.filter(is_trial=False).exclude(state=PeriodState.CLOSED).order_by("ends_at", "id")
    return list(_continued(periods, going_on))


def _continued(periods: Iterable[BillingPeriod], going_on: Mapping[UUID, Subscription]) -> Iterator[BillingPeriod]:
    """Those of the subscription that is live, and with it as it is now that it is locked."""
    for period in periods:
        subscription = going_on[period.workspace_id]
        if period.subscription_id == subscription.pk:
            period.subscription = subscription
            yield period


def _counters(periods: Iterable[BillingPeriod]) -> dict[UUID, list[Allowance]]:
    """By period its counters, locked; without those periods that have burned credit or in which something is held."""
    rows = locked(Allowance.objects.filter(period__in=[period.pk for period in periods]))
    holds = Reservation.objects.filter(allowance__in=[row.pk for row in rows], state=ReservationState.OPEN)
    held = set(holds.values_list("allowance_id", flat=True))
    counters: defaultdict[UUID, list[Allowance]] = defaultdict(list)
    for row in rows:
        assert row.period_id is not None
        counters[row.period_id].append(row)
    return {key: each for key, each in counters.items() if not any(row.granted or row.burned or row.pk in held for row in each)}


def _following(periods: Sequence[BillingPeriod], now: datetime) -> list[BillingPeriod]:
    """The periods that follow, with their counters, written."""
    following: list[BillingPeriod] = BillingPeriod.objects.bulk_create([_next(period) for period in periods])
    caps = SpendCap.objects.filter(workspace_id__in=[period.workspace_id for period in periods], action=CapAction.STOP)
    stopped = set(caps.values_list("workspace_id", flat=True)) if billing_enabled() else set()
    known = _Known()
    Allowance.objects.bulk_create(
        row
        for period in following
        for row in begun_with(period, known.terms(period.subscription), now, is_capped=period.workspace_id in stopped)
    )
    return following


def _next(period: BillingPeriod) -> BillingPeriod:
    subscription = period.subscription
    _, ends_at = bounds(subscription.anchor_at, Interval(subscription.plan.interval), period.ends_at)
    base_price = base_price_of(subscription, subscription.plan)
    return BillingPeriod(
        workspace_id=period.workspace_id,
        subscription=subscription,
        plan=subscription.plan,
        base_price_minor=base_price,
        running_base_minor=base_price,
        starts_at=period.ends_at,
        ends_at=ends_at,
    )


class _Known:
    """Terms of counters, worked out once for all who are on the same plan with the same overrides."""

    def __init__(self) -> None:
        self._by_plan: dict[tuple[UUID, str], dict[Metric, Terms]] = {}

    def terms(self, subscription: Subscription) -> dict[Metric, Terms]:
        key = (subscription.plan_id, json.dumps(subscription.price_overrides, sort_keys=True))
        if key not in self._by_plan:
            terms = terms_of(subscription, subscription.plan, is_trial=False)
            self._by_plan[key] = {metric: one for metric, one in terms.items() if not metric.is_gauge}
        return self._by_plan[key]
