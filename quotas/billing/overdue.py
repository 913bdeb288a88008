"""What follows from invoices that are not paid in time, and from paying them after all.

Overdue: full service until `grace_until`; then what is included only; after as long again, nothing more.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from accounts import audit
from accounts.tenancy import unscoped, workspace_scope
from quotas import statements
from quotas.billing.limiting import write_limits
from quotas.billing.rounds import in_each
from quotas.billing.terms import billing_enabled
from quotas.models import Invoice, InvoiceState, Subscription, SubscriptionStatus
from quotas.periods import locked_period, open_period

# Whose standing may have to change: newly overdue, past the second grace, or overdue no longer.
_CHANGING = """
SELECT s.workspace_id FROM quotas_subscription s JOIN quotas_plan p ON p.id = s.plan_id
WHERE s.status <> 'canceled' AND CASE
    WHEN EXISTS (SELECT FROM quotas_invoice i WHERE i.workspace_id = s.workspace_id AND i.state = 'open' AND i.due_at < %(now)s)
    THEN s.status IN ('active', 'trialing')
        OR s.status = 'past_due' AND s.grace_until + make_interval(days => p.grace_days) <= %(now)s
    ELSE s.status IN ('past_due', 'suspended') END
LIMIT %(limit)s
"""


def mark_overdue(*, now: datetime, limit: int = 500) -> int:
    """Bring the standing of every workspace up to date with its invoices; how many changed. Runs outside of any scope."""
    if not billing_enabled():
        return 0
    with unscoped("invoices are overdue in any workspace"):
        changing = statements.rows(_CHANGING, {"now": now, "limit": limit})
    return in_each((row["workspace_id"] for row in changing), lambda workspace_id: _stand(workspace_id, now))


def payment_restored(*, workspace_id: UUID, at: datetime) -> None:
    """Full service again, unless another invoice of the workspace is overdue. Repeats change nothing."""
    with workspace_scope(workspace_id):
        subscription = locked_period(workspace_id, at).subscription
        if subscription.is_overdue:
            _stand(workspace_id, at)


def _stand(workspace_id: UUID, now: datetime) -> bool:
    subscription = locked_period(workspace_id, now).subscription
    due_at = _overdue_since(now)
    if due_at is None:
        status, grace_until = _in_good_standing(subscription, now), None
    else:
        grace = timedelta(days=subscription.plan.grace_days)
        grace_until = max(filter(None, (subscription.grace_until, due_at + grace)))
        status = SubscriptionStatus.SUSPENDED if grace_until + grace <= now else SubscriptionStatus.PAST_DUE
    if (status, grace_until) == (subscription.status, subscription.grace_until):
        return False
    _set(subscription, status, grace_until, now)
    return True


def _overdue_since(at: datetime) -> datetime | None:
    late = Invoice.objects.filter(state=InvoiceState.OPEN, due_at__lt=at).order_by("due_at")
    return late.values_list("due_at", flat=True).first()


def _in_good_standing(subscription: Subscription, at: datetime) -> SubscriptionStatus:
    in_trial = subscription.trial_ends_at is not None and at < subscription.trial_ends_at
    return SubscriptionStatus.TRIALING if in_trial else SubscriptionStatus.ACTIVE


def _set(subscription: Subscription, status: SubscriptionStatus, grace_until: datetime | None, at: datetime) -> None:
    before, subscription.status, subscription.grace_until = subscription.status, status, grace_until
    subscription.save(update_fields=["status", "grace_until"])
    audit.record("subscription.standing", subject=subscription.pk, before=before, after=status)
    write_limits(open_period(subscription.workspace_id, at), at)
