"""A session of Alice's workspace as it looks after a short conversation."""

from __future__ import annotations

import pytest

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from sessions.models import AvatarSession, TurnState
from sessions.services import session_connect, session_create, session_end, turn_create, turn_finish

SPOKEN = "Hello! How may I help you today?"
CUT_SHORT = "This goes on and on until somebody stops it."


@pytest.fixture
def live_session(workspace: Workspace) -> AvatarSession:
    """Connected; one sentence was heard in full, the next one was stopped after `This goes on`."""
    with workspace_scope(workspace.pk):
        session = session_create(avatar_id="ada")
        session_connect(session_id=session.pk, role="driver")
        _say(session, SPOKEN, TurnState.COMPLETED, heard=SPOKEN)
        _say(session, CUT_SHORT, TurnState.INTERRUPTED, heard="This goes on")
        session.refresh_from_db()
    return session


@pytest.fixture
def ended_session(live_session: AvatarSession) -> AvatarSession:
    with workspace_scope(live_session.workspace_id):
        session_end(session_id=live_session.pk, reason="idle")
        live_session.refresh_from_db()
    return live_session


def _say(session: AvatarSession, text: str, outcome: TurnState, *, heard: str) -> None:
    turn = turn_create(session_id=session.pk, text=text)
    turn_finish(
        session_id=session.pk,
        number=turn.number,
        outcome=outcome,
        spoken_ms=1500,
        heard_text=heard,
        characters=len(heard),
        timings={"first_sent_ms": 180},
    )
