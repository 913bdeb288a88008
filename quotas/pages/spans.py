"""How far back the Usage page looks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from quotas.breakdown import UsageFilter, utc_today

DAYS = (14, 30, 90)
USUAL = "30"
PERIOD = "period"
# A yearly period is longer than a chart is wide.
_LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """UTC days from `first` up to and with `last`, which is today. `code` is its name in the address."""

    code: str
    label: str
    first: date
    last: date

    @property
    def filter(self) -> UsageFilter:
        return UsageFilter(first=self.first, last=self.last)

    @property
    def days(self) -> Iterator[date]:
        return (self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))


def spans(period_start: datetime) -> list[Span]:
    """The spans on offer."""
    return [*(_last(days) for days in DAYS), _period(period_start)]


def span_of(code: str, period_start: datetime) -> Span:
    """The span of this name; thirty days for a name that is not offered."""
    offered = {span.code: span for span in spans(period_start)}
    return offered.get(code, offered[USUAL])


def _last(days: int) -> Span:
    today = utc_today()
    return Span(code=str(days), label=f"{days} days", first=today - timedelta(days=days - 1), last=today)


def _period(start: datetime) -> Span:
    today = utc_today()
    first = max(start.astimezone(UTC).date(), today - _LONGEST)
    return Span(code=PERIOD, label="This period", first=first, last=today)
