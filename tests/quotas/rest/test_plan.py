"""Plans and the subscription on the REST API: what is on offer, what a change costs, and the change, once."""

from __future__ import annotations

from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.billing.subscriptions import plan_change
from quotas.models import Invoice, Subscription
from tests.people import MakeKey, api_client

pytestmark = pytest.mark.django_db
URL = "/api/v1/subscription"


@pytest.fixture
def starter(workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        plan_change(plan_code="starter")


def test_it_lists_the_plans_with_their_prices(alice_api: APIClient) -> None:
    plans = alice_api.get("/api/v1/plans").json()["results"]
    assert [plan["code"] for plan in plans] == ["free", "starter", "pro", "starter-yearly", "pro-yearly"]
    (time,) = [row for row in plans[1]["allowances"] if row["metric"] == "avatar_ms"]
    assert time == {
        "metric": "avatar_ms",
        "unit": "ms",
        "included": 36_000_000,
        "overage": "charge",
        "pricing": "unit",
        "unit_price": "10.000000000000",
        "unit_size": 60_000,
        "markup_bp": 0,
        "ceiling": 180_000_000,
    }


def test_it_tells_the_plan(starter: None, alice_api: APIClient) -> None:
    body = alice_api.get(URL).json()
    assert (body["plan"]["code"], body["status"], body["base_price_minor"]) == ("starter", "active", 4900)
    assert (body["next_plan"], body["cancel_at"], body["is_trial"]) == (None, None, False)


def test_it_previews_without_changing(starter: None, alice_api: APIClient, workspace: Workspace) -> None:
    body = alice_api.get(f"{URL}/preview", {"plan": "pro"}).json()
    assert [line["kind"] for line in body["lines"]] == ["proration", "proration"]
    assert body["total_minor"] == body["subtotal_minor"] == sum(line["amount_minor"] for line in body["lines"])
    assert body["next_base_minor"] == 29_900
    with workspace_scope(workspace.pk):
        assert Subscription.objects.get().plan.code == "starter"
        assert Invoice.objects.count() == 1


def test_it_begins_with_the_trial_that_a_plan_has(alice_api: APIClient) -> None:
    body = alice_api.post(f"{URL}/change", {"plan": "pro"}, format="json").json()
    assert (body["plan"]["code"], body["status"], body["is_trial"]) == ("pro", "trialing", True)


def test_it_changes_once_however_often_it_is_asked(starter: None, alice_api: APIClient, workspace: Workspace) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    first = alice_api.post(f"{URL}/change", {"plan": "pro"}, format="json", headers=key)
    again = alice_api.post(f"{URL}/change", {"plan": "pro"}, format="json", headers=key)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.json() == again.json()
    assert alice_api.post(f"{URL}/change", {"plan": "free"}, format="json", headers=key).status_code == 422
    with workspace_scope(workspace.pk):
        assert Invoice.objects.filter(reason="change").count() == 2


def test_it_previews_the_way_back_to_the_free_plan(starter: None, alice_api: APIClient) -> None:
    body = alice_api.get(f"{URL}/preview", {"plan": "free"}).json()
    assert (body["plan"]["code"], body["total_minor"], body["next_base_minor"]) == ("free", 0, 0)
    assert body["effective_at"] == alice_api.get(URL).json()["period_end"]
    assert alice_api.get(URL).json()["cancel_at"] is None


def test_it_cancels_and_resumes(starter: None, alice_api: APIClient) -> None:
    body = alice_api.post(f"{URL}/cancel").json()
    assert body["cancel_at"] == body["period_end"]
    assert alice_api.post(f"{URL}/cancel").status_code == 409
    assert alice_api.post(f"{URL}/resume").json()["cancel_at"] is None
    assert alice_api.post(f"{URL}/resume").json()["code"] == "nothing_to_resume"


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 400), ({"plan": "enterprise"}, 404), ({"plan": "starter"}, 409), ({"plan": "pro", "now": True}, 400)],
)
def test_it_refuses_a_change_that_can_not_be(
    body: dict[str, object], status: int, starter: None, alice_api: APIClient, workspace: Workspace
) -> None:
    answer = alice_api.post(f"{URL}/change", body, format="json")
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    with workspace_scope(workspace.pk):
        assert Subscription.objects.get().plan.code == "starter"


def test_it_lets_a_key_read_without_letting_it_change(make_key: MakeKey, workspace: Workspace) -> None:
    reader = api_client(make_key("billing:read"))
    assert reader.get(URL).status_code == 200
    assert reader.post(f"{URL}/change", {"plan": "starter"}, format="json").status_code == 403
    with workspace_scope(workspace.pk):
        assert Subscription.objects.get().plan.code == "free"


def test_it_tells_what_may_be_used(starter: None, alice_api: APIClient) -> None:
    body = alice_api.get("/api/v1/entitlements").json()
    assert (body["plan"], body["status"], len(body["results"])) == ("starter", "active", 11)
    (time,) = [row for row in body["results"] if row["metric"] == "avatar_ms"]
    assert (time["included"], time["limit"], time["remaining"], time["is_available"]) == (
        36_000_000,
        180_000_000,
        180_000_000,
        True,
    )
