"""Amounts against fractions: each is the exact value, rounded once, half away from zero."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotas.billing.pricing import cost_plus_amount, overage_amount, prorated, rounded, tax

QUANTITIES = st.integers(-(10**15), 10**15)
PRICES = st.decimals(0, 10_000_000, places=12)
MONEY = st.integers(-(10**12), 10**12)


def nearest(exact: Fraction) -> int:
    """Half away from zero, told by fractions alone."""
    magnitude = floor(abs(exact) + Fraction(1, 2))
    return -magnitude if exact < 0 else magnitude


@pytest.mark.parametrize(
    ("amount", "minor"),
    [("0.5", 1), ("-0.5", -1), ("1.5", 2), ("2.5", 3), ("-2.5", -3), ("0.499999999999", 0), ("-0.4", 0), ("7", 7)],
)
def test_it_rounds_half_away_from_zero(amount: str, minor: int) -> None:
    assert rounded(Decimal(amount)) == minor


@given(st.decimals(-(10**15), 10**15, places=12))
def test_it_rounds_to_the_nearest_minor_unit(amount: Decimal) -> None:
    assert rounded(amount) == nearest(Fraction(amount))


@given(QUANTITIES, PRICES, st.integers(1, 10**9))
def test_it_prices_units_exactly(quantity: int, price: Decimal, size: int) -> None:
    assert overage_amount(quantity, price, size) == nearest(Fraction(price) * quantity / size)


def test_it_does_not_round_a_quotient_before_it_is_an_amount() -> None:
    # 1/3 cut to any number of digits, times 1.5, is below a half; the exact value is a half.
    assert overage_amount(1, Decimal("1.5"), 3) == 1
    assert overage_amount(-1, Decimal("1.5"), 3) == -1


@given(MONEY, st.integers(1, 10**11), st.data())
def test_it_prorates_by_milliseconds(base: int, whole: int, data: st.DataObject) -> None:
    left = data.draw(st.integers(0, whole))
    assert prorated(base, left, whole) == nearest(Fraction(base * left, whole))


@given(MONEY, st.integers(1, 10**11))
def test_it_prorates_nothing_and_everything(base: int, whole: int) -> None:
    assert (prorated(base, 0, whole), prorated(base, whole, whole)) == (0, base)


@pytest.mark.parametrize(("left", "whole"), [(-1, 10), (11, 10), (0, 0)])
def test_it_refuses_a_part_that_is_not_of_the_period(left: int, whole: int) -> None:
    with pytest.raises(ValueError, match="whole period"):
        prorated(100, left, whole)


@given(MONEY, st.integers(0, 10_000))
def test_it_taxes_the_whole_invoice_once(subtotal: int, rate: int) -> None:
    assert tax(subtotal, rate) == nearest(Fraction(subtotal * rate, 10_000))
    assert tax(-subtotal, rate) == -tax(subtotal, rate)


@given(st.decimals(0, 10**9, places=10), st.integers(0, 100_000), st.integers(1, 10**12), st.data())
def test_it_charges_the_share_of_the_cost_plus_the_markup(cost: Decimal, markup: int, used: int, data: st.DataObject) -> None:
    charged = data.draw(st.integers(0, used))
    exact = Fraction(cost) * 100 * Fraction(charged, used) * (1 + Fraction(markup, 10_000))
    assert cost_plus_amount(cost, markup, charged=charged, used=used) == nearest(exact)


def test_it_charges_no_cost_where_nothing_was_used() -> None:
    assert cost_plus_amount(Decimal("9.99"), 2_000, charged=0, used=0) == 0
