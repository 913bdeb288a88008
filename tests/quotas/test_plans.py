"""Plans are seeded once and versioned; the database refuses plans that make no sense."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas import plans
from quotas.metrics import Metric
from quotas.models import Overage, Plan, PlanAllowance
from quotas.periods import subscription_of
from quotas.plans import OFFERS, current_plan, seed_plans
from tests.quotas.factories import plan, subscribe

pytestmark = pytest.mark.django_db


CODES = {"free", "starter", "starter-yearly", "pro", "pro-yearly", "enterprise"}


def test_it_seeds_every_offer_with_every_metric_and_repeats_harmlessly(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("seed_plans")
    call_command("seed_plans")
    assert "6 plans written" in capsys.readouterr().out
    assert set(Plan.objects.values_list("code", flat=True)) == CODES
    assert PlanAllowance.objects.count() == len(OFFERS) * len(Metric)
    assert set(PlanAllowance.objects.filter(plan__code="enterprise").values_list("included", flat=True)) == {None}
    assert not Plan.objects.get(code="enterprise").is_public


def test_it_offers_more_on_dearer_plans_at_lower_prices() -> None:
    free, starter, _, pro, *_ = OFFERS
    for smaller, larger in ((free, starter), (starter, pro)):
        assert smaller.price_minor < larger.price_minor
        assert all((smaller.included[metric] or 0) < (larger.included[metric] or 0) for metric in Metric)
    assert not free.prices
    assert all(pro.prices[metric].unit_price < starter.prices[metric].unit_price for metric in starter.prices)


def test_it_sells_a_year_for_ten_months_with_the_use_of_twelve() -> None:
    seed_plans()
    month, year = current_plan("starter"), current_plan("starter-yearly")
    assert (year.base_price_minor, year.interval) == (10 * month.base_price_minor, "year")
    for metric, times in (("avatar_ms", 12), ("concurrent_sessions", 1)):
        a_month, a_year = month.allowances.get(metric=metric), year.allowances.get(metric=metric)
        assert a_month.included is not None
        assert a_year.included == times * a_month.included


def test_it_charges_a_minute_of_avatar_time_by_its_milliseconds_up_to_a_ceiling() -> None:
    row = current_plan("starter").allowances.get(metric="avatar_ms")
    assert (row.overage, row.unit_price, row.unit_size) == ("charge", Decimal(10), 60_000)
    assert row.hard_limit == 5 * 36_000_000


def test_it_writes_a_changed_offer_as_a_new_version_and_leaves_subscribers_on_theirs(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with workspace_scope(workspace.pk):
        before = subscription_of(workspace.pk).plan
    monkeypatch.setattr(plans, "OFFERS", (replace(OFFERS[0], price_minor=1_00), *OFFERS[1:]))
    (written,) = seed_plans()
    assert (written.code, written.version) == ("free", 2)
    assert current_plan("free") == written
    assert seed_plans() == []
    with workspace_scope(workspace.pk):
        assert subscription_of(workspace.pk).plan == before


def test_it_leaves_the_operators_own_version_the_newest_once_it_is_on_offer() -> None:
    seed_plans()
    former = current_plan("pro")
    dearer = Plan.objects.create(code="pro", version=2, name="Pro", base_price_minor=399_00, is_public=False)
    assert seed_plans() == []
    assert current_plan("pro") == former
    Plan.objects.filter(pk=dearer.pk).update(is_public=True)
    assert current_plan("pro") == dearer


def test_it_does_not_bring_back_an_offer_that_was_withdrawn() -> None:
    seed_plans()
    Plan.objects.filter(code="starter").update(is_public=False)
    assert seed_plans() == []


@pytest.mark.parametrize("changes", [{"base_price_minor": 1}, {"name": "Other"}, {"trial_days": 90}, {"code": "other"}])
def test_it_refuses_to_change_a_plan_that_somebody_is_on(workspace: Workspace, changes: dict[str, object]) -> None:
    subscribed = subscribe(workspace, avatar_ms=1).plan
    before = Plan.objects.filter(pk=subscribed.pk).values().get()
    with pytest.raises(IntegrityError, match="make a new version"), transaction.atomic():
        Plan.objects.filter(pk=subscribed.pk).update(**changes)
    assert Plan.objects.filter(pk=subscribed.pk).values().get() == before


def test_it_refuses_to_change_add_or_drop_allowances_that_somebody_has(workspace: Workspace) -> None:
    subscribed = subscribe(workspace, avatar_ms=1).plan
    rows = PlanAllowance.objects.filter(plan=subscribed)
    with pytest.raises(IntegrityError, match="make a new version"), transaction.atomic():
        rows.update(included=2)
    with pytest.raises(IntegrityError, match="make a new version"), transaction.atomic():
        rows.delete()
    with pytest.raises(IntegrityError, match="make a new version"), transaction.atomic():
        PlanAllowance.objects.create(plan=subscribed, metric="stt_ms", included=1)
    assert [row.included for row in rows] == [1]


def test_it_lets_a_plan_be_withdrawn_and_one_that_nobody_is_on_be_changed(workspace: Workspace) -> None:
    subscribed, free_to_change = subscribe(workspace, avatar_ms=1).plan, plan({"avatar_ms": 1})
    Plan.objects.filter(pk=subscribed.pk).update(is_public=False)
    Plan.objects.filter(pk=free_to_change.pk).update(base_price_minor=5)
    free_to_change.allowances.update(included=2)
    assert not Plan.objects.get(pk=subscribed.pk).is_public
    assert Plan.objects.get(pk=free_to_change.pk).base_price_minor == 5


def test_it_stops_at_what_is_included_or_where_charging_stops() -> None:
    blocked = plan({"avatar_ms": 10}).allowances.get()
    charged = plan({"avatar_ms": 10}, overage=Overage.CHARGE, ceiling=50).allowances.get()
    unlimited = plan({"avatar_ms": 10}, overage=Overage.CHARGE).allowances.get()
    assert (blocked.hard_limit, charged.hard_limit, unlimited.hard_limit) == (10, 50, None)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"included": -1}, "plan_included_not_negative"),
        ({"included": 10, "ceiling": 9}, "plan_ceiling_above_included"),
        ({"overage": "charge"}, "plan_charge_has_price"),
        ({"overage": "charge", "unit_price": Decimal(-1)}, "plan_charge_has_price"),
        ({"unit_size": 0}, "plan_unit_size_positive"),
    ],
)
def test_it_refuses_impossible_plans(fields: dict[str, object], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        PlanAllowance.objects.create(plan=plan({}), metric="avatar_ms", **fields)
    assert not PlanAllowance.objects.exists()
