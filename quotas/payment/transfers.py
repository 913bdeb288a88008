"""Bank transfers, as the operator enters them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings

from accounts.errors import Invalid
from quotas.billing.standing import locked_invoice
from quotas.models import InvoiceState, Payment, PaymentMethod
from quotas.payment.errors import BillingDisabled, NotPayable, ReferenceUsed
from quotas.payment.receipts import enter
from quotas.payment.values import Outcome, PaymentStatus


def record_manual_payment(*, invoice_id: UUID, amount_minor: int, reference: str, at: datetime) -> Payment:
    """Enter a transfer for an invoice; parts add up, and what is too much becomes credit.

    `reference` tells transfers apart: entering one again changes nothing. Raises BillingDisabled, Invalid, NotFound,
    NotPayable (a draft or void invoice), ReferenceUsed.
    """
    if not settings.BILLING_ENABLED:
        raise BillingDisabled()
    reference = reference.strip()
    if amount_minor <= 0 or not reference or len(reference) > 120:
        raise Invalid("A payment has a positive amount and a reference of at most 120 characters.", code="bad_payment")
    invoice = locked_invoice(invoice_id)
    known = Payment.objects.filter(method=PaymentMethod.MANUAL, reference=reference).first()
    if known is not None:
        return _same(known, invoice_id, amount_minor)
    if invoice.state in (InvoiceState.DRAFT, InvoiceState.VOID):
        raise NotPayable(f"A payment can't be entered for an invoice that is {invoice.state}.")
    outcome = Outcome(status=PaymentStatus.PAID, reference=reference, amount_minor=amount_minor, currency=invoice.currency)
    return enter(invoice_id=invoice_id, method=PaymentMethod.MANUAL, outcome=outcome, at=at)


def _same(known: Payment, invoice_id: UUID, amount_minor: int) -> Payment:
    if (known.invoice_id, known.amount_minor) != (invoice_id, amount_minor):
        raise ReferenceUsed()
    return known
