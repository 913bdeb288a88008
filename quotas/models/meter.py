"""The meter: counters, holds, and the ledger, which is the truth about use."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from accounts.models import Workspace
from accounts.tenancy import TenantModel
from quotas.metrics import GAUGES, Metric
from quotas.models.plans import BillingPeriod, Overage, Pricing


class Allowance(TenantModel):
    """A workspace's counters of one metric: per period, or without one for gauges. The only row that is updated often.

    No index covers a counter and the pages are kept 30 % free (migration 0003), so that an update stays on its page.
    `included` + `granted` is free of charge; `burned` of `granted` has been taken from credit grants so far. Prices are the
    plan's (with the workspace's overrides) as they were when the period was opened or its plan last changed.
    """

    period = models.ForeignKey(BillingPeriod, on_delete=models.PROTECT, null=True, related_name="allowances")
    metric = models.CharField(max_length=24, choices=Metric)
    included = models.BigIntegerField(null=True)
    granted = models.BigIntegerField(default=0)
    burned = models.BigIntegerField(default=0)
    ceiling = models.BigIntegerField(null=True)
    overage = models.CharField(max_length=6, choices=Overage, default=Overage.BLOCK)
    pricing = models.CharField(max_length=9, choices=Pricing, default=Pricing.UNIT)
    unit_price = models.DecimalField(max_digits=20, decimal_places=12, null=True)
    unit_size = models.BigIntegerField(default=1)
    markup_bp = models.PositiveIntegerField(default=0)
    is_capped = models.BooleanField(default=False)  # a spend cap with action=stop watches it: reserving takes the slow path
    is_closed = models.BooleanField(default=False)  # its period is: these counters never change again
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


def _proven_workspace() -> models.ForeignKey[Workspace, Workspace]:
    """A workspace that another link of the row proves, by an index that begins with it."""
    return models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="+", editable=False, db_constraint=False, db_index=False
    )


class ReservationState(models.TextChoices):
    OPEN = "open"
    RELEASED = "released"
    EXPIRED = "expired"


class Reservation(TenantModel):
    """Room taken out of an allowance for one piece of work, until it is settled and released, or its lease lapses.

    The link to its allowance, which names the workspace, too, proves the workspace: another check at each insert would
    lock the workspace's row, which everybody shares.
    """

    workspace = _proven_workspace()
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
    LATE = "late"  # use, or a correction, of a period that is closed: in no counter, a line on the next invoice


class UsageEntry(TenantModel):
    """One line of the ledger. Appended, never changed; a correction reverses an entry.

    The table is partitioned by the month of `created_at` (partitions.py), so no unique index can span it: repeats of a
    hold's steps are told by its sequence, those of other sources by UsageEvent. Reservations may be thrown away some day;
    the ledger outlives them, so that link is not checked.
    """

    append_only: ClassVar[bool] = True
    partitioned: ClassVar[bool] = True

    workspace = _proven_workspace()
    allowance = models.ForeignKey(Allowance, on_delete=models.PROTECT, related_name="+", db_index=False)
    reservation = models.ForeignKey(
        Reservation, on_delete=models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False
    )
    metric = models.CharField(max_length=24, choices=Metric)
    kind = models.CharField(max_length=10, choices=EntryKind)
    quantity = models.BigIntegerField()
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
    reverses = models.UUIDField(null=True)  # an entry's id; once, by UsageEvent

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind__in=["usage", "overrun", "grant"]) | Q(quantity__gt=0), name="usage_quantity_positive"
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "metric", "occurred_at"], name="usage_by_time"),
            models.Index(fields=["allowance"], name="usage_by_allowance"),
        ]


class UsageEvent(TenantModel):
    """That a report from outside of the holds (backfill, correction) was entered, and as which entry. Appended only."""

    append_only: ClassVar[bool] = True

    source = models.CharField(max_length=20)
    event_id = models.CharField(max_length=100)
    entry_id = models.UUIDField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "source", "event_id"], name="usage_event_once")]


class UsageDaily(TenantModel):
    """Sums of the ledger by UTC day for pages and the API. Derived: `manage.py rebuild_usage_daily` makes it anew."""

    day = models.DateField()
    metric = models.CharField(max_length=24, choices=Metric)
    avatar = models.CharField(max_length=40, blank=True)
    api_key_id = models.UUIDField(null=True)
    provider = models.CharField(max_length=40, blank=True)
    quantity = models.BigIntegerField(default=0)
    cost = models.DecimalField(max_digits=20, decimal_places=10, default=0)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "day", "metric", "avatar", "api_key_id", "provider"],
                nulls_distinct=False,
                name="usage_daily_once",
            )
        ]
