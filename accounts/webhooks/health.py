"""Whether an endpoint can be reached: noted with each answer; one that can't for long is switched off and its owners told."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from accounts import audit
from accounts.mail import send_mail_on_commit
from accounts.models import Membership, Role
from accounts.webhooks.models import DeliveryState, DisabledReason, WebhookDelivery, WebhookEndpoint

FAILING_FOR = timedelta(days=5)
EXHAUSTED_IN_ROW = 20


def note_success(endpoint: WebhookEndpoint) -> None:
    """Something was delivered: what failed before is forgiven."""
    if endpoint.failing_since is not None or endpoint.exhausted:
        endpoint.failing_since, endpoint.exhausted = None, 0
        endpoint.save(update_fields=["failing_since", "exhausted"])


def note_failure(endpoint: WebhookEndpoint, now: datetime, *, given_up: bool) -> None:
    """An attempt failed; with the last one of a message the endpoint may have had its chances."""
    endpoint.failing_since = endpoint.failing_since or now
    endpoint.exhausted += given_up
    endpoint.save(update_fields=["failing_since", "exhausted"])
    if given_up and (now - endpoint.failing_since >= FAILING_FOR or endpoint.exhausted >= EXHAUSTED_IN_ROW):
        switch_off(endpoint, DisabledReason.FAILING, now)


def switch_off(endpoint: WebhookEndpoint, reason: DisabledReason, now: datetime) -> None:
    """Disable, cancel what is pending, and tell the owners unless a person did it."""
    endpoint.enabled, endpoint.disabled_reason, endpoint.disabled_at = False, reason, now
    endpoint.save(update_fields=["enabled", "disabled_reason", "disabled_at"])
    pending = WebhookDelivery.objects.filter(endpoint=endpoint, state=DeliveryState.PENDING)
    pending.update(state=DeliveryState.CANCELLED, finished_at=now, lease=None, leased_until=None)
    audit.record("webhook.disabled", subject=endpoint.pk, url=endpoint.url, reason=reason.value)
    if reason != DisabledReason.PERSON:
        _tell_owners(endpoint, reason)


def switch_on(endpoint: WebhookEndpoint) -> None:
    """Enable with a clean slate. What was cancelled stays so until it is replayed."""
    endpoint.enabled, endpoint.disabled_reason, endpoint.disabled_at = True, DisabledReason.NONE, None
    endpoint.failing_since, endpoint.exhausted = None, 0
    endpoint.save(update_fields=["enabled", "disabled_reason", "disabled_at", "failing_since", "exhausted"])
    audit.record("webhook.enabled", subject=endpoint.pk, url=endpoint.url)


def _tell_owners(endpoint: WebhookEndpoint, reason: DisabledReason) -> None:
    page = settings.BASE_URL + reverse("webhook", args=[endpoint.pk])
    context = {"workspace": endpoint.workspace.name, "url": endpoint.url, "why": reason.label, "page": page}
    for owner in Membership.objects.filter(role=Role.OWNER).select_related("user"):
        send_mail_on_commit("webhooks/email/disabled", to=owner.user.email, **context)
