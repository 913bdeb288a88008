"""Opening a connection ends in time, whatever its database or its bus are waiting for."""

from __future__ import annotations

import asyncio
import threading
from typing import Any
from uuid import UUID

import pytest
from channels.testing import WebsocketCommunicator

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from config.asgi import application
from sessions import tickets
from sessions.models import AvatarSession, SessionState
from sessions.selectors import lock_session
from streaming import socket
from streaming.protocol import SUBPROTOCOL, TICKET_PREFIX, Close
from tests.live import in_thread
from tests.sessions.factories import waiting

SERVER_SECONDS = 5


def create(workspace: Workspace) -> tuple[UUID, str]:
    """A session and a driver's ticket for it."""
    with workspace_scope(workspace.pk):
        session = waiting()
    return session.pk, tickets.issue(workspace_id=workspace.pk, session_id=session.pk, role="driver").text


def hold(workspace: Workspace, session: UUID, held: threading.Event, enough: threading.Event) -> None:
    """Lock the session's row until it is `enough`."""
    with workspace_scope(workspace.pk):
        lock_session(session)
        held.set()
        enough.wait(20)


async def test_it_gives_up_opening_when_the_database_does_not_answer(
    transactional_db: None, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "OPEN_SECONDS", 0.5)
    session, ticket = await in_thread(create, workspace)
    held, enough = threading.Event(), threading.Event()
    holding = asyncio.create_task(in_thread(hold, workspace, session, held, enough))
    await asyncio.to_thread(held.wait, 5)
    offer = [SUBPROTOCOL, f"{TICKET_PREFIX}{ticket}"]
    live: Any = WebsocketCommunicator(application, f"/ws/v1/sessions/{session}", subprotocols=offer)
    assert await live.connect(SERVER_SECONDS) == (True, SUBPROTOCOL)
    closed = await live.receive_output(SERVER_SECONDS)
    enough.set()
    await holding
    assert (closed["type"], closed["code"]) == ("websocket.close", Close.GOING_AWAY)
    await live.disconnect(code=Close.GOING_AWAY)
    assert await in_thread(state, workspace, session) in {SessionState.CREATED, SessionState.CONNECTING}


def state(workspace: Workspace, session: UUID) -> str:
    with workspace_scope(workspace.pk):
        return AvatarSession.objects.get(pk=session).state
