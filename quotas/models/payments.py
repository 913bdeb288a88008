"""How invoices are paid, and what the payment provider told us."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from accounts.tenancy import TenantModel
from quotas.metrics import Metric
from quotas.models.invoices import Invoice
from quotas.models.plans import BillingPeriod


class PaymentMethod(models.TextChoices):
    MANUAL = "manual"  # bank transfer, entered by the operator
    STRIPE = "stripe"


class PaymentAccount(TenantModel):
    """How a workspace pays. `external_id`: the provider's customer; `card_id`: the means of payment that it charges."""

    method = models.CharField(max_length=6, choices=PaymentMethod, default=PaymentMethod.MANUAL)
    external_id = models.CharField(max_length=120, blank=True)
    card_id = models.CharField(max_length=120, blank=True)
    is_ready = models.BooleanField(default=False)  # a means of payment is on file

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace"], name="payment_account_once"),
            models.UniqueConstraint(fields=["external_id"], condition=~Q(external_id=""), name="payment_external_once"),
        ]


class PaymentState(models.TextChoices):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUNDED = "refunded"


class Payment(TenantModel):
    """Money that came, or was to come, for an invoice."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="payments")
    method = models.CharField(max_length=6, choices=PaymentMethod)
    state = models.CharField(max_length=9, choices=PaymentState)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reference = models.CharField(max_length=120)
    failure = models.CharField(max_length=200, blank=True)
    refunded_minor = models.BigIntegerField(default=0)
    paid_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "method", "reference"], name="payment_reference_once"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payment_positive"),
            models.CheckConstraint(
                condition=Q(refunded_minor__gte=0, refunded_minor__lte=F("amount_minor")), name="payment_refund_within"
            ),
        ]


class InvoiceCollection(TenantModel):
    """How far the automatic collection of an invoice has come.

    `intent_id`: the provider's payment, which can succeed once only. `page_id`: its hosted page that was opened last.
    `next_at`: when the next attempt is due; NULL: none.
    """

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="+")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    intent_id = models.CharField(max_length=120, blank=True)
    page_id = models.CharField(max_length=120, blank=True)
    failure = models.CharField(max_length=200, blank=True)
    needs_payer = models.BooleanField(default=False)  # the payer's bank asks for the payer: a hosted page helps

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "invoice"], name="invoice_collection_once")]
        indexes = [models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="invoice_collection_due")]


class StripeEvent(models.Model):
    """The inbox: each event once, whatever the order and however often it comes. Not a tenant's row until it is read."""

    id = models.CharField(primary_key=True, max_length=120)
    type = models.CharField(max_length=80)
    created = models.DateTimeField()
    payload = models.JSONField()
    received_at = models.DateTimeField(auto_now_add=True)
    processed_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["received_at"], condition=Q(processed_at=None), name="stripe_event_waiting")]


class StripePush(TenantModel):
    """The last total of a metric that was told to Stripe: absolute for the period, so that a retry changes nothing."""

    period = models.ForeignKey(BillingPeriod, on_delete=models.PROTECT, related_name="+")
    metric = models.CharField(max_length=24, choices=Metric)
    total = models.BigIntegerField()
    sent_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "period", "metric"], name="stripe_push_once")]
