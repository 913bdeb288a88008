"""What is used and what is left: for pages, the API and warnings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.tenancy import current_workspace_id
from quotas.metrics import METERED, Metric
from quotas.models import Allowance, BillingPeriod
from quotas.periods import open_period, subscription_of
from quotas.values import Shortage


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricUsage:
    """A metric's counters now, in its smallest unit. `limit` None: without limit. `percent` is used of limit, rounded
    down. Of a gauge, what is held is what is used; it has no `resets_at`."""

    metric: Metric
    label: str
    unit: str
    limit: int | None
    used: int
    held: int
    remaining: int | None
    overrun: int
    percent: int
    plan_name: str
    period_start: datetime
    period_end: datetime
    resets_at: datetime | None


@dataclass(frozen=True, slots=True)
class DayUsage:
    """What was used on a day (UTC)."""

    day: date
    quantity: int


def usage_summary() -> list[MetricUsage]:
    """The enforced metrics of the scope's workspace. Opens the current period where nothing has yet."""
    workspace_id, now = current_workspace_id(), timezone.now()
    counters = _counters(workspace_id, now)
    period = next(row.period for row in counters.values() if row.period)
    plan_name = subscription_of(workspace_id).plan.name
    return [_usage(counters[metric], period, plan_name) for metric in METERED]


def usage_of(metric: Metric) -> MetricUsage:
    """One of the enforced metrics."""
    return next(usage for usage in usage_summary() if usage.metric == metric)


def remaining(metric: Metric) -> int | None:
    """What may still be reserved now; None without limit."""
    row = _counter(metric)
    return None if row.ceiling is None else row.ceiling - row.settled - row.held


def share_used(metric: Metric) -> int:
    """Percent of the limit that is used, rounded down (warn at 80); 0 without limit, 100 where nothing is allowed."""
    return _percent(_counter(metric))


def shortage_of(workspace_id: UUID, metric: Metric, *, asked: int, at: datetime) -> Shortage:
    """Why `asked` does not fit into the current allowance of `metric`."""
    row = _current(workspace_id, at).get(metric=metric)
    used, held = _used_and_held(row)
    resets_at = row.period.ends_at if row.period else None
    return Shortage(metric=metric, asked=asked, limit=row.ceiling or 0, used=used, held=held, resets_at=resets_at)


def _current(workspace_id: UUID, at: datetime) -> QuerySet[Allowance]:
    now = Q(period=None) | Q(period__starts_at__lte=at, period__ends_at__gt=at)
    return Allowance.objects.select_related("period").filter(now, workspace_id=workspace_id)


def _counters(workspace_id: UUID, at: datetime) -> dict[str, Allowance]:
    rows = _current(workspace_id, at).filter(metric__in=METERED)
    if len(rows) < len(METERED):
        open_period(workspace_id, at)
        rows = _current(workspace_id, at).filter(metric__in=METERED)
    return {row.metric: row for row in rows}


def _counter(metric: Metric) -> Allowance:
    workspace_id, now = current_workspace_id(), timezone.now()
    rows = _current(workspace_id, now).filter(metric=metric)
    if (row := rows.first()) is None:
        open_period(workspace_id, now)
        row = rows.get()
    return row


def _percent(row: Allowance) -> int:
    used, _ = _used_and_held(row)
    if row.ceiling is None:
        return 0
    return used * 100 // row.ceiling if row.ceiling else 100


def _usage(row: Allowance, period: BillingPeriod, plan_name: str) -> MetricUsage:
    metric, (used, held) = Metric(row.metric), _used_and_held(row)
    return MetricUsage(
        metric=metric,
        label=str(metric.label),
        unit=metric.unit,
        limit=row.ceiling,
        used=used,
        held=held,
        remaining=None if row.ceiling is None else row.ceiling - used - held,
        overrun=row.overrun,
        percent=_percent(row),
        plan_name=plan_name,
        period_start=period.starts_at,
        period_end=period.ends_at,
        resets_at=row.period.ends_at if row.period else None,
    )


def _used_and_held(row: Allowance) -> tuple[int, int]:
    return (row.held, 0) if Metric(row.metric).is_gauge else (row.settled, row.held)
