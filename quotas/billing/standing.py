"""What happens to an invoice after it was issued: paid, void, given up. Its content never changes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from accounts.errors import Conflict, NotFound
from quotas.billing.announcing import announce
from quotas.billing.credits import restore_money, take_purchase_back
from quotas.models import Invoice, InvoiceReason, InvoiceState

# The database holds to the same (migration 0006).
_NEXT = {
    InvoiceState.OPEN: (InvoiceState.PAID, InvoiceState.VOID, InvoiceState.UNCOLLECTIBLE),
    InvoiceState.UNCOLLECTIBLE: (InvoiceState.PAID, InvoiceState.VOID),
}


def mark_paid(*, invoice_id: UUID, at: datetime) -> Invoice:
    """The whole total has come. Repeats change nothing; raises Conflict for an invoice that is void."""
    invoice = locked_invoice(invoice_id)
    if invoice.state != InvoiceState.PAID:
        invoice.paid_at = at
        _move(invoice, InvoiceState.PAID)
    return invoice


def void(*, invoice_id: UUID, at: datetime, reason: str = "") -> Invoice:
    """The invoice is owed no longer: the money credit that it took is given back, and what is left of the credit that it
    sold is lost. Repeats change nothing; raises Conflict for one that was paid."""
    invoice = locked_invoice(invoice_id)
    if invoice.state != InvoiceState.VOID:
        _move(invoice, InvoiceState.VOID, reason=reason)
        restore_money(invoice=invoice, at=at)
        if invoice.reason == InvoiceReason.PURCHASE:
            take_purchase_back(invoice=invoice, at=at)
    return invoice


def mark_uncollectible(*, invoice_id: UUID, at: datetime, reason: str = "") -> Invoice:
    """Nobody expects the money any more; should it come after all, it can be paid. Repeats change nothing."""
    invoice = locked_invoice(invoice_id)
    if invoice.state != InvoiceState.UNCOLLECTIBLE:
        _move(invoice, InvoiceState.UNCOLLECTIBLE, reason=reason)
    return invoice


def locked_invoice(invoice_id: UUID) -> Invoice:
    """The invoice; nobody else changes it before the transaction ends. Raises NotFound."""
    rows = Invoice.objects.select_for_update(of=("self",), no_key=True).select_related("period__plan")
    invoice = rows.filter(pk=invoice_id).first()
    if invoice is None:
        raise NotFound(f"There is no invoice {invoice_id}.")
    return invoice


def _move(invoice: Invoice, state: InvoiceState, *, reason: str = "") -> None:
    if state not in _NEXT.get(InvoiceState(invoice.state), ()):
        raise Conflict(f"Invoice {invoice.number} is {invoice.state}; it can't become {state}.", code="invoice_state")
    invoice.state = state
    invoice.save(update_fields=["state", "paid_at"])
    announce(state.value, invoice, **({"reason": reason} if reason else {}))
