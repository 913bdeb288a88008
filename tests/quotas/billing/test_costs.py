"""What a use costs: the formula, whose rate is valid when, what is frozen, and what of it is passed through."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Workspace
from quotas.billing.costs import (
    CurrencyMismatch,
    Priceable,
    check_pass_through,
    check_rate_currency,
    cost_of,
    pass_through_of,
    priced,
    priced_each,
)
from quotas.entering import backfill
from quotas.metrics import Metric
from quotas.models import (
    Allowance,
    BillingPeriod,
    EntryKind,
    Overage,
    Plan,
    PlanAllowance,
    Pricing,
    ProviderRate,
    Subscription,
    UsageEntry,
)
from quotas.periods import open_period
from quotas.services import release, renew, settle
from tests.quotas.factories import LEASE, plan, subscribe, take, usage, utc

pytestmark = pytest.mark.django_db
NEW_YEAR = utc(2026, 1, 1)
MOST = 9_999_999_999  # that the ledger can keep


def rate(**changes: Any) -> ProviderRate:
    """A saved rate: speech of `voices`, 0.03 a thousand characters, since 2026, unless told otherwise."""
    fields = {"provider": "voices", "metric": Metric.TTS_CHARACTERS, "unit_cost": Decimal("0.03"), "unit_size": 1000}
    return ProviderRate.objects.create(**(fields | {"valid_from": NEW_YEAR} | changes))


def speech(at: datetime, **changes: Any) -> Any:
    return usage(**({"provider": "voices", "occurred_at": at} | changes))


def cost_at(at: datetime, metric: Metric = Metric.TTS_CHARACTERS, **changes: Any) -> Decimal | None:
    """Of a thousand, used at that moment; None where no rate holds."""
    return priced(speech(at, **changes), metric, 1000).provider_cost


def test_it_computes_a_cost_by_unit_step_and_minimum() -> None:
    assert cost_of(1500, rate(sku="plain")) == Decimal("0.045")
    stepped = rate(sku="stepped", rounding_step=1000)
    assert [cost_of(q, stepped) for q in (1, 1000, 1001)] == [Decimal("0.03"), Decimal("0.03"), Decimal("0.06")]
    at_least = rate(sku="least", minimum=500)
    assert [cost_of(q, at_least) for q in (1, 500, 501)] == [Decimal("0.015"), Decimal("0.015"), Decimal("0.01503")]


def test_it_costs_nothing_to_use_nothing_and_refuses_less() -> None:
    with_minimum = rate(minimum=500)
    assert cost_of(0, with_minimum) == 0
    with pytest.raises(ValueError, match="negative"):
        cost_of(-1, with_minimum)


@given(
    quantity=st.integers(1, 10**15),
    unit_cost=st.decimals(0, 1000, places=12),
    unit_size=st.sampled_from([1, 7, 1000, 3_600_000]),
    step=st.integers(1, 100_000),
    minimum=st.integers(0, 10**6),
)
def test_it_never_errs_by_more_than_half_of_the_last_place(
    quantity: int, unit_cost: Decimal, unit_size: int, step: int, minimum: int
) -> None:
    card = ProviderRate(unit_cost=unit_cost, unit_size=unit_size, rounding_step=step, minimum=minimum)
    billable = max(minimum, quantity + (-quantity) % step)
    if unit_cost * billable / unit_size >= MOST:
        assert cost_of(quantity, card) == MOST
        return
    numerator, denominator = unit_cost.as_integer_ratio()
    got, scale = cost_of(quantity, card).as_integer_ratio()
    # |got/scale − billable · numerator / (denominator · size)| ≤ ½ · 10⁻¹⁰, in whole numbers
    off = abs(got * denominator * unit_size - billable * numerator * scale)
    assert 2 * off * 10**10 <= scale * denominator * unit_size


def test_it_takes_a_rate_from_its_first_instant_until_just_before_its_last() -> None:
    february = utc(2026, 2, 1)
    rate(valid_to=february)
    rate(valid_from=february, unit_cost=Decimal("0.05"))
    instant = timedelta(microseconds=1)
    found = [cost_at(at) for at in (NEW_YEAR - instant, NEW_YEAR, february - instant, february)]
    assert found == [None, Decimal("0.03"), Decimal("0.03"), Decimal("0.05")]


def test_it_prefers_the_skus_own_rate_and_knows_no_other_providers() -> None:
    rate()
    rate(sku="hd", unit_cost=Decimal("0.07"))
    assert cost_at(NEW_YEAR, sku="hd") == Decimal("0.07")
    assert cost_at(NEW_YEAR, sku="new") == Decimal("0.03")
    assert cost_at(NEW_YEAR, sku="hd", provider="others") is None
    assert cost_at(NEW_YEAR, metric=Metric.STT_MS, sku="hd") is None


def test_it_refuses_rates_that_overlap() -> None:
    rate(valid_to=utc(2026, 3, 1))
    for valid_from, valid_to in ((utc(2026, 2, 28), None), (utc(2025, 1, 1), utc(2026, 1, 2))):
        with pytest.raises(IntegrityError, match="rate_no_overlap"), transaction.atomic():
            rate(valid_from=valid_from, valid_to=valid_to)
    rate(valid_from=utc(2025, 1, 1), valid_to=NEW_YEAR)
    assert ProviderRate.objects.count() == 2


def test_it_prices_each_by_the_moment_of_use_in_one_query(django_assert_num_queries: Any) -> None:
    rate(valid_to=utc(2026, 2, 1))
    rate(valid_from=utc(2026, 2, 1), unit_cost=Decimal("0.05"))
    items = [Priceable(usage=speech(at), metric=Metric.TTS_CHARACTERS, quantity=1000) for at in (NEW_YEAR, utc(2026, 2, 1))]
    with django_assert_num_queries(1):
        costs = priced_each(items)
    assert [(each.provider_cost, each.provider_currency, each.cost_is_estimate) for each in costs] == [
        (Decimal("0.03"), "EUR", True),
        (Decimal("0.05"), "EUR", True),
    ]


def test_it_leaves_what_has_no_rate_no_provider_or_its_cost_already() -> None:
    rate()
    told = speech(NEW_YEAR, provider_cost=Decimal(7), provider_currency="USD")
    for attributes in (speech(NEW_YEAR, provider="others"), usage(), told, speech(utc(2025, 1, 1))):
        assert priced(attributes, Metric.TTS_CHARACTERS, 1000) is attributes
    nothing = speech(NEW_YEAR)
    assert priced(nothing, Metric.TTS_CHARACTERS, 0) is nothing


def settled(quantity: int, attributes: Any, metric: Metric = Metric.TTS_CHARACTERS) -> UsageEntry:
    """Use `quantity` and return its line of the ledger."""
    hold = take(quantity, metric=metric)
    settle(hold_id=hold.id, used=quantity, sequence=1, usage=attributes)
    return UsageEntry.objects.get(reservation=hold.id)


def test_it_keeps_an_entrys_cost_when_the_rate_changes(in_workspace: UUID) -> None:
    card = rate()
    entry = settled(2000, speech(timezone.now()))
    ProviderRate.objects.filter(pk=card.pk).update(unit_cost=Decimal(9))
    later = settled(2000, speech(timezone.now()))
    entry.refresh_from_db()
    assert (entry.provider_cost, entry.cost_is_estimate) == (Decimal("0.06"), True)
    assert later.provider_cost == Decimal(18)


def test_it_settles_what_has_no_rate_without_a_cost(in_workspace: UUID) -> None:
    entry = settled(2000, speech(timezone.now()))
    assert (entry.quantity, entry.provider, entry.provider_cost) == (2000, "voices", None)


@pytest.fixture
def unlimited(workspace: Workspace) -> None:
    subscribe(workspace, tts_characters=None)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    quantity=st.integers(1, 10**9),
    unit_cost=st.decimals(0, 10**6, places=12),
    unit_size=st.sampled_from([1, 7, 1000, 3_600_000]),
    step=st.integers(1, 100_000),
    minimum=st.integers(0, 10**6),
)
def test_it_settles_at_the_very_cost_of_the_formula(
    unlimited: None, in_workspace: UUID, quantity: int, unit_cost: Decimal, unit_size: int, step: int, minimum: int
) -> None:
    at, sku = timezone.now(), str(uuid4())
    card = rate(sku=sku, unit_cost=unit_cost, unit_size=unit_size, rounding_step=step, minimum=minimum)
    entry = settled(quantity, speech(at, sku=sku))
    assert entry.provider_cost == cost_of(quantity, card)
    assert priced(speech(at, sku=sku), Metric.TTS_CHARACTERS, quantity).provider_cost == entry.provider_cost


def test_it_settles_by_the_rate_of_the_moment_of_use(in_workspace: UUID) -> None:
    now = timezone.now()
    hour_ago, instant = now - timedelta(hours=1), timedelta(microseconds=1)
    rate(valid_to=hour_ago)
    rate(valid_from=hour_ago, unit_cost=Decimal("0.05"))
    rate(sku="hd", unit_cost=Decimal(1))
    costs = [settled(1000, speech(at)).provider_cost for at in (hour_ago - instant, hour_ago, now)]
    assert costs == [Decimal("0.03"), Decimal("0.05"), Decimal("0.05")]
    assert [settled(1000, speech(now, sku=sku)).provider_cost for sku in ("hd", "sd")] == [Decimal(1), Decimal("0.05")]


def test_it_prices_each_step_of_a_hold_once(in_workspace: UUID) -> None:
    rate(minimum=500)
    hold = take(5000, metric=Metric.TTS_CHARACTERS)
    for _ in range(2):
        renew(hold_id=hold.id, used=1000, sequence=1, next_amount=4000, lease=LEASE, usage=speech(timezone.now()))
    settle(hold_id=hold.id, used=0, sequence=2, usage=speech(timezone.now()))
    release(hold_id=hold.id, used=100, sequence=3, usage=speech(timezone.now()))
    entries = UsageEntry.objects.filter(reservation=hold.id).order_by("id")
    assert [entry.provider_cost for entry in entries] == [Decimal("0.03"), Decimal("0.015")]


def test_it_keeps_a_cost_that_the_caller_knows(in_workspace: UUID) -> None:
    rate()
    entry = settled(1000, speech(timezone.now(), provider_cost=Decimal(7), provider_currency="USD"))
    assert (entry.provider_cost, entry.provider_currency, entry.cost_is_estimate) == (Decimal(7), "USD", False)


def test_it_prices_what_is_backfilled(in_workspace: UUID) -> None:
    rate()
    now = timezone.now()
    open_period(in_workspace, now)
    backfill(metric=Metric.TTS_CHARACTERS, quantity=1000, event_id="1", usage=speech(now))
    assert UsageEntry.objects.get().provider_cost == Decimal("0.03")


def cost_plus(included: int) -> Allowance:
    """The scope's workspace's spoken characters of now, passed on above `included`."""
    offer = plan({})
    PlanAllowance.objects.create(
        plan=offer,
        metric=Metric.TTS_CHARACTERS,
        included=included,
        overage=Overage.CHARGE,
        pricing=Pricing.COST_PLUS,
        markup_bp=2000,
    )
    now = timezone.now()
    subscription = Subscription.objects.create(plan=offer, anchor_at=now)
    period = BillingPeriod.objects.create(
        subscription=subscription, plan=offer, starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=1)
    )
    return Allowance.objects.create(period=period, metric=Metric.TTS_CHARACTERS, included=included, overage=Overage.CHARGE)


def test_it_passes_on_the_share_of_the_cost_above_what_is_free(in_workspace: UUID) -> None:
    rate()
    allowance = cost_plus(included=1000)
    Allowance.objects.filter(pk=allowance.pk).update(granted=500)
    settled(4000, speech(timezone.now()))
    allowance.refresh_from_db()
    passed = pass_through_of(allowance)
    assert (passed.cost, passed.currency, passed.charged, passed.used) == (Decimal("0.12"), "EUR", 2500, 4000)


def test_it_bears_the_cost_of_overrun_itself(in_workspace: UUID) -> None:
    rate()
    allowance = cost_plus(included=1000)
    Allowance.objects.filter(pk=allowance.pk).update(ceiling=2000)
    hold = take(2000, metric=Metric.TTS_CHARACTERS)
    settle(hold_id=hold.id, used=4000, sequence=1, usage=speech(timezone.now()))
    allowance.refresh_from_db()
    passed = pass_through_of(allowance)
    assert (allowance.settled, allowance.overrun) == (2000, 2000)
    assert (passed.cost, passed.charged, passed.used) == (Decimal("0.12"), 1000, 4000)


def test_it_leaves_what_came_late_out_of_the_average(in_workspace: UUID) -> None:
    rate()
    allowance = cost_plus(included=1000)
    entry = settled(4000, speech(timezone.now()))
    entry.pk, entry.kind, entry.provider_cost, entry._state.adding = uuid4(), EntryKind.LATE, Decimal(50), True
    entry.save()
    allowance.refresh_from_db()
    assert pass_through_of(allowance).cost == Decimal("0.12")


def test_it_refuses_to_pass_on_costs_in_another_currency(in_workspace: UUID) -> None:
    rate(currency="USD")
    allowance = cost_plus(included=0)
    assert pass_through_of(allowance).cost == 0
    settled(1000, speech(timezone.now()))
    allowance.refresh_from_db()
    with pytest.raises(CurrencyMismatch, match="costs in USD, prices in EUR"):
        pass_through_of(allowance)


def test_it_refuses_the_mismatch_when_plan_and_rate_are_made(in_workspace: UUID) -> None:
    cost_plus(included=0)
    offer = Plan.objects.get(code__startswith="test-")
    check_rate_currency(metric=Metric.TTS_CHARACTERS, currency="EUR")
    check_rate_currency(metric=Metric.STT_MS, currency="USD")
    with pytest.raises(CurrencyMismatch, match="the rate is in USD"):
        check_rate_currency(metric=Metric.TTS_CHARACTERS, currency="USD")
    check_pass_through(plan=offer, metric=Metric.TTS_CHARACTERS)
    rate(currency="USD")
    with pytest.raises(CurrencyMismatch, match="the plan in EUR"):
        check_pass_through(plan=offer, metric=Metric.TTS_CHARACTERS)
