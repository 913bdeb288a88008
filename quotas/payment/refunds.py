"""Giving money back that was collected. The invoice stays paid; the books are put right by voiding and re-issuing it."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from accounts import audit
from accounts.errors import Invalid, NotFound
from quotas.models import Payment
from quotas.payment.errors import NotPayable
from quotas.payment.gateway import gateway_for
from quotas.payment.receipts import enter


def refund_payment(*, payment_id: UUID, amount_minor: int) -> Payment:
    """Give back a part of a payment, or all of it. Asking again after it was done gives back more, never above the whole.

    Raises NotFound, Invalid, NotPayable (nothing came), MethodUnavailable (transfers), ProviderUnavailable, ProviderRefused.
    """
    payment = Payment.objects.select_for_update().filter(pk=payment_id).first()
    if payment is None:
        raise NotFound()
    if payment.paid_at is None:
        raise NotPayable("This payment did not come; there is nothing to give back.")
    if not 0 < amount_minor <= payment.amount_minor - payment.refunded_minor:
        raise Invalid("More than was paid can't be given back.", code="refund_too_large")
    key = f"{payment.pk}:{payment.refunded_minor}:{amount_minor}"
    outcome = gateway_for(payment.method).refund(payment.reference, amount_minor, key)
    audit.record("payment.refunded", subject=payment.pk, amount_minor=amount_minor)
    return enter(invoice_id=payment.invoice_id, method=payment.method, outcome=outcome, at=timezone.now())
