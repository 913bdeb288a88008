"""Credentials: 401 without good ones, 403 without the right ones, slower for those who guess."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ApiKey, AuditEntry, Membership, User, Workspace
from accounts.rest.throttling import BAD_KEYS
from accounts.tenancy import workspace_scope
from accounts.tokens import new_key as unknown_key
from tests.people import MakeKey, api_client, person, sign_in

pytestmark = pytest.mark.django_db


def test_it_tells_a_key_what_it_is_good_for(workspace: Workspace, make_key: MakeKey) -> None:
    body = api_client(make_key("usage:read")).get("/api/v1/me").json()
    assert body["workspace"] == {"id": str(workspace.pk), "name": workspace.name}
    assert body["caller"]["kind"] == "key"
    assert body["scopes"] == ["usage:read"]
    assert body["rate_limit"]["remaining"] == body["rate_limit"]["limit"] - 1


def test_it_knows_people_on_our_own_pages(bob: User, bob_client: Client) -> None:
    body = bob_client.get("/api/v1/me").json()
    assert body["caller"] == {"kind": "person", "id": str(bob.pk), "role": "member", "email": bob.email}


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer vv_live_short", "Basic YTpi", "bearer \xff\xfe", "Token abc"]
)
def test_it_asks_for_credentials_where_there_are_none_or_bad_ones(header: str) -> None:
    response = api_client().get("/api/v1/me", headers={"Authorization": header})
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="visavis"'
    assert response.json()["code"] in {"not_authenticated", "invalid_key"}
    assert response.json()["hint"]


def test_it_refuses_revoked_and_expired_keys(alice_key: str, workspace: Workspace) -> None:
    assert api_client(alice_key).get("/api/v1/me").status_code == 200
    for change in ({"revoked_at": timezone.now()}, {"revoked_at": None, "expires_at": timezone.now() - timedelta(seconds=1)}):
        with workspace_scope(workspace.pk):
            ApiKey.objects.update(**change)
        response = api_client(alice_key).get("/api/v1/me")
        assert (response.status_code, response.json()["code"]) == (401, "invalid_key")


def test_it_refuses_a_signed_in_person_without_a_workspace(db: None) -> None:
    assert sign_in(person("Dora")).get("/api/v1/me").status_code == 401


def test_it_forgets_a_removed_member_at_once(bob: User, bob_client: Client, workspace: Workspace) -> None:
    assert bob_client.get("/api/v1/me").status_code == 200
    with workspace_scope(workspace.pk):
        Membership.objects.get(user=bob).delete()
    assert bob_client.get("/api/v1/me").status_code == 401


def test_it_asks_pages_for_a_csrf_token_on_writes(alice: User, workspace: Workspace) -> None:
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    strict.cookies = sign_in(alice, workspace).cookies
    response = strict.post("/api/v1/keys", {"name": "x", "scopes": ["usage:read"]}, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (403, "csrf")
    with workspace_scope(workspace.pk):
        assert not ApiKey.objects.exists()


def test_it_slows_down_an_address_that_guesses_keys(alice_key: str) -> None:
    guesser = api_client()
    for _ in range(BAD_KEYS.amount):
        guess = f"Bearer {unknown_key().text}"
        assert guesser.get("/api/v1/me", headers={"Authorization": guess}).status_code == 401
    response = guesser.get("/api/v1/me", headers={"Authorization": f"Bearer {alice_key}"})
    assert (response.status_code, response.json()["code"]) == (429, "too_many_bad_keys")
    assert 0 < int(response["Retry-After"]) <= 61
    assert api_client(alice_key).get("/api/v1/me").status_code == 200, "other addresses are not concerned"


def test_it_tells_the_trail_which_key_and_request_did_what(alice_client: Client, workspace: Workspace, alice: User) -> None:
    response = alice_client.post(
        "/api/v1/keys",
        {"name": "CI", "scopes": ["usage:read"]},
        content_type="application/json",
        headers={"X-Request-ID": "req-7"},
    )
    assert response.status_code == 201
    with workspace_scope(workspace.pk):
        entry = AuditEntry.objects.get(action="api_key.created")
    assert (entry.actor_id, entry.request_id, entry.ip) == (alice.pk, "req-7", "127.0.0.1")
