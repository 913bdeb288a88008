"""Plans and rates as operators change them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User, Workspace
from accounts.tenancy import workspace_scope
from quotas.models import OperatorEntry, Plan, PlanAllowance, ProviderRate
from quotas.overview import offered_plans
from tests.operator.test_operations import WHY, carry_out, customer, told
from tests.quotas.billing.bills import Sold, offer, put_on

__all__ = ["customer"]  # a fixture
pytestmark = pytest.mark.django_db
HOME = f"/{settings.ADMIN_PATH}"
RATE = {
    "provider": "voices", "sku": "", "metric": "tts_characters", "unit_cost": "0.03", "unit_size": "1000", "rounding_step": "1",
    "minimum": "0", "currency": "EUR", "valid_from_0": "2026-01-01", "valid_from_1": "00:00", "valid_to_0": "", "valid_to_1": "",
}  # fmt: skip


def test_it_adds_a_rate_and_gives_it_an_end(olga: User, olga_client: Client) -> None:
    assert olga_client.post(f"{HOME}quotas/providerrate/add/", RATE | {"reason": WHY}).status_code == 302
    rate = ProviderRate.objects.get()
    assert told("rate_added", olga, None).data["after"]["unit_cost"] == "0.03"
    address = f"{HOME}quotas/providerrate/{rate.pk}/change/"
    changed = {"valid_to_0": "2026-06-01", "valid_to_1": "00:00:00", "unit_cost": "99", "reason": WHY}
    assert olga_client.post(address, changed).status_code == 302
    rate.refresh_from_db()
    assert (rate.unit_cost, rate.valid_to is None) == (Decimal("0.03"), False)
    assert OperatorEntry.objects.filter(action="operator.rate_changed", actor=olga, reason=WHY).exists()


def test_it_refuses_rates_without_reason_that_overlap_or_can_not_be_passed_on(olga_client: Client) -> None:
    add = f"{HOME}quotas/providerrate/add/"
    assert olga_client.post(add, RATE).status_code == 200
    assert not ProviderRate.objects.exists()
    assert olga_client.post(add, RATE | {"reason": WHY}).status_code == 302
    assert olga_client.post(add, RATE | {"reason": WHY, "valid_from_0": "2026-03-01"}).status_code == 200
    offer(stt_ms=Sold(markup_bp=1000))
    assert olga_client.post(add, RATE | {"reason": WHY, "metric": "stt_ms", "currency": "USD"}).status_code == 200
    assert ProviderRate.objects.count() == OperatorEntry.objects.count() == 1


def plan_form(plan: Plan, **changes: Any) -> dict[str, Any]:
    row = PlanAllowance.objects.get(plan=plan)
    fields = {name: getattr(plan, name) for name in ("code", "version", "name", "currency", "base_price_minor", "interval")}
    formset = {"TOTAL_FORMS": 1, "INITIAL_FORMS": 1}
    own = {"id": row.pk, "plan": plan.pk, "metric": row.metric, "included": 2_000, "overage": "charge", "pricing": "unit"}
    own |= {"unit_price": row.unit_price, "unit_size": 10, "markup_bp": 0}
    rows = {f"allowances-{name}": value for name, value in formset.items()} | {f"allowances-0-{k}": v for k, v in own.items()}
    return fields | {"trial_days": 0, "grace_days": 14, "reason": WHY} | rows | changes


def test_it_edits_a_plan_until_somebody_is_on_it(olga: User, olga_client: Client, workspace: Workspace) -> None:
    plan = offer(avatar_ms=Sold())
    address = f"{HOME}quotas/plan/{plan.pk}/change/"
    assert olga_client.post(address, plan_form(plan, name="Renamed")).status_code == 302
    plan.refresh_from_db()
    assert (plan.name, PlanAllowance.objects.get(plan=plan).included) == ("Renamed", 2_000)
    told("plan_changed", olga, None)
    put_on(workspace, plan)
    assert olga_client.get(address).status_code == 200
    assert olga_client.post(address, plan_form(plan, name="Again")).status_code == 403
    plan.refresh_from_db()
    assert (plan.name, OperatorEntry.objects.count()) == ("Renamed", 1)


def test_it_refuses_a_plan_in_a_currency_without_hundredths(olga_client: Client) -> None:
    plan = offer(avatar_ms=Sold())
    answer = olga_client.post(f"{HOME}quotas/plan/{plan.pk}/change/", plan_form(plan, currency="JPY"))
    assert "not divided into hundredths" in answer.content.decode()
    plan.refresh_from_db()
    assert plan.currency == "EUR"


def test_it_makes_a_new_version_and_offers_it(olga: User, olga_client: Client, workspace: Workspace) -> None:
    plan = offer(avatar_ms=Sold())
    put_on(workspace, plan)
    assert carry_out(olga_client, f"quotas/plan/{plan.pk}", "plan_version_added") == 302
    made = Plan.objects.get(code=plan.code, version=2)
    told("plan_version_added", olga, None)
    assert (made.base_price_minor, made.is_public) == (plan.base_price_minor, False)
    terms = ("metric", "included", "overage", "unit_price", "unit_size")
    assert list(made.allowances.values_list(*terms)) == list(plan.allowances.values_list(*terms))
    assert carry_out(olga_client, f"quotas/plan/{made.pk}", "plan_offered") == 302
    assert carry_out(olga_client, f"quotas/plan/{plan.pk}", "plan_withdrawn") == 302
    assert list(Plan.objects.filter(code=plan.code, is_public=True)) == [made]
    assert OperatorEntry.objects.filter(action="operator.plan_withdrawn", actor=olga, reason=WHY).exists()


def test_it_offers_a_new_version_only_when_it_is_made_public(olga_client: Client, customer: Workspace) -> None:
    plan = offer(base=7_700, avatar_ms=Sold())
    carry_out(olga_client, f"quotas/plan/{plan.pk}", "plan_version_added")
    made = Plan.objects.get(code=plan.code, version=2)
    with workspace_scope(customer.pk):
        assert plan in offered_plans()
        assert made not in offered_plans()
    carry_out(olga_client, f"quotas/plan/{made.pk}", "plan_offered")
    with workspace_scope(customer.pk):
        assert made in offered_plans()
        assert plan not in offered_plans()
