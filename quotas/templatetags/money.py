"""Template filters: money, prices, rates and periods in the words of the invoices (`quotas/billing/wording.py`)."""

from __future__ import annotations

from decimal import Decimal

from django import template

from quotas.billing import wording
from quotas.billing.drafting import Line
from quotas.models import BillingPeriod

register = template.Library()


@register.filter
def money(minor: int, currency: str) -> str:
    """1234 → €12.34."""
    return wording.money(minor, currency)


@register.filter
def rate(basis_points: int) -> str:
    """1900 → 19 %."""
    return wording.rate(basis_points)


@register.filter
def quantity_of(line: Line) -> str:
    """A line's quantity: 12:34:56.789 h."""
    return wording.quantity(line.quantity, line.metric)


@register.filter
def price_of(line: Line, currency: str) -> str:
    """A line's unit price: €0.12 / min."""
    return wording.unit_price(line.unit_price, line.unit_size, line.metric, currency)


@register.filter
def days(period: BillingPeriod) -> str:
    """1 Nov 2026 – 30 Nov 2026."""
    return wording.span(period.starts_at, period.ends_at)


def major(minor: int) -> Decimal:
    """1234 → 12.34, for an input."""
    return Decimal(minor).scaleb(-2)


def minor_of(amount: Decimal) -> int:
    """12.34 → 1234; the amount has two places at most."""
    return int(amount.scaleb(2))
