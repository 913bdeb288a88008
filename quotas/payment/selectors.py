"""What pages and the API show of paying."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from quotas.billing.dues import due_each
from quotas.models import Invoice, InvoiceCollection, InvoiceState, Payment, PaymentAccount, PaymentMethod


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenInvoice:
    """An invoice that waits for money. `failure`: a provider's code of the last attempt, or empty."""

    invoice: Invoice
    due_minor: int
    failure: str
    needs_payer: bool
    can_pay_online: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingOverview:
    """How the workspace pays and what is open. `is_enabled`: whether anything is billed here at all."""

    is_enabled: bool
    method: PaymentMethod
    is_ready: bool  # a card is on file
    can_use_stripe: bool
    open_invoices: list[OpenInvoice]
    payments: list[Payment]  # the last twenty, newest first


def billing_overview() -> BillingOverview:
    """Of the scope's workspace; writes nothing."""
    account = PaymentAccount.objects.first()
    method = PaymentMethod(account.method if account else settings.PAYMENT_METHOD)
    return BillingOverview(
        is_enabled=settings.BILLING_ENABLED,
        method=method,
        is_ready=bool(account and account.is_ready),
        can_use_stripe=settings.BILLING_ENABLED and bool(settings.STRIPE_API_KEY),
        open_invoices=_open_invoices(method) if settings.BILLING_ENABLED else [],
        payments=list(Payment.objects.select_related("invoice").order_by("-created_at")[:20]),
    )


def _open_invoices(method: PaymentMethod) -> list[OpenInvoice]:
    invoices = list(Invoice.objects.filter(state=InvoiceState.OPEN).order_by("due_at"))
    due = due_each(invoices)
    tried = {row.invoice_id: row for row in InvoiceCollection.objects.filter(invoice__in=invoices)}
    is_online = method == PaymentMethod.STRIPE and bool(settings.STRIPE_API_KEY)
    return [_open(invoice, due[invoice.pk], tried.get(invoice.pk), is_online) for invoice in invoices]


def _open(invoice: Invoice, due_minor: int, tried: InvoiceCollection | None, is_online: bool) -> OpenInvoice:
    return OpenInvoice(
        invoice=invoice,
        due_minor=due_minor,
        failure=tried.failure if tried else "",
        needs_payer=bool(tried and tried.needs_payer),
        can_pay_online=is_online,
    )
