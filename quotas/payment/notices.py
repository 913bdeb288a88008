"""Telling a workspace that a payment could not be made: by mail and by webhook."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

from accounts.mail import send_mail_on_commit
from accounts.webhooks.services import publish
from quotas.billing.wording import money
from quotas.models import Invoice, InvoiceCollection
from quotas.payment.accounts import billing_email

_REASONS = {
    "authentication_required": "Your bank wants you to confirm it.",
    "insufficient_funds": "The card has not enough funds.",
    "expired_card": "The card has expired.",
    "no_payment_method": "No card is on file.",
    "amount_too_small": "The amount is too small for a card.",
}
_OTHERWISE = "The bank declined it."


def reason_of(failure: str) -> str:
    """A provider's code as a sentence."""
    return _REASONS.get(failure, _OTHERWISE)


def tell_of_failure(invoice: Invoice, collection: InvoiceCollection, due_minor: int) -> None:
    """Once for each attempt, when the transaction commits."""
    publish(
        "payment.failed",
        {
            "invoice_id": invoice.pk,
            "number": invoice.number,
            "amount_minor": due_minor,
            "currency": invoice.currency,
            "code": collection.failure,
            "needs_payer": collection.needs_payer,
            "attempt": collection.attempts,
            "next_attempt_at": collection.next_at,
        },
    )
    to = billing_email()
    if to:
        send_mail_on_commit(
            "payment/email/failed",
            to=to,
            number=invoice.number,
            amount=money(due_minor, invoice.currency),
            reason=reason_of(collection.failure),
            needs_payer=collection.needs_payer,
            next_at=collection.next_at,
            due_at=invoice.due_at,
            address=settings.BASE_URL + reverse("invoice", args=[invoice.pk]),
        )
