"""Sessions start as a preset and their avatar's state say, unless the caller says otherwise."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from rest_framework.test import APIClient

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from avatars.blocks.models import Preset
from sessions.events import happened
from sessions.look import SessionLook
from sessions.models import AvatarSession
from sessions.services import session_connect, turn_create
from streaming import bus
from streaming.connection import admit
from streaming.messages import session_ready
from streaming.protocol import SUBPROTOCOL, TICKET_PREFIX
from tests.avatars.blocks.factories import a_preset, an_asset

pytestmark = pytest.mark.django_db
SESSIONS = "/api/v1/sessions"


@pytest.fixture
def preset(workspace: Workspace) -> Preset:
    with workspace_scope(workspace.pk):
        values = {"avatar": "kenji", "voice": "hibari-heart", "rate": "1.50", "emotion": "happy", "intensity": "0.60"}
        return a_preset(name="Front desk", framing="bust", background=str(an_asset().pk), **values)


def created(api: APIClient, **wish: Any) -> dict[str, Any]:
    answer = api.post(SESSIONS, wish)
    assert answer.status_code == 201, answer.json()
    body: dict[str, Any] = answer.json()
    return body


def test_it_fills_in_what_the_caller_leaves_out(alice_api: APIClient, preset: Preset) -> None:
    for name in ("Front desk", str(preset.pk)):
        session = created(alice_api, preset=name)
        assert (session["avatar"], session["voice"]) == ("kenji", "hibari-heart")
        assert session["look"] == {
            "emotion": {"name": "happy", "intensity": 0.6},
            "rate": 1.5,
            "gaze": {"x": 0, "y": 0},
            "framing": "bust",
            "background": preset.background,
        }
        alice_api.delete(f"{SESSIONS}/{session['id']}")
    assert created(alice_api, preset="Front desk", avatar="ada")["avatar"] == "ada"


def test_it_starts_from_the_avatars_state(alice_api: APIClient) -> None:
    alice_api.patch("/api/v1/avatars/ada/state", {"emotion": {"name": "serious", "intensity": 0.3}, "framing": "face"})
    assert created(alice_api, avatar="ada")["look"] == SessionLook(emotion="serious", intensity=0.3, framing="face").shown()


def test_it_shows_older_sessions_the_usual_way(alice_api: APIClient, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        old = AvatarSession.objects.create(avatar="ada", voice="x", idle_seconds=60, max_seconds=60)
    assert alice_api.get(f"{SESSIONS}/{old.pk}").json()["look"] == SessionLook().shown()


@pytest.mark.parametrize(
    ("wish", "code"),
    [({}, "invalid"), ({"preset": "Nobody's"}, "unknown_preset"), ({"preset": "Calm"}, "avatar_missing")],
)
def test_it_refuses_a_session_of_nobody(wish: dict[str, Any], code: str, alice_api: APIClient, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        a_preset(name="Calm", emotion="soothing", intensity="0.50")
    answer = alice_api.post(SESSIONS, wish)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    with workspace_scope(workspace.pk):
        assert not AvatarSession.objects.exists()


def test_it_knows_no_preset_of_strangers(charlie_api: APIClient, preset: Preset) -> None:
    for name in ("Front desk", str(preset.pk)):
        assert charlie_api.post(SESSIONS, {"preset": name}).json()["code"] == "unknown_preset"


def test_it_tells_the_bus_the_mood_and_clients_the_look(
    alice_api: APIClient, preset: Preset, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        session = created(alice_api, preset="Front desk")
    assert bus.emotion(session["id"]) == ("happy", 0.6)
    admission = admit(session["id"], [SUBPROTOCOL, f"{TICKET_PREFIX}{session['ticket']['ticket']}"], None)
    assert admission.emotion == ("happy", 0.6)
    assert admission.background is not None
    assert alice_api.get(admission.background["url"]).status_code == 200
    assert '"framing":"bust"' in session_ready(admission, None, admission.session.epoch_ms)


def test_it_speaks_at_the_presets_pace(
    alice_api: APIClient, workspace: Workspace, preset: Preset, django_capture_on_commit_callbacks: Any
) -> None:
    session = UUID(created(alice_api, preset="Front desk")["id"])
    paces: list[float] = []

    def listen(extra: dict[str, Any], kind: str, **_: Any) -> None:
        paces.extend([extra["rate"]] if kind == "turn.created" else [])

    happened.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True), workspace_scope(workspace.pk):
            session_connect(session_id=session, role="driver")
            turn_create(session_id=session, text="Hello.", rate=1.2)
    finally:
        happened.disconnect(listen)
    assert paces == [pytest.approx(1.8)]
