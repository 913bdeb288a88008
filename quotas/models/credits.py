"""Credit: of a metric, which widens its allowance, or of money, which is taken off invoices."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from accounts.tenancy import TenantModel
from quotas.metrics import Metric
from quotas.models.plans import BillingPeriod


class GrantSource(models.TextChoices):
    PURCHASE = "purchase"
    PROMO = "promo"
    REFUND = "refund"
    MANUAL = "manual"
    TOP_UP = "top_up"


class CreditGrant(TenantModel):
    """Credit given once; `remaining` burns by priority (low first), then expiry (soonest first, never last), then creation.

    `metric` empty: money in minor units of `currency`.
    """

    metric = models.CharField(max_length=24, choices=Metric, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    amount = models.BigIntegerField()
    remaining = models.BigIntegerField()
    priority = models.PositiveSmallIntegerField(default=100)
    expires_at = models.DateTimeField(null=True)
    source = models.CharField(max_length=8, choices=GrantSource)
    reason = models.CharField(max_length=200, blank=True)
    key = models.CharField(max_length=120)  # repeating a grant with the same key grants nothing more

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "key"], name="grant_key_once"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, remaining__gte=0, remaining__lte=F("amount")), name="grant_remaining_within"
            ),
            models.CheckConstraint(condition=Q(metric="") ^ Q(currency=""), name="grant_metric_or_money"),
        ]
        indexes = [models.Index(fields=["expires_at"], condition=Q(remaining__gt=0), name="grant_expiring")]


class CreditEntryKind(models.TextChoices):
    BURN = "burn"
    EXPIRY = "expiry"
    RESTORE = "restore"  # an invoice was voided: what it took is given back


class CreditEntry(TenantModel):
    """One movement of a grant. Appended, never changed: amount − Σ burn − Σ expiry + Σ restore = remaining."""

    append_only: ClassVar[bool] = True

    grant = models.ForeignKey(CreditGrant, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=7, choices=CreditEntryKind)
    amount = models.BigIntegerField()
    period = models.ForeignKey(BillingPeriod, on_delete=models.PROTECT, null=True, related_name="+")
    invoice_id = models.UUIDField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="credit_entry_positive")]


class TopUpRule(TenantModel):
    """Buy `amount` of a metric's credit whenever less than `threshold` is left, at most `most_per_period` times."""

    metric = models.CharField(max_length=24, choices=Metric)
    threshold = models.BigIntegerField()
    amount = models.BigIntegerField()
    price_minor = models.BigIntegerField()
    most_per_period = models.PositiveSmallIntegerField(default=3)
    is_active = models.BooleanField(default=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "metric"], name="top_up_once"),
            models.CheckConstraint(condition=Q(threshold__gte=0, amount__gt=0, price_minor__gte=0), name="top_up_not_negative"),
        ]
