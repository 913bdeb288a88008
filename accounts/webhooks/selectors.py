"""Reads, inside the scope of a workspace."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

from accounts.errors import Invalid, NotFound
from accounts.webhooks.models import DeliveryState, WebhookAttempt, WebhookDelivery, WebhookEndpoint

_M = TypeVar("_M", bound=Model)


def endpoints() -> QuerySet[WebhookEndpoint]:
    """The workspace's endpoints, newest first."""
    return WebhookEndpoint.objects.order_by("-created_at", "-id")


def endpoint_get(endpoint_id: UUID) -> WebhookEndpoint:
    """One endpoint; raises NotFound for an unknown or foreign id."""
    return _one(WebhookEndpoint.objects.filter(pk=endpoint_id), "No such webhook in this workspace.")


def endpoint_lock(endpoint_id: UUID) -> WebhookEndpoint:
    """The same, locked for a change; deliveries can still be added meanwhile."""
    rows = WebhookEndpoint.objects.select_for_update(no_key=True).filter(pk=endpoint_id)
    return _one(rows, "No such webhook in this workspace.")


def deliveries(endpoint_id: UUID, *, state: str = "", event_type: str = "") -> QuerySet[WebhookDelivery]:
    """What was told to an endpoint, newest first; raises Invalid for an unknown state."""
    rows = WebhookDelivery.objects.filter(endpoint_id=endpoint_id).select_related("message")
    if state and state not in DeliveryState.values:
        raise Invalid(f"There is no state {state!r}.", code="unknown_state", allowed=DeliveryState.values)
    rows = rows.filter(state=state) if state else rows
    rows = rows.filter(message__type=event_type) if event_type else rows
    return rows.order_by("-created_at", "-id")


def delivery_get(delivery_id: UUID) -> WebhookDelivery:
    """One delivery with its message; raises NotFound for an unknown or foreign id."""
    rows = WebhookDelivery.objects.select_related("message", "endpoint").filter(pk=delivery_id)
    return _one(rows, "No such delivery in this workspace.")


def attempts_of(shown: Iterable[WebhookDelivery]) -> dict[UUID, list[WebhookAttempt]]:
    """The attempts of these deliveries, in order, by delivery."""
    found: dict[UUID, list[WebhookAttempt]] = {row.pk: [] for row in shown}
    for one in WebhookAttempt.objects.filter(delivery_id__in=found).order_by("number"):
        found[one.delivery_id].append(one)
    return found


def _one(rows: QuerySet[_M], missing: str) -> _M:
    row = rows.first()
    if row is None:
        raise NotFound(missing)
    return row
