"""Redis is gone: whoever asks is told so (503), nothing is half done, and the next try works once it is back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from channels.testing import WebsocketCommunicator
from django.test import override_settings
from rest_framework.test import APIClient

from accounts.models import Workspace
from accounts.rest import throttling
from accounts.tenancy import workspace_scope
from config.asgi import application
from config.embedded.server import free_port
from quotas.metrics import Metric
from quotas.selectors import usage_of
from sessions import redis as connections
from sessions import tickets
from sessions.models import AvatarSession, Turn, TurnState
from sessions.services import session_end, turn_interrupt
from streaming import bus
from streaming.protocol import SUBPROTOCOL, TICKET_PREFIX
from tests.live import in_thread
from tests.sessions.factories import live, open_holds, waiting

pytestmark = pytest.mark.django_db(transaction=True)
SESSIONS = "/api/v1/sessions"


@contextmanager
def bus_gone() -> Iterator[None]:
    """Nobody listens where this process looks for Redis; the rate limits keep their connection."""
    throttling.limiter()
    forget_connections()
    with override_settings(REDIS_URL=f"redis://127.0.0.1:{free_port()}"):
        yield
    forget_connections()


def forget_connections() -> None:
    connections.client.cache_clear()
    bus._script.cache_clear()


def create(workspace: Workspace) -> AvatarSession:
    with workspace_scope(workspace.pk):
        return live()


def turns(workspace: Workspace) -> list[tuple[int, str, str, bool]]:
    """Of each turn: number, state, error, and whether something is held for it."""
    with workspace_scope(workspace.pk):
        rows = Turn.objects.order_by("number")
        return [(turn.number, turn.state, turn.error, turn.hold is not None) for turn in rows]


def test_it_fails_a_turn_that_could_not_be_queued_and_holds_nothing_for_it(alice_api: APIClient, workspace: Workspace) -> None:
    session = create(workspace)
    with bus_gone():
        answer = alice_api.post(f"{SESSIONS}/{session.pk}/turns", {"text": "Hello."}, HTTP_IDEMPOTENCY_KEY="k")
    assert (answer.status_code, answer.json()["code"], answer.json()["turn"]) == (503, "bus_unavailable", 1)
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Retry-After"] == "5"
    assert "Idempotency-Key" in answer.json()["hint"]
    assert turns(workspace) == [(1, TurnState.FAILED, "bus_unavailable", False)]
    with workspace_scope(workspace.pk):
        usage = usage_of(Metric.TTS_CHARACTERS)
    assert (usage.used, usage.held) == (0, 0)

    again = alice_api.post(f"{SESSIONS}/{session.pk}/turns", {"text": "Hello."}, HTTP_IDEMPOTENCY_KEY="k")
    assert (again.status_code, again.json()["turn"]) == (201, 2)
    assert [state for _, state, _, _ in turns(workspace)] == [TurnState.FAILED, TurnState.QUEUED]
    bus.forget(session.pk)


def test_it_creates_no_session_whose_ticket_can_not_be_kept(alice_api: APIClient, workspace: Workspace) -> None:
    with bus_gone():
        answer = alice_api.post(SESSIONS, {"avatar": "ada"}, HTTP_IDEMPOTENCY_KEY="k")
    assert (answer.status_code, answer.json()["code"]) == (503, "bus_unavailable")
    with workspace_scope(workspace.pk):
        assert (AvatarSession.objects.count(), open_holds()) == (0, 0)
    assert alice_api.post(SESSIONS, {"avatar": "ada"}, HTTP_IDEMPOTENCY_KEY="k").status_code == 201


def test_it_says_so_when_it_can_not_even_count_the_request(alice_api: APIClient) -> None:
    throttling.limiter.cache_clear()
    try:
        with override_settings(REDIS_URL=f"redis://127.0.0.1:{free_port()}"):
            answer = alice_api.get(SESSIONS)
    finally:
        throttling.limiter.cache_clear()
    assert (answer.status_code, answer.json()["code"]) == (503, "bus_unavailable")
    assert alice_api.get(SESSIONS).status_code == 200


def test_it_interrupts_and_ends_all_the_same(workspace: Workspace) -> None:
    session = create(workspace)
    with bus_gone(), workspace_scope(workspace.pk):
        Turn.objects.create(session=session, number=1, text="Hello.")
        assert turn_interrupt(session_id=session.pk) == 1
    assert turns(workspace)[0][1] == TurnState.INTERRUPTED
    with workspace_scope(workspace.pk):
        session_end(session_id=session.pk, reason="api", present_until=session.live_at)
        assert AvatarSession.objects.get().state == "ended"


async def test_it_tells_the_driver_that_the_sentence_was_not_queued(workspace: Workspace) -> None:
    session, ticket = await in_thread(opened, workspace)
    live: Any = WebsocketCommunicator(
        application, f"/ws/v1/sessions/{session}", subprotocols=[SUBPROTOCOL, f"{TICKET_PREFIX}{ticket}"]
    )
    assert (await live.connect(5))[0]
    assert (await live.receive_json_from(5))["type"] == "session.ready"
    with bus_gone():
        await live.send_json_to({"type": "say", "text": "Hello.", "request_id": "r1"})
        error = await live.receive_json_from(5)
    assert (error["type"], error["code"], error["status"]) == ("error", "bus_unavailable", 503)
    assert error["request_id"] == "r1"
    assert await in_thread(turns, workspace) == [(1, TurnState.FAILED, "bus_unavailable", False)]
    await live.disconnect(1000)


def opened(workspace: Workspace) -> tuple[UUID, str]:
    """A session and a driver's ticket for it."""
    with workspace_scope(workspace.pk):
        session = waiting()
    return session.pk, tickets.issue(workspace_id=workspace.pk, session_id=session.pk, role="driver").text
