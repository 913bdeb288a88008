"""A turn that was stopped before the bus knew of it is not spoken; should the bus never have heard of the stop, Postgres,
which holds the truth, ends the turn after its first two seconds."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from sessions.models import AvatarSession, Turn, TurnState
from sessions.redis import client
from sessions.services import turn_create, turn_interrupt
from streaming import bus
from streaming.tasks import NOTED_SEQ, now_ms, perform_turn
from tests.sessions.factories import live

LONG = "One. Two. Three. Four. Five. Six. Seven. Eight. Nine. Ten."


def message(session: AvatarSession) -> dict[str, Any]:
    """What a worker is told of the session's first turn."""
    return {
        "workspace_id": str(session.workspace_id),
        "session_id": str(session.pk),
        "turn": 1,
        "request_id": "",
        "text": LONG,
        "avatar": session.avatar,
        "voice": session.voice,
        "rate": 2.0,
        "seed": session.seed,
        "epoch_ms": session.epoch_ms,
        "emotion": ("neutral", 0.0),
        "mood": ("neutral", 0.0),
        "received_ms": now_ms(),
    }


@pytest.mark.django_db(transaction=True)
def test_it_speaks_nothing_of_a_turn_whose_stop_overtook_its_beginning(workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        session = live()
        Turn.objects.create(session=session, number=1, text=LONG)
        assert turn_interrupt(session_id=session.pk) == 1  # its hook runs before that of the turn's creation
    assert not bus.begin(session.pk, 1, text=LONG, request_id="")
    client().set(bus.driver_key(session.pk), "somebody", ex=30)
    perform_turn(**message(session))
    published = bus.log_of(session.pk, 1, -1)
    bus.forget(session.pk)
    assert published == []


@pytest.mark.django_db
@pytest.mark.parametrize("is_stopped", [True, False])
def test_it_goes_on_unless_the_turn_was_stopped_and_the_bus_does_not_know(workspace: Workspace, is_stopped: bool) -> None:
    with workspace_scope(workspace.pk):
        session = live()
        turn = turn_create(session_id=session.pk, text=LONG)
        if is_stopped:
            turn_interrupt(session_id=session.pk)
    bus.begin(session.pk, 1, text=LONG, request_id="")
    client().set(bus.driver_key(session.pk), "somebody", ex=30)
    perform_turn(**message(session))
    with workspace_scope(workspace.pk):
        turn.refresh_from_db()
    published = bus.log_of(session.pk, 1, -1)
    bus.forget(session.pk)
    if is_stopped:
        assert (turn.state, len(published)) == (TurnState.INTERRUPTED, NOTED_SEQ + 1)
    else:
        assert turn.state == TurnState.SPEAKING
        assert published[-1].about["last"]
