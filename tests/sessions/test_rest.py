"""Sessions on the REST API: creates that can be repeated, pages, strict bodies, and nothing for strangers."""

from __future__ import annotations

import threading
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import IdempotencyRecord, Workspace
from accounts.tenancy import workspace_scope
from sessions.models import AvatarSession
from sessions.services import session_connect
from sessions.tickets import redeem
from tests.people import MakeKey, api_client

pytestmark = pytest.mark.django_db
SESSIONS = "/api/v1/sessions"


def created(api: APIClient, **wish: Any) -> dict[str, Any]:
    """A new session."""
    answer = api.post(SESSIONS, {"avatar": "ada"} | wish)
    assert answer.status_code == 201, answer.json()
    body: dict[str, Any] = answer.json()
    return body


def count(workspace: Workspace) -> int:
    with workspace_scope(workspace.pk):
        return AvatarSession.objects.count()


def go_live(workspace: Workspace, session: str) -> None:
    with workspace_scope(workspace.pk):
        session_connect(session_id=UUID(session), role="driver")


def test_it_creates_a_session_with_a_ticket(alice_api: APIClient) -> None:
    body = created(alice_api)
    assert body["state"] == "created"
    assert body["ticket"]["url"].endswith(f"/ws/v1/sessions/{body['id']}")
    assert body["ticket"]["url"].startswith("ws://")
    shown = alice_api.get(f"{SESSIONS}/{body['id']}").json()
    assert shown == {name: value for name, value in body.items() if name != "ticket"}


def test_it_answers_a_repeated_create_as_the_first_time(alice_api: APIClient, workspace: Workspace) -> None:
    answers = [alice_api.post(SESSIONS, {"avatar": "ada"}, HTTP_IDEMPOTENCY_KEY="k1") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert answers[1]["Idempotency-Replayed"] == "true"
    assert count(workspace) == 1


def test_it_gives_a_fresh_ticket_to_a_repeated_create_and_stores_none(alice_api: APIClient, workspace: Workspace) -> None:
    bodies = [alice_api.post(SESSIONS, {"avatar": "ada"}, HTTP_IDEMPOTENCY_KEY="k1").json() for _ in range(2)]
    texts = [body.pop("ticket")["ticket"] for body in bodies]
    assert bodies[0] == bodies[1]
    opened = [redeem(text) for text in texts]
    assert [ticket and ticket.session_id for ticket in opened] == [bodies[0]["id"]] * 2
    with workspace_scope(workspace.pk):
        stored = IdempotencyRecord.objects.get().body
    assert stored == bodies[0]


def test_it_refuses_a_key_that_comes_back_with_another_body(alice_api: APIClient, workspace: Workspace) -> None:
    alice_api.post(SESSIONS, {"avatar": "ada"}, HTTP_IDEMPOTENCY_KEY="k1")
    answer = alice_api.post(SESSIONS, {"avatar": "ada", "idle_seconds": 20}, HTTP_IDEMPOTENCY_KEY="k1")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert count(workspace) == 1


def test_it_keeps_the_keys_of_workspaces_apart(
    alice_api: APIClient, charlie_api: APIClient, charlies_workspace: Workspace
) -> None:
    first = alice_api.post(SESSIONS, {"avatar": "ada"}, HTTP_IDEMPOTENCY_KEY="k1").json()
    second = charlie_api.post(SESSIONS, {"avatar": "ada"}, HTTP_IDEMPOTENCY_KEY="k1").json()
    assert first["id"] != second["id"]
    assert count(charlies_workspace) == 1


def test_it_lets_a_failed_create_be_tried_again(alice_api: APIClient, workspace: Workspace) -> None:
    refused = alice_api.post(SESSIONS, {"avatar": "nobody"}, HTTP_IDEMPOTENCY_KEY="k1")
    assert refused.status_code == 400
    assert alice_api.post(SESSIONS, {"avatar": "ada"}, HTTP_IDEMPOTENCY_KEY="k1").status_code == 201
    assert count(workspace) == 1


@pytest.mark.django_db(transaction=True)
def test_it_creates_one_session_for_two_equal_requests_at_once(alice_key: str, workspace: Workspace) -> None:
    answers: list[Any] = []
    barrier = threading.Barrier(4)

    def ask() -> None:
        try:
            barrier.wait(5)
            answers.append(api_client(alice_key).post(SESSIONS, {"avatar": "ada"}, HTTP_IDEMPOTENCY_KEY="k1"))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert count(workspace) == 1


def test_it_says_a_turn_once_for_one_key(alice_api: APIClient, workspace: Workspace) -> None:
    session = created(alice_api)["id"]
    go_live(workspace, session)
    answers = [alice_api.post(f"{SESSIONS}/{session}/turns", {"text": "Hi."}, HTTP_IDEMPOTENCY_KEY="t") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert [turn["turn"] for turn in alice_api.get(f"{SESSIONS}/{session}/turns").json()["results"]] == [1]


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"avatar": ""},
        {"avatar": 7.5, "voice": []},
        {"avatar": "ada", "colour": "red"},
        {"avatar": "ada", "idle_seconds": 9},
        {"avatar": "ada", "idle_seconds": "soon"},
        {"avatar": "ada", "max_seconds": 10**9},
        {"avatar": "ada", "origin": "nowhere"},
        {"avatar": "ada", "origin": "http://foreign.example"},
        {"avatar": "ada", "voice": "nobody"},
    ],
)
def test_it_refuses_bodies_that_are_not_of_the_schema(alice_api: APIClient, workspace: Workspace, body: Any) -> None:
    answer = alice_api.post(SESSIONS, body)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert count(workspace) == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": ""},
        {"text": "  "},
        {"text": "x" * 5001},
        {"text": "Hi.", "rate": 3},
        {"text": "Hi.", "rate": "nan"},
        {"text": "Hi.", "emotion": {"name": "happy", "intensity": "nan"}},
        {"text": "Hi.", "emotion": {"name": "grumpy"}},
        {"text": "Hi.", "emotion": {"name": "happy", "volume": 1}},
        {"text": "Hi.", "voice": "nobody"},
        {"text": "Hi.", "request_id": "x" * 65},
        {"text": "Hi.", "loud": True},
    ],
)
def test_it_refuses_turns_that_are_not_of_the_schema(alice_api: APIClient, workspace: Workspace, body: Any) -> None:
    session = created(alice_api)["id"]
    go_live(workspace, session)
    assert alice_api.post(f"{SESSIONS}/{session}/turns", body).status_code == 400
    assert alice_api.get(f"{SESSIONS}/{session}/turns").json()["results"] == []


def test_it_speaks_only_in_live_sessions(alice_api: APIClient) -> None:
    session = created(alice_api)["id"]
    answer = alice_api.post(f"{SESSIONS}/{session}/turns", {"text": "Hi."})
    assert (answer.status_code, answer.json()["code"], answer.json()["state"]) == (409, "session_not_live", "created")


def test_it_pages_through_sessions_without_gap_or_repeat(alice_api: APIClient) -> None:
    made = []
    for _ in range(5):
        made.append(created(alice_api)["id"])
        alice_api.delete(f"{SESSIONS}/{made[-1]}")
    url, seen = f"{SESSIONS}?limit=2", []
    while url:
        page = alice_api.get(url).json()
        assert len(page["results"]) <= 2
        seen += [row["id"] for row in page["results"]]
        url = page["next"]
    assert seen == made[::-1]
    assert alice_api.get(f"{SESSIONS}?cursor=nonsense").status_code == 400


def test_it_tells_what_happened_newest_first(alice_api: APIClient) -> None:
    session = created(alice_api)["id"]
    alice_api.delete(f"{SESSIONS}/{session}")
    events = alice_api.get(f"{SESSIONS}/{session}/events").json()["results"]
    assert [event["kind"] for event in events] == ["session.ended", "session.created"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("get", ""), ("delete", ""), ("post", "/tickets"), ("get", "/turns"), ("post", "/turns"), ("get", "/events")],
)
def test_it_answers_strangers_as_if_nothing_were_there(
    alice_api: APIClient, charlie_api: APIClient, method: str, path: str
) -> None:
    session = created(alice_api)["id"]
    body = {"text": "Hi."} if path == "/turns" else {}
    answers = [getattr(charlie_api, method)(f"{SESSIONS}/{id_}{path}", body) for id_ in (session, uuid4())]
    assert [answer.status_code for answer in answers] == [404, 404]
    first, second = (answer.json() | {"request_id": ""} for answer in answers)
    assert first == second
    assert alice_api.get(f"{SESSIONS}/{session}").json()["state"] == "created"
    assert charlie_api.get(SESSIONS).json()["results"] == []


def test_it_asks_for_the_scope_of_each_method(make_key: MakeKey, workspace: Workspace) -> None:
    reader = api_client(make_key("sessions:read"))
    assert reader.get(SESSIONS).status_code == 200
    refused = reader.post(SESSIONS, {"avatar": "ada"})
    assert (refused.status_code, refused.json()["scope"]) == (403, "sessions:write")
    assert api_client(make_key("usage:read")).get(SESSIONS).status_code == 403
    assert api_client().get(SESSIONS).status_code == 401
    assert count(workspace) == 0
