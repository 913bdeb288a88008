"""Money that came, failed or was given back, entered once: the only place that changes a payment."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from accounts import audit
from quotas.billing import overdue
from quotas.billing.credits import refund_money
from quotas.billing.dues import OWED, RECEIVED, received_minor
from quotas.billing.standing import locked_invoice, mark_paid
from quotas.models import Invoice, Payment, PaymentMethod, PaymentState
from quotas.payment.values import Outcome, PaymentStatus

_STATES = {
    PaymentStatus.PAID: PaymentState.SUCCEEDED,
    PaymentStatus.REFUNDED: PaymentState.REFUNDED,
    PaymentStatus.PENDING: PaymentState.PENDING,
}


def enter(*, invoice_id: UUID, method: str, outcome: Outcome, at: datetime) -> Payment:
    """Enter how a payment stands. Repeats and older news change nothing: what was received stays received.

    Marks the invoice as paid once enough has come; what is too much becomes credit. Raises NotFound.
    """
    invoice = locked_invoice(invoice_id)
    payment = _payment(invoice, method, outcome)
    is_news = payment.state not in RECEIVED and _state(outcome) in RECEIVED
    paid_before = received_minor(invoice.pk)
    _merge(payment, outcome, at)
    if is_news:
        _settle(invoice, payment, paid_before, at)
    return payment


def _payment(invoice: Invoice, method: str, outcome: Outcome) -> Payment:
    row = Payment(
        workspace_id=invoice.workspace_id,
        invoice=invoice,
        method=PaymentMethod(method),
        state=PaymentState.PENDING,
        amount_minor=outcome.amount_minor,
        currency=outcome.currency,
        reference=outcome.reference,
    )
    Payment.objects.bulk_create([row], ignore_conflicts=True)
    return Payment.objects.select_for_update().get(method=method, reference=outcome.reference)


def _state(outcome: Outcome) -> PaymentState:
    return _STATES.get(outcome.status, PaymentState.FAILED)


def _merge(payment: Payment, outcome: Outcome, at: datetime) -> None:
    """The newest that is known, whatever the order in which it came."""
    state = _state(outcome)
    if payment.state == PaymentState.REFUNDED or (payment.state in RECEIVED and state not in RECEIVED):
        return
    if payment.state not in RECEIVED:
        payment.amount_minor = outcome.amount_minor
        payment.paid_at = at if state in RECEIVED else None
    elif outcome.refunded_minor < payment.refunded_minor:
        return
    payment.state, payment.failure = state, outcome.failure
    payment.refunded_minor = outcome.refunded_minor
    payment.save(update_fields=["state", "failure", "amount_minor", "paid_at", "refunded_minor"])


def _settle(invoice: Invoice, payment: Payment, paid_before: int, at: datetime) -> None:
    owed = max(0, invoice.total_minor - paid_before) if invoice.state in OWED else 0
    audit.record("payment.received", subject=payment.pk, invoice=invoice.number, amount_minor=payment.amount_minor)
    now = timezone.now()  # `at` may lie in a period that is closed
    if payment.amount_minor > owed:
        _credit(invoice, payment, payment.amount_minor - owed, now)
    if owed and payment.amount_minor >= owed:
        mark_paid(invoice_id=invoice.pk, at=at)
        overdue.payment_restored(workspace_id=invoice.workspace_id, at=now)


def _credit(invoice: Invoice, payment: Payment, amount_minor: int, at: datetime) -> None:
    """What was paid too much is taken off the next invoices."""
    reason = f"Paid too much for invoice {invoice.number}"
    refund_money(amount_minor=amount_minor, currency=payment.currency, key=f"overpaid/{payment.pk}", reason=reason, at=at)
