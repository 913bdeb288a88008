"""GET /api/v1/usage?group_by=…: days, metrics, avatars and keys; what can't be asked is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.breakdown import utc_today
from quotas.metrics import Metric
from tests.quotas.factories import used

pytestmark = pytest.mark.django_db
URL = "/api/v1/usage"
KEY = UUID(int=5)


@pytest.fixture
def busy(workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        now = timezone.now()
        used(Metric.AVATAR_MS, 500, avatar="ada", at=now)
        used(Metric.AVATAR_MS, 300, avatar="bea", api_key_id=KEY, at=now)
        used(Metric.TTS_CHARACTERS, 40, avatar="ada", at=now - timedelta(days=1))


def days(first: int, last: int = 0) -> dict[str, str]:
    """The query of a span, in days before today."""
    today = utc_today()
    return {"from": str(today - timedelta(days=first)), "to": str(today - timedelta(days=last))}


def test_it_groups_by_day_and_metric(busy: None, alice_api: APIClient) -> None:
    body = alice_api.get(URL, {"group_by": "day,metric"} | days(5)).json()
    today, yesterday = days(0)["to"], days(0, 1)["to"]
    assert body == {
        **days(5),
        "group_by": ["day", "metric"],
        "next": None,
        "results": [
            {"day": yesterday, "metric": "tts_characters", "quantity": 40, "unit": "characters"},
            {"day": today, "metric": "avatar_ms", "quantity": 800, "unit": "ms"},
        ],
    }


def test_it_groups_by_avatar_and_key_of_one_metric(busy: None, alice_api: APIClient) -> None:
    rows = alice_api.get(URL, {"group_by": "avatar,key", "metric": "avatar_ms"} | days(1)).json()["results"]
    assert rows == [
        {"avatar": "ada", "key": None, "quantity": 500, "unit": "ms"},
        {"avatar": "bea", "key": str(KEY), "quantity": 300, "unit": "ms"},
    ]


@pytest.mark.parametrize(("name", "value"), [("avatar", "bea"), ("api_key", str(KEY))])
def test_it_filters(name: str, value: str, busy: None, alice_api: APIClient) -> None:
    rows = alice_api.get(URL, {"group_by": "metric", name: value}).json()["results"]
    assert rows == [{"metric": "avatar_ms", "quantity": 300, "unit": "ms"}]


def test_it_asks_about_the_period_up_to_today_unless_told(busy: None, alice_api: APIClient) -> None:
    period = alice_api.get(URL).json()["period_start"][:10]
    body = alice_api.get(URL, {"group_by": "metric"}).json()
    assert (body["from"], body["to"]) == (period, str(utc_today()))


def test_it_gives_a_page_at_a_time(workspace: Workspace, alice_api: APIClient) -> None:
    with workspace_scope(workspace.pk):
        for index in range(5):
            used(Metric.AVATAR_MS, 1 + index, avatar=f"ada-{index}")
    query: dict[str, Any] = {"group_by": "avatar", "metric": "avatar_ms", "limit": 2}
    answer = alice_api.get(URL, query)
    found, pages = answer.json()["results"], 1
    while url := answer.json()["next"]:
        assert answer.headers["Link"] == f'<{url}>; rel="next"'
        answer, pages = alice_api.get(url), pages + 1
        found += answer.json()["results"]
    assert [(row["avatar"], row["quantity"]) for row in found] == [(f"ada-{index}", 1 + index) for index in range(5)]
    assert pages == 3


@pytest.mark.parametrize(
    "query",
    [
        {"from": "2026-11-01"},
        {"metric": "avatar_ms"},
        {"group_by": "week"},
        {"group_by": "day,day", "metric": "avatar_ms"},
        {"group_by": "day"},
        {"group_by": ""},
        {"group_by": "metric", "metric": "concurrent_sessions"},
        {"group_by": "metric", "from": "2026-11-02", "to": "2026-11-01"},
        {"group_by": "metric", "from": "2020-11-02", "to": "2026-11-01"},
        {"group_by": "metric", "from": "yesterday"},
        {"group_by": "metric", "api_key": "5"},
        {"group_by": "metric", "limit": "0"},
        {"group_by": "metric", "limit": "1001"},
        {"group_by": "metric", "cursor": "nonsense"},
        {"group_by": "metric", "cursor": "WzFd"},
        {"groupby": "metric"},
    ],
)
def test_it_refuses_what_makes_no_sense(query: dict[str, str], busy: None, alice_api: APIClient) -> None:
    answer = alice_api.get(URL, query)
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")


def test_it_shows_a_stranger_nothing_of_it(busy: None, charlie_api: APIClient) -> None:
    assert charlie_api.get(URL, {"group_by": "metric"} | days(5)).json()["results"] == []
