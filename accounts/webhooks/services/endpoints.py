"""Endpoints: make, change, delete, rotate the secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.access import Access
from accounts.errors import Conflict, Invalid
from accounts.models import Workspace
from accounts.services.authority import require
from accounts.tenancy import current_workspace_id
from accounts.webhooks import health, signing
from accounts.webhooks.addresses import Policy, clean_url
from accounts.webhooks.catalog import clean_event_types
from accounts.webhooks.models import DisabledReason, WebhookEndpoint
from accounts.webhooks.selectors import endpoint_lock

MAX_ENDPOINTS = 20
DESCRIPTION_LENGTH = 200
ROTATION = timedelta(hours=24)
WRITE = "webhooks:write"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """An endpoint together with its new secret, which can't be had a second time."""

    endpoint: WebhookEndpoint
    secret: str


@transaction.atomic
def endpoint_create(*, by: Access, url: str, event_types: Iterable[str], description: str = "") -> Sealed:
    """A new endpoint, enabled. Raises Invalid for a URL, types or description out of order, Conflict when there are too many."""
    require(by, WRITE)
    Workspace.objects.select_for_update(no_key=True).get(pk=current_workspace_id())  # counts in turn
    if WebhookEndpoint.objects.count() >= MAX_ENDPOINTS:
        raise Conflict(f"A workspace can have {MAX_ENDPOINTS} webhooks.", code="too_many_webhooks")
    secret = signing.new_secret()
    endpoint = WebhookEndpoint.objects.create(
        url=clean_url(url, Policy.configured()),
        description=_clean_description(description),
        event_types=clean_event_types(event_types),
        secret=signing.seal(secret),
        created_by=by.user,
    )
    audit.record("webhook.created", subject=endpoint.pk, url=endpoint.url, event_types=endpoint.event_types)
    return Sealed(endpoint=endpoint, secret=secret)


@transaction.atomic
def endpoint_update(*, by: Access, endpoint_id: UUID, changes: Mapping[str, Any]) -> WebhookEndpoint:
    """Change `url`, `description`, `event_types` or `enabled`: those named in `changes`. Raises Invalid, NotFound."""
    require(by, WRITE)
    endpoint = endpoint_lock(endpoint_id)
    clean = {name: _CLEAN[name](value) for name, value in changes.items() if name in _CLEAN}
    changed = {name: value for name, value in clean.items() if getattr(endpoint, name) != value}
    for name, value in changed.items():
        setattr(endpoint, name, value)
    if changed:
        endpoint.save(update_fields=[*changed])
        audit.record("webhook.changed", subject=endpoint.pk, **changed)
    _switch(endpoint, on=changes.get("enabled", endpoint.enabled))
    return endpoint


def _switch(endpoint: WebhookEndpoint, *, on: bool) -> None:
    if on and not endpoint.enabled:
        health.switch_on(endpoint)
    elif endpoint.enabled and not on:
        health.switch_off(endpoint, DisabledReason.PERSON, timezone.now())


@transaction.atomic
def endpoint_delete(*, by: Access, endpoint_id: UUID) -> None:
    """Delete the endpoint with its log. Raises NotFound."""
    require(by, WRITE)
    endpoint = endpoint_lock(endpoint_id)
    audit.record("webhook.deleted", subject=endpoint.pk, url=endpoint.url)
    endpoint.delete()


@transaction.atomic
def endpoint_rotate(*, by: Access, endpoint_id: UUID) -> Sealed:
    """A new secret; the one before it also signs for a day, so that the receiver can change over. Raises NotFound."""
    require(by, WRITE)
    endpoint = endpoint_lock(endpoint_id)
    secret = signing.new_secret()
    endpoint.previous_secret, endpoint.previous_until = endpoint.secret, timezone.now() + ROTATION
    endpoint.secret = signing.seal(secret)
    endpoint.save(update_fields=["secret", "previous_secret", "previous_until"])
    audit.record("webhook.rotated", subject=endpoint.pk, url=endpoint.url)
    return Sealed(endpoint=endpoint, secret=secret)


def _clean_description(text: str) -> str:
    text = " ".join(text.split())
    if len(text) > DESCRIPTION_LENGTH or not text.isprintable():
        raise Invalid(f"A description has {DESCRIPTION_LENGTH} printable characters at most.", code="bad_description")
    return text


_CLEAN: Mapping[str, Any] = {
    "url": lambda text: clean_url(text, Policy.configured()),
    "description": _clean_description,
    "event_types": clean_event_types,
}
