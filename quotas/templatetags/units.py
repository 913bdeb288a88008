"""Template filters: amounts in the units that people read. Everywhere else they are integers of the smallest unit."""

from __future__ import annotations

from django import template

from quotas.metrics import Metric

register = template.Library()
_MINUTE_MS = 60_000
_HOUR_MS = 3_600_000
# Above ten hours minutes are no longer read, they are counted.
_HOURS_FROM_MS = 10 * _HOUR_MS
_SIZES = ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"))


@register.filter
def clock(ms: int) -> str:
    """Milliseconds as a stopwatch shows them: 0:07, 12:30, 1:02:03."""
    seconds = int(ms) // 1000
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"


@register.filter
def seconds(ms: int) -> str:
    """Milliseconds as seconds with one decimal: 3.4 s."""
    return f"{int(ms) / 1000:.1f} s"


@register.filter
def amount(quantity: int | None, unit: str) -> str:
    """A quantity of a metric's unit with its unit: 12.5 min, 1,200 characters, 2 sessions; `no limit` for None."""
    if quantity is None:
        return "no limit"
    if unit == "ms":
        return _time(quantity)
    if unit == "bytes":
        return _bytes(quantity)
    return f"{quantity:,} {unit.removesuffix('s') if quantity == 1 else unit}"


@register.filter
def of_metric(quantity: int | None, metric: str) -> str:
    """`amount` in the unit of a metric."""
    return amount(quantity, Metric(metric).unit)


@register.filter
def limit(quantity: int | None, unit: str) -> str:
    """A limit beside a quantity that already says the unit: 20,000; time keeps its unit."""
    return amount(quantity, unit) if quantity is None or unit in ("ms", "bytes") else f"{quantity:,}"


def _time(ms: int) -> str:
    if ms >= _HOURS_FROM_MS:
        return f"{_plain(ms / _HOUR_MS)} h"
    return f"{_plain(ms / _MINUTE_MS)} min"


def _bytes(quantity: int) -> str:
    for size, name in _SIZES:
        if quantity >= size:
            return f"{_plain(quantity / size)} {name}"
    return "0 MB" if quantity == 0 else "under 1 MB"


def _plain(value: float) -> str:
    return f"{value:,.1f}".removesuffix(".0")
