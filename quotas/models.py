"""Plans, periods, allowances, reservations and the usage ledger.

Only `statements.py` changes the counters of an allowance or a reservation; the CHECK constraints here are the last wall.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from accounts.identifiers import uuid7
from accounts.tenancy import TenantModel
from quotas.metrics import GAUGES, Metric


class Interval(models.TextChoices):
    MONTH = "month"
    YEAR = "year"


class Plan(models.Model):
    """One version of an offer. Never edited once a workspace is subscribed: a change is a new version."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.SlugField(max_length=40)
    version = models.PositiveIntegerField(default=1)
    name = models.CharField(max_length=60)
    currency = models.CharField(max_length=3, default="EUR")
    base_price_minor = models.BigIntegerField(default=0)
    interval = models.CharField(max_length=5, choices=Interval, default=Interval.MONTH)
    is_public = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="plan_version_once"),
            models.CheckConstraint(condition=Q(base_price_minor__gte=0), name="plan_price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.name} (version {self.version})"


class Overage(models.TextChoices):
    BLOCK = "block"
    CHARGE = "charge"


class PlanAllowance(models.Model):
    """How much of a metric a plan includes, and what happens above: NULL is without limit."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="allowances")
    metric = models.CharField(max_length=24, choices=Metric)
    included = models.BigIntegerField(null=True)
    overage = models.CharField(max_length=6, choices=Overage, default=Overage.BLOCK)
    ceiling = models.BigIntegerField(null=True)  # with overage=charge: where charging stops, too
    unit_price = models.DecimalField(max_digits=20, decimal_places=12, null=True)
    unit_size = models.BigIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "metric"], name="plan_allowance_once"),
            models.CheckConstraint(condition=Q(included=None) | Q(included__gte=0), name="plan_included_not_negative"),
            models.CheckConstraint(condition=Q(ceiling=None) | Q(ceiling__gte=F("included")), name="plan_ceiling_above_included"),
            models.CheckConstraint(
                condition=~Q(overage="charge") | Q(unit_price__isnull=False, unit_price__gte=0), name="plan_charge_has_price"
            ),
            models.CheckConstraint(condition=Q(unit_size__gt=0), name="plan_unit_size_positive"),
        ]

    @property
    def hard_limit(self) -> int | None:
        """Where use stops; None when nothing stops it."""
        return self.included if self.overage == Overage.BLOCK else self.ceiling


class SubscriptionStatus(models.TextChoices):
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    CANCELED = "canceled"


class Subscription(TenantModel):
    """Which plan a workspace is on; its periods count from `anchor_at`. A workspace has one that is not canceled."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=8, choices=SubscriptionStatus, default=SubscriptionStatus.ACTIVE)
    anchor_at = models.DateTimeField()
    grace_until = models.DateTimeField(null=True)
    cancel_at = models.DateTimeField(null=True)
    price_overrides = models.JSONField(default=dict)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace"], condition=~Q(status="canceled"), name="subscription_live_once")
        ]


class PeriodState(models.TextChoices):
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"


class TimeRange(Func):
    """`tstzrange(start, end, bounds)`."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class BillingPeriod(TenantModel):
    """A stretch of time that is counted and billed together: from `starts_at` up to, but without, `ends_at`."""

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="periods")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    state = models.CharField(max_length=7, choices=PeriodState, default=PeriodState.OPEN)

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="period_not_empty"),
            ExclusionConstraint(
                name="period_no_overlap",
                expressions=[
                    ("workspace", RangeOperators.EQUAL),
                    (TimeRange("starts_at", "ends_at", Value("[)")), RangeOperators.OVERLAPS),
                ],
            ),
        ]


class Allowance(TenantModel):
    """A workspace's counters of one metric: per period, or without one for gauges. The only row that is updated often.

    No index covers a counter and the pages are kept 30 % free (migration 0002), so that an update stays on its page.
    """

    period = models.ForeignKey(BillingPeriod, on_delete=models.PROTECT, null=True, related_name="allowances")
    metric = models.CharField(max_length=24, choices=Metric)
    included = models.BigIntegerField(null=True)
    granted = models.BigIntegerField(default=0)
    ceiling = models.BigIntegerField(null=True)
    held = models.BigIntegerField(default=0)
    settled = models.BigIntegerField(default=0)
    overrun = models.BigIntegerField(default=0)  # used above the ceiling: counted, shown to the operator, never billed

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "metric", "period"], nulls_distinct=False, name="allowance_once"),
            models.CheckConstraint(condition=Q(held__gte=0), name="allowance_held_not_negative"),
            models.CheckConstraint(condition=Q(settled__gte=0), name="allowance_settled_not_negative"),
            models.CheckConstraint(condition=Q(overrun__gte=0), name="allowance_overrun_not_negative"),
            models.CheckConstraint(
                condition=Q(ceiling=None) | Q(ceiling__gte=F("settled") + F("held")), name="allowance_within_ceiling"
            ),
            models.CheckConstraint(
                condition=Q(metric__in=sorted(GAUGES), period=None, settled=0, overrun=0)
                | ~Q(metric__in=sorted(GAUGES)) & Q(period__isnull=False),
                name="allowance_gauge_or_period",
            ),
        ]


class ReservationState(models.TextChoices):
    OPEN = "open"
    RELEASED = "released"
    EXPIRED = "expired"


class Reservation(TenantModel):
    """Room taken out of an allowance for one piece of work, until it is settled and released, or its lease lapses."""

    allowance = models.ForeignKey(Allowance, on_delete=models.PROTECT, related_name="+", db_index=False)
    metric = models.CharField(max_length=24, choices=Metric)
    purpose = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    key = models.CharField(max_length=120)
    amount = models.BigIntegerField()  # as first taken
    held = models.BigIntegerField()  # what of the allowance's `held` is this one's now
    used = models.BigIntegerField(default=0)  # settled through this one so far, overrun included
    reported = models.BigIntegerField(default=0)  # used since the last settlement, as last reported
    state = models.CharField(max_length=8, choices=ReservationState, default=ReservationState.OPEN)
    sequence = models.BigIntegerField(default=0)  # of the last settlement
    lease_expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "metric", "key"], name="reservation_key_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="reservation_amount_positive"),
            models.CheckConstraint(condition=Q(held__gte=0, used__gte=0, reported__gte=0), name="reservation_not_negative"),
            models.CheckConstraint(
                condition=Q(state="open", closed_at=None) | ~Q(state="open") & Q(held=0, closed_at__isnull=False),
                name="reservation_closed_holds_nothing",
            ),
        ]
        indexes = [
            models.Index(fields=["lease_expires_at"], condition=Q(state="open"), name="reservation_lapse"),
            models.Index(fields=["allowance"], condition=Q(state="open"), name="reservation_open"),
        ]


class EntryKind(models.TextChoices):
    USAGE = "usage"
    OVERRUN = "overrun"
    CORRECTION = "correction"
    GRANT = "grant"
    EXPIRY = "expiry"


class UsageEntry(TenantModel):
    """One line of the ledger, which is the truth about use. Appended, never changed; a correction reverses an entry."""

    append_only: ClassVar[bool] = True

    allowance = models.ForeignKey(Allowance, on_delete=models.PROTECT, related_name="+", db_index=False)
    reservation = models.ForeignKey(Reservation, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    metric = models.CharField(max_length=24, choices=Metric)
    kind = models.CharField(max_length=10, choices=EntryKind)
    quantity = models.BigIntegerField()
    # (source, event_id) keeps a repeated report from counting twice, whoever reports.
    source = models.CharField(max_length=20)
    event_id = models.CharField(max_length=100)
    occurred_at = models.DateTimeField()
    # What it was used for. Other rooms' rows: plain ids, which outlive what they name.
    session_id = models.UUIDField(null=True)
    avatar = models.CharField(max_length=40, blank=True)
    api_key_id = models.UUIDField(null=True)
    provider = models.CharField(max_length=40, blank=True)
    sku = models.CharField(max_length=80, blank=True)
    provider_cost = models.DecimalField(max_digits=20, decimal_places=10, null=True)
    provider_currency = models.CharField(max_length=3, blank=True)
    cost_is_estimate = models.BooleanField(default=False)
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "source", "event_id"], name="usage_event_once"),
            models.CheckConstraint(
                condition=~Q(kind__in=["usage", "overrun", "grant"]) | Q(quantity__gt=0), name="usage_quantity_positive"
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "metric", "occurred_at"], name="usage_by_time"),
            models.Index(fields=["allowance"], name="usage_by_allowance"),
        ]
