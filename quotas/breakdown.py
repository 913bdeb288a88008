"""What was used, by day, metric, avatar and API key: finished days from UsageDaily, the others from the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from django.db.models import Max, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from quotas.metrics import Metric
from quotas.models import EntryKind, UsageDaily, UsageEntry

Dimension = Literal["day", "metric", "avatar", "api_key_id"]
DIMENSIONS: tuple[Dimension, ...] = ("day", "metric", "avatar", "api_key_id")
COUNTERS = tuple(metric for metric in Metric if not metric.is_gauge)
_COUNTED = (EntryKind.USAGE, EntryKind.CORRECTION, EntryKind.LATE)
_SKEW = timedelta(days=1)  # far more than clocks differ
_Sums = dict[tuple[Any, ...], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageFilter:
    """Which use is meant: UTC days from `first` up to and with `last`; None is everything. `avatar` "": used without one."""

    first: date
    last: date
    metric: Metric | None = None
    avatar: str | None = None
    api_key_id: UUID | None = None

    @property
    def columns(self) -> dict[str, Any]:
        """The filter's columns, which the ledger and UsageDaily share."""
        given = {"metric": self.metric, "avatar": self.avatar, "api_key_id": self.api_key_id}
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRow:
    """A sum in the metric's smallest unit. What was not grouped by is None; so is the key of use without an API key."""

    quantity: int
    day: date | None = None
    metric: Metric | None = None
    avatar: str | None = None
    api_key_id: UUID | None = None


def usage_by(wanted: UsageFilter, *by: Dimension) -> list[UsageRow]:
    """Sums of the scope's workspace, one row for each combination that was used, sorted by `by` in its order."""
    return usage_tables(wanted, [by])[0]


def usage_tables(wanted: UsageFilter, groupings: Sequence[Sequence[Dimension]]) -> list[list[UsageRow]]:
    """`usage_by` for several groupings, which read the ledger once together."""
    every = [name for name in DIMENSIONS if any(name in by for by in groupings)]
    fresh_from = _first_fresh_day(wanted)
    fresh = list(_fresh(wanted, fresh_from, every))
    return [_table(by, [*_finished(wanted, fresh_from, by), *fresh]) for by in groupings]


def utc_today() -> date:
    return timezone.now().astimezone(UTC).date()


def _first_fresh_day(wanted: UsageFilter) -> date:
    """The first day that UsageDaily does not have yet. Today is never finished."""
    finished = UsageDaily.objects.filter(day__lt=utc_today()).aggregate(last=Max("day"))["last"]
    return max(wanted.first, finished + timedelta(days=1)) if finished else wanted.first


def _finished(wanted: UsageFilter, until: date, by: Sequence[Dimension]) -> Iterator[dict[str, Any]]:
    days = UsageDaily.objects.filter(day__gte=wanted.first, day__lt=until, day__lte=wanted.last, **wanted.columns)
    return _sums(days, by)


def _fresh(wanted: UsageFilter, since: date, by: Sequence[Dimension]) -> Iterator[dict[str, Any]]:
    start, end = _midnight(since), _midnight(wanted.last + timedelta(days=1))
    entries = UsageEntry.objects.filter(occurred_at__gte=start, occurred_at__lt=end, kind__in=_COUNTED, **wanted.columns)
    # Nothing is entered before it occurs: older months need no look. Named metrics let the index begin at the time.
    first, last = _month(start - _SKEW), timezone.now() + _SKEW
    entries = entries.filter(created_at__gte=first, created_at__lt=last, metric__in=COUNTERS)
    return _sums(entries.annotate(day=TruncDate("occurred_at", tzinfo=UTC)), by)


def _sums(rows: QuerySet[Any], by: Sequence[Dimension]) -> Iterator[dict[str, Any]]:
    yield from rows.order_by().values(*by).annotate(sum=Sum("quantity"))


def _table(by: Sequence[Dimension], sums: Iterable[dict[str, Any]]) -> list[UsageRow]:
    totals: _Sums = defaultdict(int)
    for row in sums:
        totals[tuple(row[name] for name in by)] += row["sum"]
    return [_row(by, key, totals[key]) for key in sorted(totals, key=_sort_key)]


def _row(by: Sequence[Dimension], key: tuple[Any, ...], quantity: int) -> UsageRow:
    values = dict(zip(by, key, strict=True))
    if "metric" in values:
        values["metric"] = Metric(values["metric"])
    return UsageRow(quantity=quantity, **values)


def _sort_key(key: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple("" if part is None else str(part) for part in key)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _month(moment: datetime) -> datetime:
    """Where the ledger's partition of `moment` begins."""
    return datetime(moment.year, moment.month, 1, tzinfo=UTC)
