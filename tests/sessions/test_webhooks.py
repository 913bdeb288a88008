"""What happens in sessions is told to webhooks: facts, in the transaction, without what people said."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from accounts.webhooks.models import WebhookMessage
from sessions.models import AvatarSession, SessionEvent, TurnState
from sessions.services import session_end, turn_create, turn_finish, turn_interrupt
from tests.accounts.webhooks.factories import endpoint
from tests.sessions.factories import live

pytestmark = pytest.mark.django_db


def told() -> list[tuple[str, dict[str, Any]]]:
    """The events that wait for delivery, in order."""
    rows = WebhookMessage.objects.order_by("created_at", "id")
    return [(row.type, json.loads(row.body)["data"]) for row in rows]


def test_it_tells_the_life_of_a_session_in_order(in_workspace: UUID) -> None:
    endpoint(types=("session.*", "turn.*"))
    session = live()
    turn = turn_create(session_id=session.pk, text="A secret sentence.")
    turn_interrupt(session_id=session.pk)
    turn_finish(session_id=session.pk, number=turn.number, outcome=TurnState.INTERRUPTED, spoken_ms=5, heard_text="A secret")
    session_end(session_id=session.pk, reason="test")
    events = told()
    assert [name for name, _ in events] == [
        *("session.created", "session.live", "turn.created", "turn.interrupted", "turn.finished", "session.ended"),
    ]
    assert {data["session_id"] for _, data in events} == {str(session.pk)}
    assert events[1][1]["state"] == "live"
    assert events[4][1] == {"session_id": str(session.pk), "turn": 1, "outcome": "interrupted", "spoken_ms": 5, "error": ""}
    assert (events[5][1]["state"], events[5][1]["reason"]) == ("ended", "test")
    assert events[5][1]["ended_at"] is not None
    assert "secret" not in str(events)


def test_it_tells_only_what_is_asked_for(in_workspace: UUID) -> None:
    endpoint(types=("session.ended",))
    session = live()
    assert told() == []
    session_end(session_id=session.pk, reason="test")
    assert [name for name, _ in told()] == ["session.ended"]


def test_it_tells_nothing_of_what_was_undone(workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        endpoint()
    with pytest.raises(ZeroDivisionError), workspace_scope(workspace.pk):
        live()
        _ = 1 / 0
    with workspace_scope(workspace.pk):
        assert not AvatarSession.objects.exists()
        assert not SessionEvent.objects.exists()
        assert told() == []
