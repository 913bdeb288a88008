"""The arithmetic of money. Pure: whole minor units and `Decimal` in, whole minor units out, each amount rounded once."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

# Prices have 20 digits, quantities 19, markups 5: no product or sum of ours is cut before it is rounded.
_EXACT = Context(prec=100)
_BP = 10_000
_MINOR_IN_MAJOR = 100


def rounded(amount: Decimal) -> int:
    """Whole minor units, half away from zero. The one rule of rounding (docs/billing.md)."""
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP, context=_EXACT))


def overage_amount(quantity: int, unit_price: Decimal, unit_size: int) -> int:
    """What `quantity` costs at `unit_price` minor units for each `unit_size`."""
    return _rounded_ratio(_EXACT.multiply(Decimal(quantity), unit_price), unit_size)


def cost_plus_amount(cost: Decimal, markup_bp: int, *, charged: int, used: int) -> int:
    """The share `charged` of `used` in what a provider took (`cost`, major units), plus the markup."""
    if used <= 0:
        return 0
    marked_up = _EXACT.multiply(cost, Decimal(_MINOR_IN_MAJOR * (_BP + markup_bp) * charged))
    return _rounded_ratio(marked_up, _BP * used)


def prorated(base_minor: int, left_ms: int, whole_ms: int) -> int:
    """The part of a base price that falls on `left_ms` of a period of `whole_ms`."""
    if not 0 <= left_ms <= whole_ms or whole_ms <= 0:
        raise ValueError("What is left can't be more than the whole period.")
    return _rounded_ratio(Decimal(base_minor * left_ms), whole_ms)


def tax(subtotal: int, rate_bp: int) -> int:
    """Tax on a whole invoice, at a rate in hundredths of a percent."""
    return _rounded_ratio(Decimal(subtotal * rate_bp), _BP)


def _rounded_ratio(numerator: Decimal, denominator: int) -> int:
    """Round `numerator / denominator` without dividing first: a quotient that is cut could round the wrong way."""
    sign, digits, exponent = numerator.as_tuple()
    whole = int("".join(map(str, digits)))
    scale = int(exponent)
    above, below = (whole * 10**scale, denominator) if scale >= 0 else (whole, denominator * 10**-scale)
    magnitude = (2 * above + below) // (2 * below)
    return -magnitude if sign else magnitude
