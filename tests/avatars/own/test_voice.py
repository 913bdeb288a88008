"""The voice of an own avatar: chosen with it, changed later, else the one that the workspace chose last."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from avatars.models import Avatar
from avatars.selectors import faces, voices_available
from avatars.stock import DEFAULT_VOICES
from sessions.services import session_create, session_end
from tests.avatars.own.conftest import Prepare, send
from tests.avatars.own.heads import head

pytestmark = pytest.mark.django_db
READY = [voice.id for voice in voices_available() if voice.available]
OTHER, ANOTHER = [voice for voice in READY if voice != DEFAULT_VOICES["female"]][:2]
MISSING = next((voice.id for voice in voices_available() if not voice.available), "")


def voice_of(answer: Any) -> str:
    assert answer.status_code in {200, 202}, answer.content
    voice: str = answer.json()["default_voice"]
    return voice


def test_it_speaks_with_the_voice_it_was_given(alice_api: APIClient, prepare: Prepare) -> None:
    answer = send(alice_api, head(), voice=OTHER)
    assert voice_of(answer) == OTHER
    assert prepare(answer.json())["default_voice"] == OTHER
    session = alice_api.post("/api/v1/sessions", {"avatar": answer.json()["id"]})
    assert (session.status_code, session.json()["voice"]) == (201, OTHER)


def test_without_one_it_gets_the_voice_that_was_chosen_last(alice_api: APIClient, charlie_api: APIClient) -> None:
    assert voice_of(send(alice_api, head())) == DEFAULT_VOICES["female"]
    assert voice_of(send(alice_api, head(), voice=OTHER)) == OTHER
    assert voice_of(send(alice_api, head())) == OTHER
    assert voice_of(send(charlie_api, head())) == DEFAULT_VOICES["female"]  # a stranger's choice is their own


def test_it_changes_its_voice(alice_api: APIClient) -> None:
    made = send(alice_api, head(), voice=OTHER).json()
    address = f"/api/v1/avatars/{made['id']}"
    assert voice_of(alice_api.patch(address, {"voice": ANOTHER})) == ANOTHER
    assert alice_api.get(address).json()["name"] == "Mira"
    assert alice_api.patch(address, {"name": "Mina"}).json()["default_voice"] == ANOTHER


@pytest.mark.parametrize(
    ("voice", "status", "code"), [("nobody", 400, "unknown_voice"), (MISSING or "nobody", 409 if MISSING else 400, "")]
)
def test_it_takes_no_voice_that_can_not_speak(
    voice: str, status: int, code: str, alice_api: APIClient, workspace: Workspace
) -> None:
    answer = send(alice_api, head(), voice=voice)
    assert (answer.status_code, answer.json()["code"]) == (status, code or answer.json()["code"])
    with workspace_scope(workspace.pk):
        assert not Avatar.objects.exists()
    made = send(alice_api, head(), voice=OTHER).json()
    assert alice_api.patch(f"/api/v1/avatars/{made['id']}", {"voice": voice}).status_code == status
    assert alice_api.get(f"/api/v1/avatars/{made['id']}").json()["default_voice"] == OTHER


def test_the_page_offers_voices_to_listen_to(alice_client: Client, alice_api: APIClient) -> None:
    send(alice_api, head(), voice=OTHER)
    page = alice_client.get("/avatars/new").content.decode()
    offered = re.findall(r'<option value="([^"]+)" data-sample="([^"]+)"( selected)?', page)
    assert {voice for voice, _, _ in offered} == set(READY)
    assert [voice for voice, _, chosen in offered if chosen] == [OTHER]
    assert all(sample == f"/voices/{voice}/sample.wav" for voice, sample, _ in offered)


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return len(seen)


def test_lists_of_sessions_ask_as_much_for_many_avatars_as_for_one(
    alice_api: APIClient, alice_client: Client, prepare: Prepare, workspace: Workspace
) -> None:
    def talked_with(avatar_id: str) -> None:
        with workspace_scope(workspace.pk):
            session = session_create(avatar_id=avatar_id)
            session_end(session_id=session.pk, reason="api")

    own = [prepare(send(alice_api, head(), name=f"Mira {at}").json())["id"] for at in range(2)]
    talked_with(own[0])
    queries(alice_client, "/sessions")  # the first visit of a browser also notes that it is there
    few = queries(alice_client, "/sessions")
    for avatar_id in (*own, "ada"):
        talked_with(avatar_id)
    assert queries(alice_client, "/sessions") == few
    page = alice_client.get("/sessions").content.decode()
    assert all(name in page for name in ("Mira 0", "Mira 1", "Ada"))
    with workspace_scope(workspace.pk), CaptureQueriesContext(connection) as seen:
        assert set(faces([*own, "ada", "gone", str(workspace.pk)])) == {*own, "ada"}
    assert len(seen) == 2
