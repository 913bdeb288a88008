"""Money, quantities and prices as invoices print them: exact, so that a reader can check each line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Context, Decimal, Inexact
from typing import Final

from quotas.metrics import Metric

_SIGNS = {"EUR": "€", "USD": "$", "GBP": "£"}
_MINUS = "−"
_EXACT: Final = Context(prec=60, traps=[Inexact])
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class _Pack:
    """The amount of a unit by which people speak of its price."""

    size: int
    name: str


_PACKS = {
    "ms": _Pack(60_000, "min"),
    "characters": _Pack(1_000, "1,000 characters"),
    "tokens": _Pack(1_000_000, "1,000,000 tokens"),
}


def money(minor: int, currency: str) -> str:
    """Minor units as money: €1,234.50, −€0.99, CHF 12.00."""
    return f"{_MINUS if minor < 0 else ''}{_priced(Decimal(abs(minor)).scaleb(-2), currency)}"


def quantity(amount: int, metric: str) -> str:
    """An amount of a metric: 12:34:56.789 h, 20,000 characters; without a metric the number alone."""
    if not metric:
        return f"{amount:,}" if amount else ""
    unit = Metric(metric).unit
    return f"{_clock(amount)} h" if unit == "ms" else f"{amount:,} {unit}"


def unit_price(price: Decimal | None, size: int, metric: str, currency: str) -> str:
    """The price of a natural amount: €0.12 / min. Where that has no exact decimal, the price as it was agreed."""
    if price is None:
        return ""
    if not metric:
        return _priced(price.scaleb(-2), currency)
    unit = Metric(metric).unit
    pack = _PACKS.get(unit, _Pack(1, unit))
    try:
        return f"{_priced(_EXACT.divide(price * pack.size, Decimal(size)).scaleb(-2), currency)} / {pack.name}"
    except Inexact:
        return f"{_priced(price.scaleb(-2), currency)} / {size:,} {unit}"


def rate(bp: int) -> str:
    """A rate in hundredths of a percent: 19 %, 7.75 %."""
    return f"{_plain(Decimal(bp).scaleb(-2), 0)} %"


def day(moment: datetime) -> str:
    """A date (UTC): 20 November 2026."""
    return f"{moment.day} {moment:%B %Y}"


def span(starts_at: datetime | None, ends_at: datetime | None) -> str:
    """The first and the last day (UTC) of a period: 1 Nov 2026 – 30 Nov 2026."""
    if starts_at is None or ends_at is None:
        return ""
    last = ends_at - timedelta(microseconds=1)
    return f"{starts_at.day} {starts_at:%b %Y} – {last.day} {last:%b %Y}"


def _priced(major: Decimal, currency: str) -> str:
    sign = _SIGNS.get(currency)
    return f"{sign}{_plain(major, 2)}" if sign else f"{currency} {_plain(major, 2)}"


def _plain(value: Decimal, least_places: int) -> str:
    """With as many places as it needs, at least `least_places`; never an exponent."""
    places = max(least_places, -int(value.normalize().as_tuple().exponent))
    return f"{value:,.{places}f}"


def _clock(ms: int) -> str:
    sign, ms = (_MINUS, -ms) if ms < 0 else ("", ms)
    hours, rest = divmod(ms, _HOUR_MS)
    return f"{sign}{hours:,}:{rest // 60_000:02}:{rest // 1000 % 60:02}.{ms % 1000:03}"
