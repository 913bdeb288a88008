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
from tests.quotas.factories import plan

pytestmark = pytest.mark.django_db


def test_it_seeds_every_offer_with_every_metric_and_repeats_harmlessly(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("seed_plans")
    call_command("seed_plans")
    assert "4 plans written" in capsys.readouterr().out
    assert set(Plan.objects.values_list("code", flat=True)) == {"free", "starter", "pro", "enterprise"}
    assert PlanAllowance.objects.count() == len(OFFERS) * len(Metric)
    assert set(PlanAllowance.objects.filter(plan__code="enterprise").values_list("included", flat=True)) == {None}


def test_it_offers_more_on_dearer_plans() -> None:
    free, starter, pro, _ = OFFERS
    for smaller, larger in ((free, starter), (starter, pro)):
        assert smaller.price_minor < larger.price_minor
        assert all((smaller.included[metric] or 0) < (larger.included[metric] or 0) for metric in Metric)


def test_it_leaves_subscribers_on_their_version(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    with workspace_scope(workspace.pk):
        before = subscription_of(workspace.pk).plan
    monkeypatch.setattr(plans, "OFFERS", (replace(OFFERS[0], version=2),))
    (written,) = seed_plans()
    assert (written.code, written.version) == ("free", 2)
    assert current_plan("free") == written
    with workspace_scope(workspace.pk):
        assert subscription_of(workspace.pk).plan == before


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
