"""What is offered, who is on it, and the stretches of time that are counted and billed together."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q, Value

from accounts.identifiers import uuid7
from accounts.tenancy import TenantModel
from quotas.metrics import Metric

# ISO 4217: currencies without decimals, with three, with four.
_UNDIVIDED = (
    "BIF",
    "CLP",
    "DJF",
    "GNF",
    "ISK",
    "JPY",
    "KMF",
    "KRW",
    "PYG",
    "RWF",
    "UGX",
    "UYI",
    "VND",
    "VUV",
    "XAF",
    "XOF",
    "XPF",
)
_FINER = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND", "CLF", "UYW")
NOT_HUNDREDTHS = frozenset((*_UNDIVIDED, *_FINER))


class Interval(models.TextChoices):
    MONTH = "month"
    YEAR = "year"


class Plan(models.Model):
    """One version of an offer. Never edited once a workspace is subscribed: a change is a new version.

    The base price is paid in advance, use in arrears. `grace_days`: how long an overdue workspace keeps its full service.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.SlugField(max_length=40)
    version = models.PositiveIntegerField(default=1)
    name = models.CharField(max_length=60)
    currency = models.CharField(max_length=3, default="EUR")  # one of two decimals: see clean
    base_price_minor = models.BigIntegerField(default=0)
    interval = models.CharField(max_length=5, choices=Interval, default=Interval.MONTH)
    trial_days = models.PositiveSmallIntegerField(default=0)
    grace_days = models.PositiveSmallIntegerField(default=14)
    is_public = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="plan_version_once"),
            models.CheckConstraint(condition=Q(base_price_minor__gte=0), name="plan_price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.name} (version {self.version})"

    def clean(self) -> None:
        """Raises ValidationError for a currency whose minor unit is not a hundredth: all arithmetic takes it for one."""
        if self.currency in NOT_HUNDREDTHS:
            raise ValidationError({"currency": f"{self.currency} is not divided into hundredths; it can't be billed in yet."})


class Overage(models.TextChoices):
    BLOCK = "block"
    CHARGE = "charge"


class Pricing(models.TextChoices):
    """How use above the included amount is priced: by the unit, or what the provider took plus a markup."""

    UNIT = "unit"
    COST_PLUS = "cost_plus"


class PlanAllowance(models.Model):
    """How much of a metric a plan includes, and what happens above: NULL is without limit."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="allowances")
    metric = models.CharField(max_length=24, choices=Metric)
    included = models.BigIntegerField(null=True, blank=True)
    overage = models.CharField(max_length=6, choices=Overage, default=Overage.BLOCK)
    ceiling = models.BigIntegerField(null=True, blank=True)  # with overage=charge: where charging stops, too
    pricing = models.CharField(max_length=9, choices=Pricing, default=Pricing.UNIT)
    # For `unit_size` units, in minor units of the plan's currency.
    unit_price = models.DecimalField(max_digits=20, decimal_places=12, null=True, blank=True)
    unit_size = models.BigIntegerField(default=1)
    markup_bp = models.PositiveIntegerField(default=0)  # cost_plus: hundredths of a percent on top of the provider's cost

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "metric"], name="plan_allowance_once"),
            models.CheckConstraint(condition=Q(included=None) | Q(included__gte=0), name="plan_included_not_negative"),
            models.CheckConstraint(condition=Q(ceiling=None) | Q(ceiling__gte=F("included")), name="plan_ceiling_above_included"),
            models.CheckConstraint(
                condition=~Q(overage="charge") | Q(pricing="cost_plus") | Q(unit_price__isnull=False, unit_price__gte=0),
                name="plan_charge_has_price",
            ),
            models.CheckConstraint(condition=Q(unit_size__gt=0), name="plan_unit_size_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.plan}: {self.metric}"

    @property
    def hard_limit(self) -> int | None:
        """Where use stops; None when nothing stops it."""
        return self.included if self.overage == Overage.BLOCK else self.ceiling


class SubscriptionStatus(models.TextChoices):
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"  # overdue: full service until grace_until, then what is included only
    SUSPENDED = "suspended"  # overdue for twice the grace: nothing more
    CANCELED = "canceled"


OVERDUE = (SubscriptionStatus.PAST_DUE, SubscriptionStatus.SUSPENDED)


class Subscription(TenantModel):
    """Which plan a workspace is on; its periods count from `anchor_at`. A workspace has one that is not canceled.

    `next_plan`: takes over when the current period ends (a downgrade). `cancel_at`: the end of the current period, when the
    workspace goes back to the free plan. `price_overrides`: {"base_price_minor": …, metric: {"included", "ceiling",
    "unit_price", "unit_size", "overage"}}; amounts as whole numbers or decimal strings.
    """

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    next_plan = models.ForeignKey(Plan, on_delete=models.PROTECT, null=True, related_name="+")
    status = models.CharField(max_length=9, choices=SubscriptionStatus, default=SubscriptionStatus.ACTIVE)
    anchor_at = models.DateTimeField()
    trial_ends_at = models.DateTimeField(null=True)
    grace_until = models.DateTimeField(null=True)
    cancel_at = models.DateTimeField(null=True)
    canceled_at = models.DateTimeField(null=True)
    price_overrides = models.JSONField(default=dict)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace"], condition=~Q(status="canceled"), name="subscription_live_once")
        ]

    @property
    def is_overdue(self) -> bool:
        return self.status in OVERDUE


class PeriodState(models.TextChoices):
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"


class TimeRange(Func):
    """`tstzrange(start, end, bounds)`."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class BillingPeriod(TenantModel):
    """A stretch of time that is counted and billed together: from `starts_at` up to, but without, `ends_at`.

    `plan` is the one whose allowances are in force: an upgrade changes it in mid-period. A trial is a period of its own.
    `base_price_minor`: what the whole period costs in advance, fixed when it is opened (an upgrade is billed by itself).
    `running_base_minor`: the base price, for the whole period, that is charged for what is left of it: the plan's in force.
    """

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="periods")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    is_trial = models.BooleanField(default=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    base_price_minor = models.BigIntegerField(default=0)
    running_base_minor = models.BigIntegerField(default=0)
    state = models.CharField(max_length=7, choices=PeriodState, default=PeriodState.OPEN)
    closed_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="period_not_empty"),
            models.CheckConstraint(condition=Q(base_price_minor__gte=0), name="period_price_not_negative"),
            ExclusionConstraint(
                name="period_no_overlap",
                expressions=[
                    ("workspace", RangeOperators.EQUAL),
                    (TimeRange("starts_at", "ends_at", Value("[)")), RangeOperators.OVERLAPS),
                ],
            ),
        ]
        indexes = [models.Index(fields=["ends_at"], condition=~Q(state="closed"), name="period_due")]
