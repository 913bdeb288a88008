"""What there is to tell: written in the transaction of what happened, sent once it has committed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils import timezone

from accounts.webhooks.actors import wake_on_commit
from accounts.webhooks.catalog import EVENT_TYPES, covers
from accounts.webhooks.models import WebhookDelivery, WebhookEndpoint, WebhookMessage


@transaction.atomic
def publish(event_type: str, data: dict[str, Any]) -> None:
    """Tell the endpoints of the open scope's workspace that ask for `event_type`; without one nothing is written.

    `data` may hold what JSON knows, dates, UUIDs and decimals. Rolled back with the caller's transaction; delivery starts
    on commit. Raises ValueError for a type that is not in the catalogue.
    """
    if event_type not in EVENT_TYPES:
        raise ValueError(f"{event_type!r} is not in accounts/webhooks/catalog.py.")
    wanting = [row for row in WebhookEndpoint.objects.filter(enabled=True) if covers(row.event_types, event_type)]
    if wanting:
        tell(wanting, event_type, data, now=timezone.now())


def tell(endpoints: Iterable[WebhookEndpoint], event_type: str, data: dict[str, Any], *, now: datetime) -> list[WebhookDelivery]:
    """Write one message and a delivery for each of `endpoints`, and have them sent on commit."""
    message = WebhookMessage.objects.create(type=event_type, body=body_of(event_type, data, now))
    deliveries = [WebhookDelivery(message=message, endpoint=row, due_at=now, woken_at=now) for row in endpoints]
    made: list[WebhookDelivery] = WebhookDelivery.objects.bulk_create(deliveries)
    wake_on_commit(message.workspace_id, [row.pk for row in made])
    return made


def body_of(event_type: str, data: dict[str, Any], now: datetime) -> str:
    """The payload of Standard Webhooks, as ASCII JSON: it is stored and signed as text."""
    payload = {"type": event_type, "timestamp": now, "data": data}
    return json.dumps(payload, cls=DjangoJSONEncoder, separators=(",", ":"))
