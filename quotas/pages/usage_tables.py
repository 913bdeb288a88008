"""From sums of use to what the Usage page draws: charts by day, shares by avatar and key, rows of CSV."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from uuid import UUID

from accounts.models import ApiKey
from quotas.breakdown import Dimension, UsageRow, usage_by
from quotas.figures import Chart, Share, chart, shares
from quotas.metrics import METERED, Metric
from quotas.names import avatar_names
from quotas.pages.spans import Span
from quotas.selectors import DayUsage, MetricUsage

_Row = list[str | int]
NOBODY = ("Without an avatar", "")
PEOPLE = ("People", "in the studio, without a key")
_BY: dict[str, tuple[Dimension, ...]] = {"avatar": ("avatar",), "key": ("api_key_id",)}


def charts_of(rows: Iterable[UsageRow], span: Span, summary: Iterable[MetricUsage]) -> list[Chart]:
    """A chart for each counter of the plan, and for what else was used."""
    totals = {(row.metric, row.day): row.quantity for row in rows}
    shown = {usage.metric for usage in summary} | {metric for metric, _ in totals}
    days = list(span.days)
    return [
        chart(metric, [DayUsage(day, totals.get((metric, day), 0)) for day in days])
        for metric in Metric
        if metric in shown and not metric.is_gauge
    ]


def shares_by_avatar(rows: Sequence[UsageRow]) -> list[Share]:
    """Who spoke how much."""
    names = avatar_names({row.avatar for row in rows if row.avatar})
    return _shares((names[row.avatar] if row.avatar else NOBODY, row) for row in rows)


def shares_by_key(rows: Sequence[UsageRow]) -> list[Share]:
    """Through which key, or by people."""
    names = _key_names({row.api_key_id for row in rows if row.api_key_id})
    return _shares((names.get(row.api_key_id, ("A removed key", "")) if row.api_key_id else PEOPLE, row) for row in rows)


def csv_rows(span: Span, by: str) -> Iterator[_Row]:
    """A heading, then the sums. By day alone, each day is there for each counter that was used, also with 0."""
    dimensions = _BY.get(by, ())
    yield ["day_utc", "metric", *(name for name in (by,) if dimensions), "quantity", "unit"]
    rows = usage_by(span.filter, "day", "metric", *dimensions)
    yield from _every_day(rows, span) if not dimensions else (_line(row, dimensions) for row in rows)


def _every_day(rows: Sequence[UsageRow], span: Span) -> Iterator[_Row]:
    totals = {(row.metric, row.day): row.quantity for row in rows}
    shown = {metric for metric in METERED if not metric.is_gauge} | {row.metric for row in rows}
    for metric in Metric:
        if metric in shown:
            yield from (_row(metric, day, [], totals.get((metric, day), 0)) for day in span.days)


def _line(row: UsageRow, dimensions: Sequence[Dimension]) -> _Row:
    assert row.day is not None
    assert row.metric is not None
    who = [getattr(row, name) for name in dimensions]
    return _row(row.metric, row.day, ["" if one is None else str(one) for one in who], row.quantity)


def _row(metric: Metric, day: date, who: list[str], quantity: int) -> _Row:
    return [day.isoformat(), metric.value, *who, quantity, metric.unit]


def _shares(rows: Iterable[tuple[tuple[str, str], UsageRow]]) -> list[Share]:
    quantities: dict[tuple[str, str], dict[Metric, int]] = defaultdict(dict)
    for name, row in rows:
        assert row.metric is not None
        quantities[name][row.metric] = quantities[name].get(row.metric, 0) + row.quantity
    return shares(quantities, [metric for metric in Metric if any(metric in row for row in quantities.values())])


def _key_names(ids: set[UUID]) -> dict[UUID, tuple[str, str]]:
    keys = ApiKey.objects.filter(pk__in=ids).values_list("pk", "name", "prefix")
    return {pk: (name, f"{prefix}…") for pk, name, prefix in keys}
