"""Caps on what a period may cost, and alerts when a share of something is used."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from accounts.tenancy import TenantModel
from quotas.metrics import Metric
from quotas.models.plans import BillingPeriod


class CapAction(models.TextChoices):
    NOTIFY = "notify"
    STOP = "stop"


class SpendCap(TenantModel):
    """What use above the included amounts may cost in a period, in minor units of the plan's currency.

    With `stop`, nothing is reserved that could bring the charge above it. Its row is the lock under which that is decided.
    """

    amount_minor = models.BigIntegerField()
    action = models.CharField(max_length=6, choices=CapAction, default=CapAction.STOP)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace"], name="spend_cap_once"),
            models.CheckConstraint(condition=Q(amount_minor__gte=0), name="spend_cap_not_negative"),
        ]


class AlertRule(TenantModel):
    """Tell when `threshold_percent` of a metric's limit, or of the spend cap (`metric` empty), is used."""

    metric = models.CharField(max_length=24, choices=Metric, blank=True)
    threshold_percent = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(1000)])
    by_mail = models.BooleanField(default=True)
    by_webhook = models.BooleanField(default=True)
    is_default = models.BooleanField(default=False)  # made with the workspace: 50, 80 and 100 %

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "metric", "threshold_percent"], name="alert_rule_once"),
            models.CheckConstraint(
                condition=Q(threshold_percent__gte=1, threshold_percent__lte=1000), name="alert_threshold_in_range"
            ),
        ]


class AlertFiring(TenantModel):
    """A threshold that was crossed: once for each metric, threshold and period. Read in the page until `seen_at`."""

    period = models.ForeignKey(BillingPeriod, on_delete=models.PROTECT, related_name="+")
    metric = models.CharField(max_length=24, choices=Metric, blank=True)
    threshold_percent = models.PositiveSmallIntegerField()
    used = models.BigIntegerField()
    limit = models.BigIntegerField()
    seen_at = models.DateTimeField(null=True)
    mail_due_at = models.DateTimeField(null=True)  # when the clock asks again for its mail; none: no mail is about it
    mailed_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "period", "metric", "threshold_percent"], name="alert_fires_once")
        ]
        indexes = [
            models.Index(fields=["mail_due_at"], condition=Q(mail_due_at__isnull=False, mailed_at=None), name="alert_mail_due")
        ]
