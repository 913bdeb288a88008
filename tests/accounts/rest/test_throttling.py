"""Rate limits: counted per caller, announced in headers, before permission is looked at."""

from __future__ import annotations

import pytest
from django.test import override_settings
from rest_framework.test import APIClient

from tests.people import MakeKey, api_client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _three_a_minute() -> object:
    with override_settings(API_RATE_LIMIT="3/minute") as settings:
        yield settings


def test_it_counts_down_and_then_refuses(alice_api: APIClient, make_key: MakeKey) -> None:
    remaining = [alice_api.get("/api/v1/me")["RateLimit"].split(";")[1] for _ in range(3)]
    assert remaining == ["r=2", "r=1", "r=0"]
    response = alice_api.get("/api/v1/me")
    assert (response.status_code, response.json()["code"]) == (429, "throttled")
    assert response["RateLimit-Policy"] == '"default";q=3;w=60'
    assert 0 < int(response["Retry-After"]) <= 61
    assert api_client(make_key()).get("/api/v1/me").status_code == 200, "another key has a limit of its own"


def test_it_counts_refused_requests_too(make_key: MakeKey) -> None:
    client = api_client(make_key("usage:read"))
    assert [client.get("/api/v1/audit").status_code for _ in range(4)] == [403, 403, 403, 429]


def test_it_counts_anonymous_requests_by_address(anonymous_api: APIClient) -> None:
    assert [anonymous_api.get("/api/v1/me").status_code for _ in range(4)] == [401, 401, 401, 429]
    assert api_client().get("/api/v1/me").status_code == 401


def test_it_is_not_fooled_by_a_forged_address(anonymous_api: APIClient) -> None:
    statuses = [anonymous_api.get("/api/v1/me", headers={"X-Forwarded-For": f"1.2.3.{n}"}).status_code for n in range(4)]
    assert statuses == [401, 401, 401, 429]
    with override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=1):
        forged = anonymous_api.get("/api/v1/me", headers={"X-Forwarded-For": "9.9.9.9, 1.2.3.4"})
        assert forged.status_code == 401
