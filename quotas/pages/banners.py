"""What every page tells at its top until somebody has dealt with it: a limit that is used up, an invoice that is overdue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from accounts.access import Access
from accounts.tenancy import workspace_scope
from quotas.billing.terms import billing_enabled
from quotas.metrics import Metric
from quotas.models import OVERDUE, AlertFiring, Subscription, SubscriptionStatus
from quotas.overview import unseen_full


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner:
    """One sentence above the page. `seen`: the firing that a button beside it marks as seen."""

    tone: str
    sentence: str
    link: str = ""
    label: str = ""
    seen: UUID | None = None


def banners(access: Access) -> list[Banner]:
    """For the people of a workspace, the most pressing first. Who may not see the bills is not told of them."""
    with workspace_scope(access.workspace_id):
        return [*_overdue(access), *_used_up(access)] if billing_enabled() else []


def _overdue(access: Access) -> Iterator[Banner]:
    subscription = Subscription.objects.filter(status__in=OVERDUE).first() if access.allows("billing:read") else None
    if subscription is not None:
        yield Banner(tone="error", sentence=_overdue_sentence(subscription), link="invoices", label="Invoices")


def _overdue_sentence(subscription: Subscription) -> str:
    if subscription.status == SubscriptionStatus.SUSPENDED:
        return "An invoice has been overdue for long, so nothing can be used until it is paid."
    grace = subscription.grace_until
    if grace is None or grace <= timezone.now():
        return "An invoice is overdue, so only what the plan includes can be used until it is paid."
    return f"An invoice is overdue. Everything works until {grace:%-d %B}; after that only what the plan includes."


def _used_up(access: Access) -> Iterator[Banner]:
    firing = unseen_full(timezone.now())
    if firing is not None:
        may_see = access.allows("billing:read")
        yield Banner(
            tone="warning",
            sentence=_used_up_sentence(firing),
            link="alerts" if may_see else "usage",
            label="Alerts and caps" if may_see else "Usage",
            seen=firing.pk if access.allows("billing:write") else None,
        )


def _used_up_sentence(firing: AlertFiring) -> str:
    if firing.metric and Metric(firing.metric).is_gauge:
        return f"{Metric(firing.metric).label}: {firing.threshold_percent} % was in use."
    what = Metric(firing.metric).label if firing.metric else "Spend cap"
    return f"{what}: {firing.threshold_percent} % is used in this period."
