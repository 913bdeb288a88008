"""Begin, change, cancel and resume a plan; what a subscription becomes where its period ends.

Call these inside a workspace scope. Locks, in this order: gauges, the subscription, counters, grants, the invoice series.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts import audit
from accounts.errors import Conflict, NotFound
from accounts.tenancy import current_workspace_id
from quotas.billing import burning, invoicing
from quotas.billing.caps import spend_of
from quotas.billing.limiting import write_limits
from quotas.billing.prepaid import prepaid_base
from quotas.billing.terms import base_price_of, check_overrides, require_billing
from quotas.billing.turning import move_to
from quotas.models import BillingPeriod, Plan, Subscription, SubscriptionStatus
from quotas.periods import begin_period, locked_period, open_period
from quotas.plans import FREE


def plan_change(*, plan_code: str, at: datetime | None = None) -> Subscription:
    """Move to the newest version of a public plan.

    At once where it costs more (the rest of the period is charged; where use has been charged, a new period begins) or is
    paid in another interval (a new period begins); otherwise when the period ends. From the free plan, a plan with a trial
    begins with it, once. To the free plan means to cancel. Raises NotFound for a plan that is not offered; Conflict while
    billing is off (`billing_disabled`), overdue (`payment_overdue`), where unpaid base would become credit
    (`payment_open`), on that plan already (`plan_unchanged`), or in another currency (`currency_differs`).
    """
    at = at or timezone.now()
    period = _current(at)
    plan = _offered(plan_code)
    if plan.code == FREE:
        return plan_cancel(at=at)
    subscription = period.subscription
    _check_change(period, plan)
    if _may_try(subscription, plan):
        _restart(period, plan, at, trial_until=at + timedelta(days=plan.trial_days))
    elif plan.interval != subscription.plan.interval or (period.is_trial and _costs_more(subscription, plan)):
        _restart(period, plan, at)
    elif _costs_more(subscription, plan):
        # What use has cost so far stays so: a larger plan bought at the end must not include it afterwards.
        _restart(period, plan, at) if spend_of(period) else _replace(period, plan, {}, at)
    else:
        _schedule(subscription, plan)
    return subscription


def plan_assign(*, plan: Plan, overrides: Mapping[str, Any] | None = None, at: datetime | None = None) -> Subscription:
    """The operator puts a workspace on any version of any plan at once, with terms of its own; the base price is prorated
    either way. Raises Invalid for overrides that make no sense; Conflict for another currency (`currency_differs`), and where
    unpaid base would become credit (`payment_open`)."""
    require_billing()
    at = at or timezone.now()
    check_overrides(overrides or {}, plan)
    period = _current(at)
    _check_currency(period, plan)
    if plan.interval != period.subscription.plan.interval or period.is_trial:
        _restart(period, plan, at, overrides=overrides)
    else:
        _replace(period, plan, dict(overrides or {}), at)
    return period.subscription


def overrides_set(*, overrides: Mapping[str, Any], at: datetime | None = None) -> Subscription:
    """Replace a workspace's own terms: limits and prices of use hold for the whole current period, a base price from the
    next one on. Raises Invalid."""
    require_billing()
    at = at or timezone.now()
    period = _current(at)
    subscription = period.subscription
    check_overrides(overrides, subscription.plan)
    before, subscription.price_overrides = subscription.price_overrides, dict(overrides)
    subscription.save(update_fields=["price_overrides"])
    write_limits(period, at)
    audit.record("plan.overrides_set", subject=subscription.pk, before=before, after=subscription.price_overrides)
    return subscription


def plan_cancel(*, at: datetime | None = None) -> Subscription:
    """Go back to the free plan when the period, or the trial, ends. Raises Conflict where there is nothing to cancel."""
    require_billing()
    period = _current(at or timezone.now())
    subscription = period.subscription
    if subscription.plan.code == FREE:
        raise Conflict("This is the free plan.", code="plan_unchanged")
    if subscription.cancel_at is not None:
        raise Conflict("The plan has been canceled already.", code="plan_canceled")
    subscription.cancel_at, subscription.next_plan = period.ends_at, None
    subscription.save(update_fields=["cancel_at", "next_plan"])
    audit.record("plan.canceled", subject=subscription.pk, plan=str(subscription.plan), cancel_at=period.ends_at.isoformat())
    return subscription


def plan_resume(*, at: datetime | None = None) -> Subscription:
    """Take back a cancellation or a downgrade that has not happened yet. Raises Conflict where there is none."""
    require_billing()
    subscription = _current(at or timezone.now()).subscription
    if subscription.cancel_at is None and subscription.next_plan_id is None:
        raise Conflict("Nothing is planned for the end of the period.", code="nothing_to_resume")
    subscription.cancel_at = subscription.next_plan = None
    subscription.save(update_fields=["cancel_at", "next_plan"])
    audit.record("plan.resumed", subject=subscription.pk, plan=str(subscription.plan))
    return subscription


def subscription_roll(*, period: BillingPeriod, at: datetime) -> BillingPeriod:
    """The period that follows `period`, opened if need be: with another plan, the free one or after a trial where that was
    planned; credit that `period` left over is granted again in the current one. Safe to repeat.

    Raises ValueError before the period's end."""
    if period.ends_at > at:
        raise ValueError("The period has not ended.")
    following = open_period(period.workspace_id, period.ends_at)
    if burning.live_grants(period.workspace_id, at).exclude(metric="").exists():
        write_limits(locked_period(period.workspace_id, at), at)
    return following


def _current(at: datetime) -> BillingPeriod:
    """The newest period that has begun anywhere: where this process's clock is behind, plans change in that one."""
    period = locked_period(current_workspace_id(), at)
    return (
        BillingPeriod.objects.select_related("subscription", "plan").filter(starts_at__gt=at).order_by("-starts_at").first()
        or period
    )


def _offered(plan_code: str) -> Plan:
    require_billing()
    plan = Plan.objects.filter(code=plan_code, is_public=True).order_by("-version").first()
    if plan is None:
        raise NotFound("There is no such plan on offer.", code="plan_not_found")
    return plan


def _check_change(period: BillingPeriod, plan: Plan) -> None:
    subscription = period.subscription
    if subscription.is_overdue:
        raise Conflict("Pay what is overdue first.", code="payment_overdue")
    if plan.pk in (subscription.plan_id, subscription.next_plan_id):
        raise Conflict("The workspace is on this plan, or will be.", code="plan_unchanged")
    _check_currency(period, plan)


def _check_currency(period: BillingPeriod, plan: Plan) -> None:
    """What is billed, waits or is credit already is in the currency of the plan that the period is on."""
    if plan.currency != period.plan.currency:
        raise Conflict(f"This workspace pays in {period.plan.currency}.", code="currency_differs")


def _may_try(subscription: Subscription, plan: Plan) -> bool:
    """Whether the plan's trial is still to be had: from the free plan, and once in a workspace's life."""
    if not plan.trial_days or subscription.plan.code != FREE:
        return False
    return not Subscription.objects.filter(trial_ends_at__isnull=False).exists()


def _costs_more(subscription: Subscription, plan: Plan) -> bool:
    return plan.base_price_minor > base_price_of(subscription, subscription.plan)


def _schedule(subscription: Subscription, plan: Plan) -> None:
    subscription.next_plan, subscription.cancel_at = plan, None
    subscription.save(update_fields=["next_plan", "cancel_at"])
    audit.record("plan.change_planned", subject=subscription.pk, before=str(subscription.plan), after=str(plan))


def _replace(period: BillingPeriod, plan: Plan, overrides: dict[str, Any], at: datetime) -> None:
    """The period goes on with the new plan's limits and prices; the base price of what is left of it is charged now."""
    subscription, before = period.subscription, period.plan
    move_to(subscription, plan)
    subscription.price_overrides = overrides
    new_base = base_price_of(subscription, plan)
    old_base = prepaid_base(period, new_base_minor=new_base)
    subscription.save()
    period.plan, period.running_base_minor = plan, new_base
    period.save(update_fields=["plan", "running_base_minor"])
    write_limits(period, at)
    invoicing.invoice_change(period=period, old_base_minor=old_base, new_base_minor=new_base, at=at)
    audit.record("plan.changed", subject=subscription.pk, before=str(before), after=str(plan))


def _restart(
    period: BillingPeriod,
    plan: Plan,
    at: datetime,
    *,
    trial_until: datetime | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> None:
    """End the period now and begin anew: its use is billed when it is closed, what is left of its base price is credit,
    and the base price of the new period is on the closing invoice."""
    subscription, before = period.subscription, period.plan
    old_base = prepaid_base(period, new_base_minor=0)
    invoicing.invoice_change(period=period, old_base_minor=old_base, new_base_minor=0, at=at)
    _cut(period, at)
    move_to(subscription, plan)
    subscription.price_overrides = dict(overrides or {})
    subscription.anchor_at = trial_until or at
    subscription.trial_ends_at = trial_until or (at if period.is_trial else subscription.trial_ends_at)
    if not subscription.is_overdue:
        subscription.status = SubscriptionStatus.TRIALING if trial_until else SubscriptionStatus.ACTIVE
    subscription.save()
    write_limits(begin_period(subscription, at, trial_until=trial_until), at)
    audit.record("plan.changed", subject=subscription.pk, before=str(before), after=str(plan), trial=bool(trial_until))


def _cut(period: BillingPeriod, at: datetime) -> None:
    if period.starts_at >= at:
        raise Conflict("The period has only just begun; try again.", code="period_just_begun")
    period.ends_at = at
    period.save(update_fields=["ends_at"])
