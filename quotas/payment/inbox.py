"""Stripe's events: kept once each, then worked off. What an event says is only a hint: the object is fetched anew, so
that neither the order nor repeats matter."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import stripe
from django.conf import settings
from django.utils import timezone

from accounts.errors import Invalid
from quotas.models import StripeEvent
from quotas.payment.errors import BillingDisabled, MethodUnavailable

logger = logging.getLogger(__name__)
TOLERANCE_SECONDS = 300
KEPT_TRYING = timedelta(days=3)  # as long as Stripe itself repeats what we did not take
_KEPT = ("id", "object", "customer", "payment_intent", "setup_intent", "payment_method", "mode", "status")


class BadSignature(Invalid):
    code = "bad_signature"
    title = "The signature is not Stripe's, or too old"


def receive(body: bytes, signature: str) -> StripeEvent | None:
    """Keep an event that Stripe has signed; None when it was worked off already.

    Raises BadSignature, Invalid (not an event), BillingDisabled, MethodUnavailable (no secret is set).
    """
    if not settings.BILLING_ENABLED:
        raise BillingDisabled()
    if not settings.STRIPE_WEBHOOK_SECRET:
        raise MethodUnavailable("STRIPE_WEBHOOK_SECRET is missing.")
    _verify(body, signature)
    try:
        return keep(json.loads(body))
    except (ValueError, KeyError, TypeError) as error:
        raise Invalid("This is not an event of Stripe.", code="bad_event") from error


def keep(event: dict[str, Any]) -> StripeEvent | None:
    """Put an event, whose origin is proven, into the inbox; None when it was there already and is worked off."""
    row = StripeEvent(
        id=event["id"],
        type=event["type"],
        created=datetime.fromtimestamp(event["created"], UTC),
        payload=_reduced(event["data"]["object"]),
    )
    StripeEvent.objects.bulk_create([row], ignore_conflicts=True)
    return StripeEvent.objects.filter(pk=row.pk, processed_at=None).first()


def waiting(now: datetime, limit: int = 100) -> list[str]:
    """Ids of events that were not worked off at once: their worker died, or they failed and are worth another try."""
    rows = StripeEvent.objects.filter(processed_at=None, received_at__gt=now - KEPT_TRYING)
    rows = rows.filter(received_at__lt=now - timedelta(minutes=1))
    return list(rows.order_by("received_at").values_list("pk", flat=True)[:limit])


def mark_processed(event: StripeEvent) -> None:
    event.processed_at, event.error = timezone.now(), ""
    event.save(update_fields=["processed_at", "error"])


def mark_failed(event_id: str, error: Exception) -> None:
    """For the operator to see; the event stays in the inbox."""
    text = f"{type(error).__name__}: {error}"[:300]
    StripeEvent.objects.filter(pk=event_id, processed_at=None).update(error=text)


def _verify(body: bytes, signature: str) -> None:
    if not signature.isascii():
        raise BadSignature()  # the library can't compare it
    try:
        stripe.WebhookSignature.verify_header(body, signature, settings.STRIPE_WEBHOOK_SECRET, TOLERANCE_SECONDS)
    except (stripe.SignatureVerificationError, UnicodeDecodeError) as error:
        raise BadSignature() from error


def _reduced(about: dict[str, Any]) -> dict[str, Any]:
    """What is needed to fetch the object anew; names, addresses and cards stay with Stripe."""
    return {name: about[name] for name in _KEPT if isinstance(about.get(name), str)}
