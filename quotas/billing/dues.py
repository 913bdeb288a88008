"""What has come for invoices, and what is still to be paid of them."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import Sum

from quotas.models import Invoice, InvoiceState, Payment, PaymentState

OWED = (InvoiceState.OPEN, InvoiceState.UNCOLLECTIBLE)
RECEIVED = (PaymentState.SUCCEEDED, PaymentState.REFUNDED)


def received_minor(invoice_id: UUID) -> int:
    """What has come for an invoice. A refund is a courtesy: it does not make the invoice unpaid again."""
    return _received([invoice_id]).get(invoice_id, 0)


def due_minor(invoice: Invoice) -> int:
    """What is still to be paid of an invoice; 0 when it is not owed."""
    return due_each([invoice])[invoice.pk]


def due_each(invoices: Collection[Invoice]) -> dict[UUID, int]:
    """`due_minor` of each, by id, in one query."""
    received = _received([invoice.pk for invoice in invoices if invoice.state in OWED])
    return {
        invoice.pk: max(0, invoice.total_minor - received.get(invoice.pk, 0)) if invoice.state in OWED else 0
        for invoice in invoices
    }


def _received(invoice_ids: Collection[UUID]) -> dict[UUID, int]:
    payments = Payment.objects.filter(invoice_id__in=invoice_ids, state__in=RECEIVED).order_by()
    return dict(payments.values_list("invoice_id").annotate(Sum("amount_minor")))
