"""Invoices: drafts are made from periods, get a number when they are issued, and never change after that."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from accounts.identifiers import uuid7
from accounts.tenancy import TenantModel
from quotas.metrics import Metric
from quotas.models.plans import BillingPeriod


class BillingProfile(TenantModel):
    """To whom invoices are addressed, and the tax that applies."""

    name = models.CharField(max_length=160, blank=True)
    address = models.TextField(max_length=500, blank=True)
    country = models.CharField(max_length=2, blank=True)  # ISO 3166-1
    email = models.EmailField(blank=True)
    tax_number = models.CharField(max_length=40, blank=True)
    tax_rate_bp = models.PositiveIntegerField(default=0)  # hundredths of a percent
    reverse_charge = models.BooleanField(default=False)
    days_to_pay = models.PositiveSmallIntegerField(default=14)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace"], name="billing_profile_once"),
            models.CheckConstraint(condition=Q(tax_rate_bp__lte=10_000), name="tax_rate_at_most_all"),
            models.CheckConstraint(condition=~Q(reverse_charge=True) | Q(tax_rate_bp=0), name="reverse_charge_without_tax"),
        ]


class InvoiceSeries(models.Model):
    """The next number of an issuer. Its row's lock makes numbers gapless: a number is taken where the invoice is issued."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    issuer = models.CharField(max_length=40, unique=True)
    prefix = models.CharField(max_length=20)
    next_number = models.BigIntegerField(default=1)


class InvoiceState(models.TextChoices):
    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    VOID = "void"
    UNCOLLECTIBLE = "uncollectible"


class InvoiceReason(models.TextChoices):
    PERIOD = "period"  # a period has ended: its use, and the base price of the next
    CHANGE = "change"  # a plan was begun or upgraded in mid-period
    PURCHASE = "purchase"  # credit was bought


class Invoice(TenantModel):
    """What a workspace owes. From `open` on, only state, paid_at and external_id change (trigger, migration).

    `snapshot`: issuer, customer, tax note and plan as they were at issue; a document needs nothing else.
    """

    period = models.ForeignKey(BillingPeriod, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=8, choices=InvoiceReason)
    number = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=13, choices=InvoiceState, default=InvoiceState.DRAFT)
    currency = models.CharField(max_length=3)
    subtotal_minor = models.BigIntegerField(default=0)
    tax_rate_bp = models.PositiveIntegerField(default=0)
    tax_minor = models.BigIntegerField(default=0)
    total_minor = models.BigIntegerField(default=0)
    issued_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    external_id = models.CharField(max_length=120, blank=True)
    key = models.CharField(max_length=120, blank=True)  # of a purchase or a change: repeating it makes no other invoice
    snapshot = models.JSONField(default=dict)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "period"], condition=Q(reason="period") & ~Q(state="void"), name="invoice_period_once"
            ),
            models.UniqueConstraint(fields=["number"], condition=~Q(number=""), name="invoice_number_once"),
            models.UniqueConstraint(fields=["workspace", "key"], condition=~Q(key=""), name="invoice_key_once"),
            models.UniqueConstraint(fields=["replaces"], condition=~Q(state="void"), name="invoice_replaced_once"),
            models.CheckConstraint(condition=Q(total_minor=F("subtotal_minor") + F("tax_minor")), name="invoice_total_adds_up"),
            models.CheckConstraint(
                condition=Q(state="draft", number="", issued_at=None) | ~Q(state="draft") & ~Q(number=""),
                name="invoice_number_from_issue",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="open"), name="invoice_due"),
            models.Index(fields=["issued_at"], name="invoice_issued"),
        ]

    def __str__(self) -> str:
        return self.number or "draft"


class LineKind(models.TextChoices):
    BASE = "base"
    USAGE = "usage"  # what was included: for information, amount 0
    OVERAGE = "overage"
    PASS_THROUGH = "pass_through"  # noqa: S105
    PRORATION = "proration"
    CREDIT = "credit"
    CORRECTION = "correction"
    PURCHASE = "purchase"


class _Line(TenantModel):
    kind = models.CharField(max_length=12, choices=LineKind)
    description = models.CharField(max_length=200)
    metric = models.CharField(max_length=24, choices=Metric, blank=True)
    quantity = models.BigIntegerField(default=0)
    unit_price = models.DecimalField(max_digits=20, decimal_places=12, null=True)
    unit_size = models.BigIntegerField(default=1)
    amount_minor = models.BigIntegerField()
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        abstract = True


class InvoiceLine(_Line):
    """One line, rounded once, half away from zero. Σ lines = subtotal."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()

    class Meta(_Line.Meta):
        constraints = [models.UniqueConstraint(fields=["invoice", "position"], name="invoice_line_position_once")]


class PendingLine(_Line):
    """A line that waits for the next invoice: late use of a closed period, a correction.

    `late`: the use of the closed `period` that it stands for, of which `quantity` is charged.
    """

    key = models.CharField(max_length=120)
    period = models.ForeignKey(BillingPeriod, on_delete=models.PROTECT, null=True, related_name="+")
    late = models.BigIntegerField(default=0)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta(_Line.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "key"], name="pending_line_once")]
