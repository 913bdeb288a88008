"""What only time brings: attempts that are due, workers that died, logs that are too old. Called by the clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber

from accounts.tenancy import unscoped, workspace_scope
from accounts.webhooks import health
from accounts.webhooks.actors import wake
from accounts.webhooks.delivery import AT_ONCE, Wake, free_at
from accounts.webhooks.models import DeliveryState, WebhookDelivery, WebhookEndpoint, WebhookMessage
from accounts.webhooks.schedule import MAX_TRIES

WAKE_AGAIN = timedelta(minutes=2)  # nobody came: the message to the worker is lost
KEPT_FOR = timedelta(days=30)
_BATCH = 500
_FORGOTTEN_AT_ONCE = 2000


def sweep(now: datetime) -> int:
    """Wake what is due, close what nobody closes, forget what is old; returns how many deliveries were woken."""
    _close_left_over(now)
    forget(now)
    found = wake_due(now)
    for workspace_id, ids in groupby(found, key=lambda pair: pair[0]):
        wake(workspace_id, [Wake(delivery_id=delivery_id) for _, delivery_id in ids])
    return len(found)


def wake_due(now: datetime) -> list[tuple[UUID, UUID]]:
    """Mark due deliveries as woken, a few of each endpoint; returns (workspace, delivery) sorted by workspace."""
    with unscoped("deliveries of every workspace become due"):
        asleep = Q(woken_at=None) | Q(woken_at__lt=now - WAKE_AGAIN)
        due = WebhookDelivery.objects.filter(asleep, free_at(now), state=DeliveryState.PENDING, due_at__lte=now)
        place = Window(RowNumber(), partition_by=F("endpoint_id"), order_by=F("due_at").asc())
        rows = due.annotate(place=place).filter(place__lte=2 * AT_ONCE).order_by("due_at")
        found = list(rows.values_list("workspace_id", "pk")[:_BATCH])
        WebhookDelivery.objects.filter(pk__in=[delivery_id for _, delivery_id in found]).update(woken_at=now)
    return sorted(found)


def _close_left_over(now: datetime) -> None:
    """Deliveries written while their endpoint was being disabled, and those whose last attempt died with its worker."""
    with unscoped("deliveries of every workspace are left over"):
        pending = WebhookDelivery.objects.filter(free_at(now), state=DeliveryState.PENDING)
        ended = {"finished_at": now, "lease": None, "leased_until": None}
        pending.filter(endpoint__enabled=False).update(state=DeliveryState.CANCELLED, **ended)
        died = list(pending.filter(tries__gte=MAX_TRIES).values_list("workspace_id", "endpoint_id", "pk")[:_BATCH])
    for workspace_id, endpoint_id, delivery_id in died:
        with workspace_scope(workspace_id):
            endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint_id)
            rows = WebhookDelivery.objects.filter(free_at(now), pk=delivery_id, state=DeliveryState.PENDING)
            if rows.update(state=DeliveryState.FAILED, **ended):
                health.note_failure(endpoint, now, given_up=True)


def forget(now: datetime) -> int:
    """Delete messages and their log once they are too old, and old secrets that sign no more; returns how many rows."""
    with unscoped("logs of every workspace grow old"):
        replaced = WebhookEndpoint.objects.filter(previous_until__lte=now)
        replaced.update(previous_secret="", previous_until=None)
        old = WebhookMessage.objects.filter(created_at__lt=now - KEPT_FOR).values_list("pk", flat=True)
        return WebhookMessage.objects.filter(pk__in=list(old[:_FORGOTTEN_AT_ONCE])).delete()[0]
