"""What happens to a subscription where one period ends and the next begins."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Max

from accounts import audit
from quotas.models import BillingPeriod, Plan, Subscription, SubscriptionStatus
from quotas.plans import FREE, current_plan


def turn(subscription: Subscription, at: datetime) -> Subscription | None:
    """Carry out what was planned for the end of the period before `at`; the subscription as it is from then on, or None
    where nothing was planned. The subscription is locked, its workspace's scope open."""
    if subscription.cancel_at is not None and subscription.cancel_at <= at:
        return _ended(subscription, subscription.cancel_at)
    trial_over = subscription.trial_ends_at is not None and subscription.trial_ends_at <= at
    plan_due = subscription.next_plan_id is not None and _last_end(subscription.workspace_id) <= at
    if plan_due and subscription.next_plan is not None:
        move_to(subscription, subscription.next_plan)
    elif not (trial_over and subscription.status == SubscriptionStatus.TRIALING):
        return None
    if trial_over and subscription.status == SubscriptionStatus.TRIALING:
        subscription.status = SubscriptionStatus.ACTIVE
    subscription.save()
    audit.record("plan.turned", subject=subscription.pk, plan=str(subscription.plan), status=subscription.status)
    return subscription


def move_to(subscription: Subscription, plan: Plan) -> None:
    """Put a subscription on another plan, unsaved. What was agreed for the old one ends with it, and so do plans for its end."""
    subscription.plan, subscription.next_plan, subscription.cancel_at = plan, None, None
    subscription.price_overrides = {}


def _ended(subscription: Subscription, at: datetime) -> Subscription:
    """Close the subscription; the free plan follows from that moment on."""
    subscription.status, subscription.canceled_at = SubscriptionStatus.CANCELED, at
    subscription.save()
    free = Subscription.objects.create(workspace_id=subscription.workspace_id, plan=current_plan(FREE), anchor_at=at)
    audit.record("plan.ended", subject=subscription.pk, plan=str(subscription.plan), followed_by=str(free.pk))
    return free


def _last_end(workspace_id: UUID) -> datetime:
    last: datetime = BillingPeriod.objects.filter(workspace_id=workspace_id).aggregate(last=Max("ends_at"))["last"]
    return last
