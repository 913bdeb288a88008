"""GET /api/v1/usage: what a workspace may know about its own use, and nobody else's."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.metrics import Metric
from quotas.services import settle
from tests.people import MakeKey, api_client
from tests.quotas.factories import subscribe, take, usage

pytestmark = pytest.mark.django_db
URL = "/api/v1/usage"


def test_it_tells_what_is_used_held_and_left(workspace: Workspace, alice_api: APIClient) -> None:
    subscribe(workspace, avatar_ms=1000, concurrent_sessions=2, tts_characters=None)
    with workspace_scope(workspace.pk):
        take(1, metric=Metric.CONCURRENT_SESSIONS)
        settle(hold_id=take(600).id, used=205, sequence=1, usage=usage())
    body = alice_api.get(URL).json()
    assert body["plan"] == "Test"
    assert body["period_start"] < body["period_end"]
    sessions, time, characters = body["metrics"][:3]
    assert (sessions["metric"], sessions["limit"], sessions["used"], sessions["held"]) == ("concurrent_sessions", 2, 1, 0)
    assert sessions["resets_at"] is None
    assert time == {
        "metric": "avatar_ms",
        "unit": "ms",
        "limit": 1000,
        "used": 205,
        "held": 395,
        "remaining": 400,
        "percent": 20,
        "resets_at": body["period_end"],
    }
    assert (characters["limit"], characters["remaining"], characters["percent"]) == (None, None, 0)


def test_it_starts_a_fresh_workspace_on_the_free_plan(workspace: Workspace, alice_api: APIClient) -> None:
    body = alice_api.get(URL).json()
    assert body["plan"] == "Free"
    assert {row["metric"]: (row["limit"], row["used"]) for row in body["metrics"]} == {
        "concurrent_sessions": (2, 0),
        "avatar_ms": (30 * 60_000, 0),
        "tts_characters": (20_000, 0),
        "render_ms": (5 * 60_000, 0),
        "stt_ms": (3_600_000, 0),
        "storage_bytes": (1_000_000_000, 0),
        "avatars": (3, 0),
    }


def test_it_shows_a_stranger_only_his_own(workspace: Workspace, charlie_api: APIClient) -> None:
    with workspace_scope(workspace.pk):
        take(600)
    body = charlie_api.get(URL).json()
    assert all(row["used"] == row["held"] == 0 for row in body["metrics"])


def test_it_wants_the_scope(make_key: MakeKey, anonymous_api: APIClient) -> None:
    refused = api_client(make_key("sessions:read")).get(URL)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert api_client(make_key("usage:read")).get(URL).status_code == 200
    assert anonymous_api.get(URL).status_code == 401
    assert api_client(make_key("usage:read")).post(URL).status_code in {403, 405}
