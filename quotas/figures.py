"""Usage as the pages draw it: meters with shares in percent, charts of days as rectangles, and tables with bars."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from quotas.billing.entitlements import Entitlement
from quotas.billing.pricing import overage_amount
from quotas.metrics import Metric
from quotas.models import Overage
from quotas.selectors import DayUsage, MetricUsage

WARNING_PERCENT = 80
# A forecast from less than a day of use says nothing.
_LEAST_ELAPSED = timedelta(days=1)
CHART_WIDTH, CHART_HEIGHT = 720, 120
_BAR_SHARE = 0.72
_FREED = {
    Metric.CONCURRENT_SESSIONS: "In use right now; given back when a session ends",
    Metric.STORAGE_BYTES: "Freed when files are deleted",
    Metric.VOICES: "Freed when a voice is deleted",
    Metric.AVATARS: "Freed when an avatar is deleted",
    Metric.MEMBERS: "Freed when a member leaves",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """A metric against its limit. `percent` and `held_percent`: 0–100 of the limit; 0 without limit.

    `runs_out`: when the limit is reached at this pace, should that be within the period. `free`: what of the limit costs
    nothing, where use above is charged; `free_percent`: of the limit; `charge_minor`: what use above costs so far.
    """

    usage: MetricUsage
    percent: float
    held_percent: float
    tone: str
    forecast: int | None
    runs_out: datetime | None
    free: int | None = None
    free_percent: float = 0.0
    charge_minor: int = 0
    currency: str = ""

    @property
    def forecast_is_over(self) -> bool:
        return self.forecast is not None and self.usage.limit is not None and self.forecast > self.usage.limit

    @property
    def freed(self) -> str:
        """When a gauge's place comes free; empty for a counter, which starts afresh instead."""
        return _FREED[self.usage.metric] if self.usage.metric.is_gauge else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One day of a chart, in the chart's own coordinates. `left` and `step`: the strip that belongs to it."""

    day: date
    quantity: int
    left: float
    step: float
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Days from left to right; `top` is the quantity at the upper edge."""

    metric: Metric
    columns: list[Column]
    top: int
    total: int
    today: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A quantity in a table; `percent`: 0–100 of the column's largest, `rest` what of the bar stays empty."""

    metric: Metric
    quantity: int
    percent: float

    @property
    def rest(self) -> float:
        return round(100 - self.percent, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one user of the workspace's allowance, an avatar or a key, has used of each metric."""

    name: str
    note: str
    cells: list[Cell]


def meter(usage: MetricUsage, now: datetime, terms: Entitlement | None = None) -> Meter:
    """How full the metric is, how it is coloured, and where it will end at this pace; with `terms` also what it costs."""
    percent = _share(usage.used, usage.limit)
    return Meter(
        usage=usage,
        percent=percent,
        held_percent=min(100 - percent, _share(usage.held, usage.limit)),
        tone=tone(percent),
        forecast=_forecast(usage, now),
        runs_out=_runs_out(usage, now),
        **_charge(usage, terms),
    )


def tone(percent: float) -> str:
    """The class that colours a ring or a bar."""
    if percent >= 100:
        return "is-over"
    return "is-warning" if percent >= WARNING_PERCENT else ""


def chart(metric: Metric, days: Sequence[DayUsage]) -> Chart:
    """One column a day, as high as its share of the highest."""
    top = max((day.quantity for day in days), default=0)
    step = CHART_WIDTH / max(1, len(days))
    columns = [_column(day, index * step, step, top) for index, day in enumerate(days)]
    return Chart(metric=metric, columns=columns, top=top, total=sum(day.quantity for day in days), today=days[-1].quantity)


def shares(quantities: Mapping[tuple[str, str], Mapping[Metric, int]], metrics: Iterable[Metric]) -> list[Share]:
    """A row for each (name, note), with a cell for each metric; who used most of the first metric comes first."""
    columns = list(metrics)
    tops = {metric: max((row.get(metric, 0) for row in quantities.values()), default=0) for metric in columns}
    ranked = sorted(quantities.items(), key=lambda item: [-item[1].get(metric, 0) for metric in columns])
    return [Share(name=name, note=note, cells=[_cell(metric, row, tops) for metric in columns]) for (name, note), row in ranked]


def _cell(metric: Metric, row: Mapping[Metric, int], tops: Mapping[Metric, int]) -> Cell:
    quantity = row.get(metric, 0)
    return Cell(metric=metric, quantity=quantity, percent=_share(quantity, tops[metric]) if tops[metric] else 0.0)


def _column(day: DayUsage, x: float, step: float, top: int) -> Column:
    height = round(CHART_HEIGHT * max(0, day.quantity) / top, 2) if top else 0
    # A day with any use at all stays visible.
    height = max(height, 2) if day.quantity > 0 else 0
    width = round(step * _BAR_SHARE, 2)
    return Column(
        day=day.day,
        quantity=day.quantity,
        left=round(x, 2),
        step=round(step, 2),
        x=round(x + (step - width) / 2, 2),
        y=CHART_HEIGHT - height,
        width=width,
        height=height,
    )


def _share(quantity: int, limit: int | None) -> float:
    if limit is None:
        return 0.0
    return round(min(100.0, 100 * quantity / limit), 2) if limit else 100.0


def _charge(usage: MetricUsage, terms: Entitlement | None) -> dict[str, Any]:
    if terms is None or terms.overage == Overage.BLOCK or terms.included is None or terms.unit_price is None:
        return {}
    free = terms.included + terms.granted
    if usage.limit is not None and usage.limit < free:
        return {}  # overdue: what is included can't be used
    charged = max(0, usage.used - free)
    return {
        "free": free,
        "free_percent": _share(free, usage.limit),
        "charge_minor": overage_amount(charged, terms.unit_price, terms.unit_size),
        "currency": terms.currency,
    }


def _forecast(usage: MetricUsage, now: datetime) -> int | None:
    elapsed = now - usage.period_start
    if usage.resets_at is None or elapsed < _LEAST_ELAPSED:
        return None
    return round(usage.used * ((usage.period_end - usage.period_start) / elapsed))


def _runs_out(usage: MetricUsage, now: datetime) -> datetime | None:
    elapsed = now - usage.period_start
    if usage.resets_at is None or elapsed < _LEAST_ELAPSED or not usage.limit or not 0 < usage.used < usage.limit:
        return None
    at = usage.period_start + elapsed * (usage.limit / usage.used)
    return at if at < usage.period_end else None
