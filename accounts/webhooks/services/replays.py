"""Telling on demand: a test event, one message again, everything again that could not be delivered."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.access import Access
from accounts.errors import Conflict
from accounts.services.authority import require
from accounts.webhooks.actors import wake_on_commit
from accounts.webhooks.catalog import TEST_EVENT
from accounts.webhooks.delivery import AT_ONCE
from accounts.webhooks.models import DeliveryState, WebhookDelivery, WebhookEndpoint
from accounts.webhooks.selectors import delivery_get, endpoint_lock
from accounts.webhooks.services.endpoints import WRITE
from accounts.webhooks.services.outbox import tell

_UNDELIVERED = (DeliveryState.FAILED, DeliveryState.CANCELLED)


@transaction.atomic
def endpoint_test(*, by: Access, endpoint_id: UUID) -> WebhookDelivery:
    """Send `webhook.test` to this endpoint alone, whatever it asks for. Raises NotFound, Conflict when it is disabled."""
    require(by, WRITE)
    endpoint = _enabled(endpoint_id)
    data = {"webhook_id": endpoint.pk, "text": "It works."}
    return tell([endpoint], TEST_EVENT, data, now=timezone.now())[0]


@transaction.atomic
def delivery_replay(*, by: Access, delivery_id: UUID) -> WebhookDelivery:
    """Send the message again, under its old id, with a fresh schedule. Raises NotFound, Conflict (disabled or pending)."""
    require(by, WRITE)
    endpoint = _enabled(delivery_get(delivery_id).endpoint_id)
    if not WebhookDelivery.objects.filter(pk=delivery_id).exclude(state=DeliveryState.PENDING).update(**_afresh(timezone.now())):
        raise Conflict("This message is on its way already.", code="delivery_pending")
    wake_on_commit(endpoint.workspace_id, [delivery_id])
    audit.record("webhook.replayed", subject=endpoint.pk, delivery=str(delivery_id))
    return delivery_get(delivery_id)


@transaction.atomic
def endpoint_replay_failed(*, by: Access, endpoint_id: UUID, since: datetime) -> int:
    """Send everything again that was made since then and could not be delivered; returns how many messages.

    Raises NotFound, Conflict when the endpoint is disabled.
    """
    require(by, WRITE)
    endpoint, now = _enabled(endpoint_id), timezone.now()
    rows = WebhookDelivery.objects.filter(endpoint=endpoint)
    count: int = rows.filter(state__in=_UNDELIVERED, created_at__gte=since).update(**_afresh(now) | {"woken_at": None})
    waiting = rows.filter(state=DeliveryState.PENDING, due_at=now, woken_at=None)
    first = list(waiting.order_by("created_at").values_list("pk", flat=True)[:AT_ONCE])  # each that ends wakes the next
    waiting.filter(pk__in=first).update(woken_at=now)
    wake_on_commit(endpoint.workspace_id, first)
    audit.record("webhook.replayed", subject=endpoint.pk, messages=count, since=since.isoformat())
    return count


def _afresh(now: datetime) -> dict[str, Any]:
    return {"state": DeliveryState.PENDING, "tries": 0, "due_at": now, "woken_at": now, "finished_at": None}


def _enabled(endpoint_id: UUID) -> WebhookEndpoint:
    endpoint = endpoint_lock(endpoint_id)
    if not endpoint.enabled:
        raise Conflict("This webhook is disabled.", code="webhook_disabled", hint="Enable it first.")
    return endpoint
