"""Invoices: to look at, and what an operator does with them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.utils import timezone

from accounts.operator import ReadOnlyAdmin, site
from quotas.admin.cells import MinorField, ReadOnlyInline, money, money_cell
from quotas.admin.operations import Operation, OperationForm, OperationsMixin, Values
from quotas.billing.dues import OWED, due_minor
from quotas.billing.invoicing import reissue
from quotas.billing.standing import mark_uncollectible, void
from quotas.models import Invoice, InvoiceLine, InvoiceState, Payment
from quotas.payment.transfers import record_manual_payment


class PaymentForm(OperationForm):
    """A transfer as it stands on the bank's statement."""

    amount_minor = MinorField(label="Amount", min_value=0.01, help_text="In the invoice's currency. Parts add up.")
    reference = forms.CharField(max_length=120, help_text="The bank's own: the same one is entered only once.")
    received_on = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, target: Invoice, **kwargs: Any) -> None:
        super().__init__(*args, target=target, **kwargs)
        self.initial["amount_minor"] = f"{due_minor(target) / 100:.2f}"
        self.initial["received_on"] = timezone.now().date()


def record_payment(invoice: Invoice, values: Values) -> Mapping[str, Any]:
    day = values["received_on"]
    at = min(datetime(day.year, day.month, day.day, 12, tzinfo=UTC), timezone.now())
    amount, reference = values["amount_minor"], values["reference"]
    payment = record_manual_payment(invoice_id=invoice.pk, amount_minor=amount, reference=reference, at=at)
    return {"number": invoice.number, "amount_minor": amount, "reference": reference, "payment": payment.pk}


def make_void(invoice: Invoice, values: Values) -> Mapping[str, Any]:
    void(invoice_id=invoice.pk, at=timezone.now())
    return {"number": invoice.number, "total_minor": invoice.total_minor}


def issue_again(invoice: Invoice, values: Values) -> Mapping[str, Any]:
    new = reissue(invoice_id=invoice.pk, at=timezone.now())
    return {"number": invoice.number, "replaced_by": new.number}


def give_up(invoice: Invoice, values: Values) -> Mapping[str, Any]:
    mark_uncollectible(invoice_id=invoice.pk, at=timezone.now())
    return {"number": invoice.number, "total_minor": invoice.total_minor}


class LineInline(ReadOnlyInline):
    model = InvoiceLine
    fields = ("position", "kind", "description", "metric", "quantity", "unit_price", "unit_size", "amount_minor")
    ordering = ("position",)


class PaymentInline(ReadOnlyInline):
    model = Payment
    fields = ("created_at", "method", "state", "amount_minor", "currency", "reference", "failure")
    ordering = ("created_at",)


@admin.register(Invoice, site=site)
class InvoiceAdmin(OperationsMixin, ReadOnlyAdmin):
    """Void, issue again, give up, enter a transfer. What stands on an invoice never changes."""

    group = "Billing"
    list_display = (
        "number_or_draft",
        "workspace",
        "state",
        "reason",
        money_cell("total", "total_minor"),
        "issued_at",
        "due_at",
        "paid_at",
    )
    list_display_links = ("number_or_draft",)
    list_filter = ("state", "reason", "issued_at")
    list_select_related = ("workspace",)
    search_fields = ("number", "workspace__name", "external_id")
    ordering = ("-id",)
    inlines = (LineInline, PaymentInline)
    fields = (
        "workspace", "number", "state", "reason", "currency", "subtotal", "tax", "total", "issued_at", "due_at", "paid_at",
        "replaces", "external_id", "snapshot",
    )  # fmt: skip
    readonly_fields = ("subtotal", "tax", "total")
    operations = (
        Operation(
            name="payment_recorded",
            label="Record a payment",
            act=record_payment,
            form=PaymentForm,
            explains="For money that came by bank transfer. What is too much becomes credit.",
            is_offered=lambda invoice: invoice.state in OWED,
        ),
        Operation(
            name="invoice_voided",
            label="Void",
            act=make_void,
            explains="It is owed no longer; money credit that it took is given back. It can be issued again.",
            is_offered=lambda invoice: invoice.state in OWED,
        ),
        Operation(
            name="invoice_reissued",
            label="Issue again",
            act=issue_again,
            explains="A new invoice with the same charges, for the customer's address and tax as they are now.",
            is_offered=lambda invoice: invoice.state == InvoiceState.VOID,
        ),
        Operation(
            name="invoice_given_up",
            label="Mark uncollectible",
            act=give_up,
            explains="Nobody expects the money any more. Should it come after all, record it as usual.",
            is_offered=lambda invoice: invoice.state == InvoiceState.OPEN,
        ),
    )

    @admin.display(description="number", ordering="number")
    def number_or_draft(self, invoice: Invoice) -> str:
        return invoice.number or "draft"

    def subtotal(self, invoice: Invoice) -> str:
        return money(invoice.subtotal_minor, invoice.currency)

    def tax(self, invoice: Invoice) -> str:
        return f"{money(invoice.tax_minor, invoice.currency)} ({invoice.tax_rate_bp / 100:g} %)"

    def total(self, invoice: Invoice) -> str:
        return money(invoice.total_minor, invoice.currency)
