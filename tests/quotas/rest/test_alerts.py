"""Alerts, firings and the spend cap on the REST API."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.models import AlertFiring, AlertRule, SpendCap
from quotas.periods import open_period
from tests.quotas.factories import a_firing, utc

pytestmark = pytest.mark.django_db
ALERTS, CAP = "/api/v1/alerts", "/api/v1/spend-cap"
WISH = {"metric": "avatar_ms", "threshold_percent": 42, "by_webhook": False}


@pytest.fixture
def settled(workspace: Workspace) -> None:
    """The workspace has its default alerts."""
    with workspace_scope(workspace.pk):
        open_period(workspace.pk, utc(2026, 11, 20))


def test_it_lists_the_thresholds(settled: None, alice_api: APIClient) -> None:
    rows = alice_api.get(ALERTS).json()["results"]
    assert {row["threshold_percent"] for row in rows} == {50, 80, 100}
    assert {"spend_cap", "avatar_ms"} <= {row["metric"] for row in rows}


@pytest.mark.parametrize("metric", ["avatar_ms", "spend_cap"])
def test_it_makes_one_once_changes_and_deletes_it(metric: str, alice_api: APIClient, workspace: Workspace) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    made = alice_api.post(ALERTS, WISH | {"metric": metric}, format="json", headers=key)
    again = alice_api.post(ALERTS, WISH | {"metric": metric}, format="json", headers=key)
    assert (made.status_code, again.json()) == (201, made.json())
    url = f"{ALERTS}/{made.json()['id']}"
    changed = alice_api.patch(url, {"by_webhook": True}, format="json").json()
    assert (changed["metric"], changed["by_mail"], changed["by_webhook"]) == (metric, True, True)
    assert alice_api.get(url).json() == changed
    assert alice_api.delete(url).status_code == 204
    assert alice_api.get(url).status_code == 404
    with workspace_scope(workspace.pk):
        assert not AlertRule.objects.filter(threshold_percent=42).exists()


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"threshold_percent": 0}, 400), ({"threshold_percent": 80}, 409), ({"metric": ""}, 400), ({"more": 1}, 400)],
)
def test_it_refuses_what_makes_no_sense(
    changes: dict[str, Any], status: int, settled: None, alice_api: APIClient, workspace: Workspace
) -> None:
    with workspace_scope(workspace.pk):
        before = AlertRule.objects.count()
    answer = alice_api.post(ALERTS, WISH | changes, format="json")
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    with workspace_scope(workspace.pk):
        assert AlertRule.objects.count() == before


def test_it_tells_what_has_fired_and_takes_it_as_seen(alice_api: APIClient, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        firing = a_firing(metric="", threshold_percent=80)
    (row,) = alice_api.get(f"{ALERTS}/firings").json()["results"]
    assert (row["id"], row["metric"], row["threshold_percent"], row["seen_at"]) == (str(firing.pk), "spend_cap", 80, None)
    seen = alice_api.post(f"{ALERTS}/firings/{firing.pk}/seen").json()["seen_at"]
    assert seen is not None
    assert alice_api.post(f"{ALERTS}/firings/{firing.pk}/seen").json()["seen_at"] == seen


def test_it_sets_shows_and_removes_the_cap(alice_api: APIClient, workspace: Workspace) -> None:
    none = {"amount_minor": None, "action": None, "spent_minor": 0, "currency": "EUR"}
    assert alice_api.get(CAP).json() == none
    set_to = alice_api.put(CAP, {"amount_minor": 1250, "action": "notify"}, format="json").json()
    assert set_to == none | {"amount_minor": 1250, "action": "notify"}
    assert alice_api.delete(CAP).status_code == alice_api.delete(CAP).status_code == 204
    assert alice_api.get(CAP).json() == none


@pytest.mark.parametrize("body", [{}, {"amount_minor": -1}, {"amount_minor": 1, "action": "pause"}, {"amount_minor": "x"}])
def test_it_refuses_a_cap_that_is_none(body: dict[str, Any], alice_api: APIClient, workspace: Workspace) -> None:
    assert alice_api.put(CAP, body, format="json").status_code == 400
    with workspace_scope(workspace.pk):
        assert not SpendCap.objects.exists()


def test_it_shows_strangers_nothing(alice_api: APIClient, charlie_api: APIClient, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        firing = a_firing()
    assert charlie_api.get(f"{ALERTS}/firings").json()["results"] == []
    assert charlie_api.post(f"{ALERTS}/firings/{firing.pk}/seen").status_code == 404
    with workspace_scope(workspace.pk):
        assert AlertFiring.objects.get().seen_at is None
