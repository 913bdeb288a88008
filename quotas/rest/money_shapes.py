"""Shapes of credit and invoices on the REST API. Money is whole minor units, like cents."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from quotas.models import CreditGrant, GrantSource, Invoice, InvoiceLine, InvoiceReason, InvoiceState, LineKind
from quotas.rest.usage_shapes import COUNTERS

ISSUED = [state.value for state in InvoiceState if state != InvoiceState.DRAFT]


@extend_schema_serializer(component_name="Credit")
class CreditOut(serializers.ModelSerializer[CreditGrant]):
    """Credit that was given: of a metric, in its smallest unit, or of money, in minor units of `currency`."""

    metric = serializers.ChoiceField(choices=COUNTERS, allow_blank=True, help_text="Empty: money")
    currency = serializers.CharField(help_text="Empty: of a metric")
    source = serializers.ChoiceField(choices=GrantSource.values)  # type: ignore[assignment]
    expires_at = serializers.DateTimeField(allow_null=True)

    class Meta:
        model = CreditGrant
        fields = ("id", "created_at", "metric", "currency", "amount", "remaining", "priority", "expires_at", "source", "reason")
        read_only_fields = fields


INVOICE = OpenApiExample(
    "Of a period",
    response_only=True,
    value={
        "id": "019a9d5e-0000-7000-8000-000000000001",
        "number": "INV-000042",
        "state": "open",
        "reason": "period",
        "currency": "EUR",
        "subtotal_minor": 4931,
        "tax_rate_bp": 1900,
        "tax_minor": 937,
        "total_minor": 5868,
        "issued_at": "2026-11-01T00:10:00Z",
        "due_at": "2026-11-15T00:10:00Z",
        "paid_at": None,
        "replaces": None,
    },
)


@extend_schema_serializer(component_name="Invoice", examples=[INVOICE])
class InvoiceOut(serializers.ModelSerializer[Invoice]):
    """An issued invoice. What it says never changes; its state does."""

    number = serializers.CharField()
    state = serializers.ChoiceField(choices=ISSUED)
    reason = serializers.ChoiceField(choices=InvoiceReason.values)
    issued_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)
    paid_at = serializers.DateTimeField(allow_null=True)
    replaces = serializers.UUIDField(source="replaces_id", allow_null=True, help_text="The void invoice that this one replaces")

    class Meta:
        model = Invoice
        fields: tuple[str, ...] = (
            *("id", "number", "state", "reason", "currency", "subtotal_minor", "tax_rate_bp", "tax_minor", "total_minor"),
            *("issued_at", "due_at", "paid_at", "replaces"),
        )
        read_only_fields = fields


@extend_schema_serializer(component_name="InvoiceLine")
class InvoiceLineOut(serializers.ModelSerializer[InvoiceLine]):
    kind = serializers.ChoiceField(choices=LineKind.values)
    metric = serializers.ChoiceField(choices=COUNTERS, allow_blank=True)
    quantity = serializers.IntegerField(help_text="In the metric's smallest unit")
    unit_price = serializers.DecimalField(
        max_digits=20, decimal_places=12, allow_null=True, help_text="Minor units for `unit_size` units"
    )
    starts_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)

    class Meta:
        model = InvoiceLine
        fields = (
            *("position", "kind", "description", "metric", "quantity", "unit_price", "unit_size", "amount_minor"),
            *("starts_at", "ends_at"),
        )
        read_only_fields = fields


@extend_schema_serializer(component_name="InvoiceParty")
class InvoicePartyOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    address = serializers.ListField(child=serializers.CharField())
    country = serializers.CharField()
    email = serializers.CharField()
    tax_number = serializers.CharField()


@extend_schema_serializer(component_name="InvoiceDetail", examples=[])
class InvoiceDetailOut(InvoiceOut):
    """An invoice with its lines, and both parties as they were when it was issued."""

    lines = serializers.SerializerMethodField()
    issuer = InvoicePartyOut(source="snapshot.issuer")
    customer = InvoicePartyOut(source="snapshot.customer")
    tax_note = serializers.CharField(source="snapshot.tax_note")

    class Meta(InvoiceOut.Meta):
        fields: tuple[str, ...] = (*InvoiceOut.Meta.fields, "lines", "issuer", "customer", "tax_note")
        read_only_fields = fields

    def get_lines(self, invoice: Invoice) -> list[dict[str, Any]]:
        return list(InvoiceLineOut(invoice.lines.order_by("position"), many=True).data)
