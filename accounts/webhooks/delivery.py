"""One attempt to deliver one message: claim it, send it with no transaction open, write down how it went.

Locks are taken in one order everywhere: the endpoint, then its deliveries.
"""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db.models import F, Q
from django.utils import timezone

from accounts.tenancy import workspace_scope
from accounts.vault import Unreadable
from accounts.webhooks import health
from accounts.webhooks.models import DeliveryState, DisabledReason, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from accounts.webhooks.schedule import MAX_TRIES, Chance, retry_after, wait_after
from accounts.webhooks.signing import sealed_secrets, signed_headers, unseal
from accounts.webhooks.wire import Answer, Wire

logger = logging.getLogger(__name__)
AT_ONCE = 4  # open requests to one endpoint: a slow server must not hold all workers
LEASE = timedelta(seconds=60)  # an attempt ends within 15 s, plus what the resolver takes
SHORT_WAIT = timedelta(seconds=60)  # a worker remembers shorter waits by itself; longer ones are the clock's
_SKEW = timedelta(seconds=1)  # of clocks between machines
_GONE = 410


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A claimed delivery with all that its attempt needs."""

    delivery_id: UUID
    endpoint_id: UUID
    lease: UUID
    number: int
    tries: int
    url: str
    message_id: str
    body: bytes
    sealed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wake:
    """A delivery that a worker should look at, in so many milliseconds."""

    delivery_id: UUID
    delay_ms: int = 0


def attempt(*, workspace_id: UUID, delivery_id: UUID, wire: Wire, chance: Chance = random) -> list[Wake]:
    """Make the next attempt if it is due, and nobody else is at it; returns what to look at afterwards."""
    with workspace_scope(workspace_id):
        parcel = claim(delivery_id, timezone.now())
    if parcel is None:
        return []
    answer = send(parcel, wire)
    with workspace_scope(workspace_id):
        return settle(parcel, answer, timezone.now(), chance=chance)


def claim(delivery_id: UUID, now: datetime) -> Parcel | None:
    """Take the lease of a delivery that is due; None when it is not, is taken, or must wait for others of its endpoint."""
    row = WebhookDelivery.objects.select_related("message").filter(pk=delivery_id, state=DeliveryState.PENDING).first()
    endpoint = _lock(row.endpoint_id) if row else None
    if row is None or endpoint is None or not endpoint.enabled:
        return None
    if _open_requests(endpoint, now) >= AT_ONCE:
        WebhookDelivery.objects.filter(pk=delivery_id).update(woken_at=None)  # _waiting finds it
        return None
    lease = uuid4()
    due = WebhookDelivery.objects.filter(pk=delivery_id, state=DeliveryState.PENDING, due_at__lte=now + _SKEW)
    ours = due.filter(free_at(now), tries__lt=MAX_TRIES)
    if not ours.update(lease=lease, leased_until=now + LEASE, attempts=F("attempts") + 1, tries=F("tries") + 1):
        return None
    row.refresh_from_db(fields=["attempts", "tries"])
    return Parcel(
        delivery_id=row.pk,
        endpoint_id=endpoint.pk,
        lease=lease,
        number=row.attempts,
        tries=row.tries,
        url=endpoint.url,
        message_id=row.message.public_id,
        body=row.message.body.encode(),
        sealed=tuple(sealed_secrets(endpoint, now)),
    )


def free_at(now: datetime) -> Q:
    """Deliveries whose lease nobody holds."""
    return Q(leased_until=None) | Q(leased_until__lte=now)


def _lock(endpoint_id: UUID) -> WebhookEndpoint | None:
    return WebhookEndpoint.objects.select_for_update(no_key=True).filter(pk=endpoint_id).first()


def _open_requests(endpoint: WebhookEndpoint, now: datetime) -> int:
    return WebhookDelivery.objects.filter(endpoint=endpoint, state=DeliveryState.PENDING, leased_until__gt=now).count()


def send(parcel: Parcel, wire: Wire) -> Answer:
    """The request itself, signed for this moment."""
    try:
        secrets = unseal(parcel.sealed)
    except Unreadable:
        return Answer(error="secret", detail="The secret can't be read any more: make a new one.")
    signed = signed_headers(message_id=parcel.message_id, body=parcel.body, secrets=secrets, now=timezone.now())
    headers = {"Content-Type": "application/json", "User-Agent": "Visavis-Webhooks/1", "Accept": "*/*", **signed}
    return wire.post(parcel.url, headers=headers, body=parcel.body)


def settle(parcel: Parcel, answer: Answer, now: datetime, *, chance: Chance) -> list[Wake]:
    """Write the attempt down and decide what follows. Nothing is written once somebody else holds the lease."""
    endpoint = _lock(parcel.endpoint_id)
    held = WebhookDelivery.objects.filter(pk=parcel.delivery_id, lease=parcel.lease)
    if endpoint is None or not held.exists():
        logger.warning("Attempt %d of delivery %s ended after its lease.", parcel.number, parcel.delivery_id)
        return []
    _write_down(parcel, answer)
    if answer.is_success:
        _finish(parcel, DeliveryState.DELIVERED, answer, now)
        health.note_success(endpoint)
        return _waiting(endpoint, now)
    if answer.status == _GONE:
        _finish(parcel, DeliveryState.FAILED, answer, now)
        health.switch_off(endpoint, DisabledReason.GONE, now)
        return []
    again = _try_again(parcel, answer, now, chance)
    health.note_failure(endpoint, now, given_up=again is None)
    return [*([again] if again and again.delay_ms else []), *_waiting(endpoint, now)]


def _write_down(parcel: Parcel, answer: Answer) -> None:
    WebhookAttempt.objects.create(
        delivery_id=parcel.delivery_id,
        number=parcel.number,
        status=answer.status,
        error=answer.error,
        detail=answer.detail,
        duration_ms=answer.duration_ms,
        response=answer.body,
    )


def _finish(parcel: Parcel, state: DeliveryState, answer: Answer, now: datetime) -> None:
    WebhookDelivery.objects.filter(pk=parcel.delivery_id).update(
        state=state, finished_at=now, lease=None, leased_until=None, last_status=answer.status
    )


def _try_again(parcel: Parcel, answer: Answer, now: datetime, chance: Chance) -> Wake | None:
    """Put the delivery back; None when it has had all its tries, a Wake without delay when the clock sees to it."""
    wait = wait_after(parcel.tries, chance=chance, wish=retry_after(answer.retry_after, now))
    if wait is None:
        _finish(parcel, DeliveryState.FAILED, answer, now)
        return None
    is_short = wait <= SHORT_WAIT
    WebhookDelivery.objects.filter(pk=parcel.delivery_id).update(
        due_at=now + wait,
        woken_at=now + wait if is_short else None,
        lease=None,
        leased_until=None,
        last_status=answer.status,
    )
    return Wake(delivery_id=parcel.delivery_id, delay_ms=int(wait.total_seconds() * 1000) if is_short else 0)


def _waiting(endpoint: WebhookEndpoint, now: datetime) -> list[Wake]:
    """Deliveries that had to wait for a free place of this endpoint, as many as there are places now."""
    places = max(0, AT_ONCE - _open_requests(endpoint, now))
    due = WebhookDelivery.objects.filter(endpoint=endpoint, state=DeliveryState.PENDING, woken_at=None, due_at__lte=now)
    ids = list(due.order_by("due_at").values_list("pk", flat=True)[:places])
    due.filter(pk__in=ids).update(woken_at=now)
    return [Wake(delivery_id=found) for found in ids]
