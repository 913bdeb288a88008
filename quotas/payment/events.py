"""What each kind of Stripe's events asks us to look up, and what follows from what we find."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.tenancy import unscoped, workspace_scope
from quotas.billing.standing import locked_invoice
from quotas.models import PaymentAccount, PaymentMethod, StripeEvent
from quotas.payment import inbox
from quotas.payment.accounts import refresh_account
from quotas.payment.collection import note_late_failure, try_again_now
from quotas.payment.gateway import stripe_gateway
from quotas.payment.receipts import enter
from quotas.payment.stripe_gateway import outcome_of

logger = logging.getLogger(__name__)
Charges = list[tuple[UUID, UUID]]


def process(event_id: str) -> Charges:
    """Work off one event of the inbox; one that was, changes nothing. Returns (workspace, invoice) to be charged now.

    A failure is written down with the event and raised again.
    """
    event = StripeEvent.objects.filter(pk=event_id, processed_at=None).first()
    if event is None:
        return []
    try:
        charges = _handler(event.type)(event.payload)
    except Exception as error:
        inbox.mark_failed(event_id, error)
        raise
    inbox.mark_processed(event)
    return charges


def _handler(event_type: str) -> Callable[[dict[str, Any]], Charges]:
    if event_type == "checkout.session.completed":
        return _session_completed
    if event_type == "setup_intent.succeeded":
        return _card_set_up
    if event_type.startswith("payment_intent."):
        return _payment_changed
    if event_type.startswith(("charge.refund", "refund.")):
        return _refunded
    if event_type.startswith(("customer.", "payment_method.")):
        return _customer_changed
    return _ignored


def _ignored(about: dict[str, Any]) -> Charges:
    return []


def _session_completed(about: dict[str, Any]) -> Charges:
    session = stripe_gateway().session(about["id"])
    if session.mode == "setup":
        return _new_card(_id(session.customer), _id(getattr(session.setup_intent, "payment_method", None)))
    return _payment(_id(session.payment_intent))


def _card_set_up(about: dict[str, Any]) -> Charges:
    return _new_card(about.get("customer", ""), about.get("payment_method", ""))


def _new_card(customer: str, card: str) -> Charges:
    if card and _workspace_of(customer):
        stripe_gateway().adopt_card(customer, card)
    return _look_at_account(customer)


def _customer_changed(about: dict[str, Any]) -> Charges:
    return _look_at_account(about["id"] if about.get("object") == "customer" else about.get("customer", ""))


def _look_at_account(customer: str) -> Charges:
    """Keep whether a card is on file; a new one pays what is open at once."""
    workspace_id = _workspace_of(customer)
    if workspace_id is None:
        return []
    with workspace_scope(workspace_id):
        if not refresh_account():
            return []
        return [(workspace_id, invoice_id) for invoice_id in try_again_now(timezone.now())]


def _payment_changed(about: dict[str, Any]) -> Charges:
    return _payment(about["id"])


def _refunded(about: dict[str, Any]) -> Charges:
    return _payment(about.get("payment_intent", ""))


def _payment(intent_id: str) -> Charges:
    """Enter how a payment stands now. Payments that are not for an invoice of ours are left alone."""
    if not intent_id:
        return []
    intent = stripe_gateway().intent(intent_id)
    invoice_id = intent.metadata.to_dict().get("invoice_id") if intent.metadata else None
    workspace_id = _workspace_of(_id(intent.customer))
    if not invoice_id or workspace_id is None:
        logger.info("Payment %s is for no invoice of ours.", intent_id)
        return []
    outcome = outcome_of(intent)
    with workspace_scope(workspace_id):
        invoice = locked_invoice(UUID(invoice_id))
        enter(invoice_id=invoice.pk, method=PaymentMethod.STRIPE, outcome=outcome, at=outcome.at or timezone.now())
        note_late_failure(invoice, outcome)
    return []


def _workspace_of(customer: str) -> UUID | None:
    if not customer:
        return None
    with unscoped("an event names a customer before its workspace is known"):
        return PaymentAccount.objects.filter(external_id=customer).values_list("workspace_id", flat=True).first()


def _id(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else str(value.id)
