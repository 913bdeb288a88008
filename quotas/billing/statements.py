"""A provider's statement from its CSV file: one line for each sku and metric."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from django.db import IntegrityError, transaction

from accounts.errors import Conflict, Invalid
from quotas.metrics import Metric
from quotas.models import ProviderStatement, ProviderStatementLine

COLUMNS = ("sku", "metric", "quantity", "cost")
MOST_LINES = 10_000
_MOST_QUANTITY = 2**63 - 1
_MOST_COST = Decimal(10) ** 10  # numeric(20, 10)
_MOST_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledLine:
    """What a provider counted (smallest unit of the metric) and took (major units of the statement's currency)."""

    sku: str
    metric: Metric
    quantity: int
    cost: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementHead:
    """Whose statement it is and what it covers: from `starts_at` up to, but without, `ends_at`."""

    provider: str
    number: str
    starts_at: datetime
    ends_at: datetime
    currency: str = "EUR"
    tolerance_bp: int = 100


@transaction.atomic
def import_statement(*, head: StatementHead, text: str) -> ProviderStatement:
    """Save a statement with the lines of its CSV `text` (header: sku, metric, quantity, cost), all or nothing.

    Raises Invalid, naming the lines that can't be read, and Conflict when the provider's number is known already.
    """
    lines = read_lines(text)
    if head.ends_at <= head.starts_at:
        raise Invalid("The statement ends before it starts.")
    try:
        with transaction.atomic():
            statement = ProviderStatement.objects.create(**{name: getattr(head, name) for name in head.__slots__})
    except IntegrityError as error:
        raise Conflict(f"Statement {head.number} of {head.provider} has been imported before.") from error
    ProviderStatementLine.objects.bulk_create(
        ProviderStatementLine(statement=statement, sku=line.sku, metric=line.metric, quantity=line.quantity, cost=line.cost)
        for line in lines
    )
    return statement


def read_lines(text: str) -> list[BilledLine]:
    """The lines of a statement's CSV. Raises Invalid with the first ten things that are wrong, by line."""
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    if missing := set(COLUMNS) - {(name or "").strip().lower() for name in rows.fieldnames or ()}:
        raise Invalid(f"The file's first line lacks {', '.join(sorted(missing))}.")
    rows.fieldnames = [(name or "").strip().lower() for name in rows.fieldnames or ()]
    lines: list[BilledLine] = []
    wrong: list[str] = []
    for number, row in _numbered(rows):
        try:
            lines.append(_line({name: (row[name] or "").strip() for name in COLUMNS}))
        except ValueError as error:
            wrong.append(f"line {number}: {error}")
    wrong += _repeated(lines)
    if wrong or not lines:
        raise Invalid("; ".join(wrong[:_MOST_SHOWN]) or "The file has no lines.")
    return lines


def _numbered(rows: csv.DictReader[str]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        for row in rows:
            if rows.line_num > MOST_LINES + 1:
                raise Invalid(f"More than {MOST_LINES} lines.")
            yield rows.line_num, row
    except csv.Error as error:
        raise Invalid(f"line {rows.line_num}: {error}") from error


def _line(row: dict[str, str]) -> BilledLine:
    if len(row["sku"]) > 80:
        raise ValueError("the sku is longer than 80 characters")
    return BilledLine(sku=row["sku"], metric=_metric(row["metric"]), quantity=_quantity(row["quantity"]), cost=_cost(row["cost"]))


def _metric(text: str) -> Metric:
    if text not in Metric.values:
        raise ValueError(f"there is no metric {text!r}")
    return Metric(text)


def _quantity(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text[:20]) > _MOST_QUANTITY:
        raise ValueError(f"the quantity {text[:30]!r} is no whole number of the metric's smallest unit")
    return int(text)


def _cost(text: str) -> Decimal:
    try:
        cost = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"the cost {text[:30]!r} is no number") from error
    if not cost.is_finite() or not 0 <= cost < _MOST_COST or -int(cost.as_tuple().exponent) > 10:
        raise ValueError(f"the cost {text[:30]!r} is below 0, too large, or has more than ten places")
    return cost


def _repeated(lines: list[BilledLine]) -> list[str]:
    seen: set[tuple[str, Metric]] = set()
    twice = []
    for line in lines:
        key = (line.sku, line.metric)
        if key in seen:
            twice.append(f"{line.sku or 'no sku'} and {line.metric.value} stand there more than once")
        seen.add(key)
    return twice
