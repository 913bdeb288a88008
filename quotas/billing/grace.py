"""The operator gives an overdue workspace more time."""

from __future__ import annotations

from datetime import datetime

from accounts import audit
from accounts.errors import Conflict, Invalid
from accounts.tenancy import current_workspace_id
from quotas.billing import burning
from quotas.billing.limits import apply_limits
from quotas.metrics import GAUGES
from quotas.models import Allowance, Subscription, SubscriptionStatus
from quotas.periods import locked_subscription


def grace_extend(*, until: datetime, at: datetime) -> Subscription:
    """Full service until `until`, although an invoice is overdue; what was suspended is served again.

    Raises Conflict for a workspace that is not overdue, Invalid for a time that is past or not later than it was.
    """
    workspace_id = current_workspace_id()
    burning.locked(Allowance.objects.filter(metric__in=GAUGES))  # the order of locks: gauges, the subscription, counters
    subscription = locked_subscription(workspace_id)
    if not subscription.is_overdue:
        raise Conflict("Nothing is overdue.", code="not_overdue")
    before = subscription.grace_until
    if until <= at or (before is not None and until <= before):
        raise Invalid("The new end of the grace must be in the future and later than the old one.", code="grace_not_later")
    subscription.status, subscription.grace_until = SubscriptionStatus.PAST_DUE, until
    subscription.save(update_fields=["status", "grace_until"])
    apply_limits(workspace_id=workspace_id, at=at)
    audit.record("plan.grace_extended", subject=subscription.pk, until=until.isoformat())
    return subscription
