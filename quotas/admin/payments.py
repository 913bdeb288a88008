"""Payments, and the inbox of what Stripe told us."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.operator import ReadOnlyAdmin, site
from quotas.admin.cells import money_cell
from quotas.admin.operations import Operation, OperationsMixin, Values
from quotas.models import Payment, StripeEvent
from quotas.payment.tasks import process_stripe_event


@admin.register(Payment, site=site)
class PaymentAdmin(ReadOnlyAdmin):
    group = "Billing"
    list_display = (
        "created_at",
        "workspace",
        "invoice_number",
        "method",
        "state",
        money_cell("amount", "amount_minor"),
        "reference",
    )
    list_filter = ("method", "state")
    list_select_related = ("workspace", "invoice")
    search_fields = ("reference", "workspace__name", "invoice__number")
    ordering = ("-id",)

    @admin.display(description="invoice", ordering="invoice__number")
    def invoice_number(self, payment: Payment) -> str:
        return payment.invoice.number


def retry(event: StripeEvent, values: Values) -> Mapping[str, Any]:
    transaction.on_commit(lambda: process_stripe_event.send(event.pk))
    return {"type": event.type, "error": event.error}


class WaitingFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "is"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("waiting", "Waiting"), ("failed", "Failed"), ("done", "Worked off")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        waiting = queryset.filter(processed_at=None)
        chosen = {"waiting": waiting, "failed": waiting.exclude(error=""), "done": queryset.exclude(processed_at=None)}
        return chosen.get(self.value() or "", queryset)


@admin.register(StripeEvent, site=site)
class StripeEventAdmin(OperationsMixin, ReadOnlyAdmin):
    group = "Billing"
    label = "Stripe inbox"
    list_display = ("received_at", "type", "id", "processed_at", "error")
    list_display_links = ("id",)
    list_filter = (WaitingFilter, "type")
    search_fields = ("=id", "type", "error")
    ordering = ("-received_at",)
    operations = (
        Operation(
            name="stripe_event_retried",
            label="Try again",
            act=retry,
            explains="Hands the event to the workers once more. What has been done already is not done twice.",
            is_offered=lambda event: event.processed_at is None,
        ),
    )
