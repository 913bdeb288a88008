"""The lines of an invoice, before it is one: what was used, what comes next, what waited. Nothing is written here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from quotas.billing.costs import pass_through_of
from quotas.billing.pricing import cost_plus_amount, overage_amount, prorated
from quotas.metrics import Metric
from quotas.models import (
    Allowance,
    BillingPeriod,
    LineKind,
    Overage,
    PendingLine,
    Pricing,
)

_RANKS = {metric.value: rank for rank, metric in enumerate(Metric)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What becomes an invoice line. `unit_price`: minor units for `unit_size`; None where the amount has no unit price."""

    kind: LineKind
    description: str
    amount_minor: int
    metric: str = ""
    quantity: int = 0
    unit_price: Decimal | None = None
    unit_size: int = 1
    starts_at: datetime | None = None
    ends_at: datetime | None = None


def use_lines(period: BillingPeriod, counters: Iterable[Allowance]) -> list[Line]:
    """For each metric that was used in `period`: what was free of charge, and what is charged."""
    used = sorted((row for row in counters if row.settled), key=lambda row: _RANKS[row.metric])
    return [line for row in used for line in _lines_of(row, period)]


def charged_of(row: Allowance, used: int) -> int:
    """How much of `used` is charged: what is above the included and the granted, where use above it is charged at all."""
    if row.overage == Overage.BLOCK or row.included is None:
        return 0
    return max(0, used - row.included - row.granted)


def price_of(row: Allowance, charged: int) -> int:
    """What `charged` units of this allowance cost in minor units, by its own prices. Raises CurrencyMismatch."""
    if row.pricing == Pricing.UNIT:
        return overage_amount(charged, row.unit_price or Decimal(0), row.unit_size)
    part = pass_through_of(row)
    return cost_plus_amount(part.cost, row.markup_bp, charged=charged, used=part.used)


def base_lines(following: BillingPeriod) -> list[Line]:
    """The base price of the period that follows, in advance; none where it costs nothing."""
    amount = following.base_price_minor
    if not amount:
        return []
    return [
        Line(
            kind=LineKind.BASE,
            description=f"{following.plan.name} plan",
            quantity=1,
            unit_price=Decimal(amount),
            amount_minor=amount,
            starts_at=following.starts_at,
            ends_at=following.ends_at,
        )
    ]


def change_lines(period: BillingPeriod, *, old_base_minor: int, new_base_minor: int, at: datetime) -> list[Line]:
    """The unused part of the old base price back, the rest of the period at the new one."""
    left, whole = _ms(period.ends_at - at), _ms(period.ends_at - period.starts_at)
    parts = (
        ("Unused part of the former plan", -old_base_minor),
        (f"{period.plan.name} plan, rest of the period", new_base_minor),
    )
    amounts = [(text, prorated(base, left, whole)) for text, base in parts]
    return [
        Line(kind=LineKind.PRORATION, description=text, quantity=1, amount_minor=amount, starts_at=at, ends_at=period.ends_at)
        for text, amount in amounts
        if amount
    ]


def line_of(waiting: PendingLine) -> Line:
    """A line that waited, as it goes onto an invoice."""
    return Line(
        kind=LineKind(waiting.kind),
        description=waiting.description,
        amount_minor=waiting.amount_minor,
        metric=waiting.metric,
        quantity=waiting.quantity,
        unit_price=waiting.unit_price,
        unit_size=waiting.unit_size,
        starts_at=waiting.starts_at,
        ends_at=waiting.ends_at,
    )


def _lines_of(row: Allowance, period: BillingPeriod) -> Iterator[Line]:
    charged = charged_of(row, row.settled)
    if free := row.settled - charged:
        yield _line(row, period, LineKind.USAGE, "included", quantity=free)
    if charged and row.pricing == Pricing.UNIT:
        yield _line(row, period, LineKind.OVERAGE, "above the included amount", quantity=charged, charged=True)
    elif charged:
        yield _line(row, period, LineKind.PASS_THROUGH, "at cost plus markup", quantity=charged, charged=True)


def _line(row: Allowance, period: BillingPeriod, kind: LineKind, what: str, *, quantity: int, charged: bool = False) -> Line:
    has_price = kind == LineKind.OVERAGE
    return Line(
        kind=kind,
        description=f"{Metric(row.metric).label}, {what}",
        metric=row.metric,
        quantity=quantity,
        unit_price=row.unit_price if has_price else None,
        unit_size=row.unit_size if has_price else 1,
        amount_minor=price_of(row, quantity) if charged else 0,
        starts_at=period.starts_at,
        ends_at=period.ends_at,
    )


def _ms(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)


def waiting_lines(workspaces: Sequence[UUID]) -> defaultdict[UUID, list[PendingLine]]:
    """By workspace what waits for its next invoice, oldest first; locked, so that two invoices can't take it."""
    rows = PendingLine.objects.select_for_update().filter(workspace_id__in=workspaces, invoice=None)
    waiting: defaultdict[UUID, list[PendingLine]] = defaultdict(list)
    for row in rows.order_by("created_at", "id"):
        waiting[row.workspace_id].append(row)
    return waiting
