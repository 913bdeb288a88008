"""What providers take: rates with validity, their statements, and what was off."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q, Value

from accounts.identifiers import uuid7
from quotas.metrics import Metric
from quotas.models.plans import TimeRange


class ProviderRate(models.Model):
    """What a provider takes for a metric, from `valid_from` until `valid_to`. The installation's own, not a tenant's.

    A use of q costs max(minimum, ⌈q / rounding_step⌉ · rounding_step) / unit_size · unit_cost, in `currency`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.CharField(max_length=40)
    sku = models.CharField(max_length=80, blank=True)
    metric = models.CharField(max_length=24, choices=Metric)
    unit_cost = models.DecimalField(max_digits=20, decimal_places=12)  # major units
    unit_size = models.BigIntegerField(default=1)
    rounding_step = models.BigIntegerField(default=1)
    minimum = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, default="EUR")
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(unit_cost__gte=0, unit_size__gt=0, rounding_step__gt=0, minimum__gte=0), name="rate_not_negative"
            ),
            models.CheckConstraint(condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")), name="rate_not_empty"),
            ExclusionConstraint(
                name="rate_no_overlap",
                expressions=[
                    ("provider", RangeOperators.EQUAL),
                    ("sku", RangeOperators.EQUAL),
                    ("metric", RangeOperators.EQUAL),
                    (TimeRange("valid_from", "valid_to", Value("[)")), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.sku} {self.metric}"


class StatementState(models.TextChoices):
    OPEN = "open"
    MATCHED = "matched"
    DIFFERS = "differs"
    ACCEPTED = "accepted"  # differed, and an operator took it as it is


class ProviderStatement(models.Model):
    """A provider's own bill for a month, to hold against what we counted."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.CharField(max_length=40)
    number = models.CharField(max_length=80)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    currency = models.CharField(max_length=3, default="EUR")
    tolerance_bp = models.PositiveIntegerField(default=100)
    state = models.CharField(max_length=8, choices=StatementState, default=StatementState.OPEN)
    created_at = models.DateTimeField(auto_now_add=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "number"], name="statement_once"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="statement_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.number}"


class ProviderStatementLine(models.Model):
    """One line: what the provider counted and took; `expected_*` is what we had counted when it was reconciled."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    statement = models.ForeignKey(ProviderStatement, on_delete=models.CASCADE, related_name="lines")
    sku = models.CharField(max_length=80, blank=True)
    metric = models.CharField(max_length=24, choices=Metric)
    quantity = models.BigIntegerField()
    cost = models.DecimalField(max_digits=20, decimal_places=10)
    expected_quantity = models.BigIntegerField(null=True, editable=False)
    expected_cost = models.DecimalField(max_digits=20, decimal_places=10, null=True, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["statement", "sku", "metric"], name="statement_line_once")]


class ProviderCostAdjustment(models.Model):
    """What a provider took beyond (or, negative, less than) the costs frozen in the ledger. Appended, never changed.

    It stands for no workspace: the ledger's entries keep the cost they were made with.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    line = models.OneToOneField(ProviderStatementLine, on_delete=models.PROTECT, related_name="adjustment")
    provider = models.CharField(max_length=40)
    sku = models.CharField(max_length=80, blank=True)
    metric = models.CharField(max_length=24, choices=Metric)
    amount = models.DecimalField(max_digits=20, decimal_places=10)  # major units
    currency = models.CharField(max_length=3)
    occurred_at = models.DateTimeField()  # the start of the statement's month
    created_at = models.DateTimeField(auto_now_add=True, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(amount=0), name="cost_adjustment_not_nothing")]
