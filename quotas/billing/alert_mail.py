"""The mail about thresholds, sent by the mail worker to the owners and admins of a workspace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import dramatiq
from django.conf import settings
from django.utils import timezone

import accounts.queue  # noqa: F401  (actors belong to its broker)
from accounts.mail import compose, one_at_a_time
from accounts.models import Membership, Role, Workspace
from accounts.tenancy import workspace_scope
from quotas.billing.rules import SPEND_CAP
from quotas.billing.wording import money
from quotas.metrics import Metric
from quotas.models import AlertFiring
from quotas.templatetags.units import amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """One threshold, in words."""

    what: str
    threshold_percent: int
    used: str
    limit: str


@dramatiq.actor(queue_name="mail")
def mail_alerts(workspace_id: str, firing_ids: Sequence[str]) -> None:
    """Tell owners and admins which limits have come close, in one mail for all of them. A repeat sends nothing."""
    with one_at_a_time(f"alerts/{workspace_id}"):
        _send_once(workspace_id, firing_ids)


def _send_once(workspace_id: str, firing_ids: Sequence[str]) -> None:
    with workspace_scope(UUID(workspace_id)):
        firings = AlertFiring.objects.select_related("period__plan").filter(pk__in=firing_ids, mailed_at=None)
        crossings = [_crossing(row) for row in firings.order_by("-threshold_percent", "metric")]
        people = Membership.objects.filter(role__in=[Role.OWNER, Role.ADMIN]).order_by("created_at")
        to = list(people.values_list("user__email", flat=True))
        name = Workspace.objects.values_list("name", flat=True).get(pk=workspace_id)
    if crossings and to:
        context = {"workspace": name, "crossings": crossings, "url": f"{settings.BASE_URL}/usage"}
        message = compose("alerts/mail/threshold", to=to[0], **context)
        message.to = to
        message.send()
        with workspace_scope(UUID(workspace_id)):
            AlertFiring.objects.filter(pk__in=firing_ids).update(mailed_at=timezone.now())


def _crossing(row: AlertFiring) -> Crossing:
    if row.metric == SPEND_CAP:
        currency = row.period.plan.currency
        used, limit, what = money(row.used, currency), money(row.limit, currency), "Spend cap"
    else:
        metric = Metric(row.metric)
        used, limit, what = amount(row.used, metric.unit), amount(row.limit, metric.unit), str(metric.label)
    return Crossing(what=what, threshold_percent=row.threshold_percent, used=used, limit=limit)
