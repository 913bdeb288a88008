"""When something fails that should not: the connection ends, and its driver does not seem to be there for ever."""

from __future__ import annotations

from typing import Any, cast
from uuid import uuid4

import pytest

from accounts.errors import Gone
from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from sessions.models import AvatarSession
from sessions.redis import client
from sessions.services import session_end
from streaming import bus
from streaming.hub import Mailbox
from streaming.protocol import Close
from streaming.relay import Relay
from tests.live import Stage, in_thread
from tests.sessions.factories import live


async def test_it_ends_a_session_whose_connection_failed_when_its_driver_stays_away(stage: Stage) -> None:
    broken = await stage.open()
    await in_thread(client().lpush, bus.emotion_key(broken.session), "not what is read there")
    await broken.send("say", text="This can't be passed on.")
    assert await broken.closed() == Close.GOING_AWAY
    session = await stage.state(broken.session, state="ended")
    assert session["end_reason"] == "disconnected"
    assert session["avatar_ms"] < 4000
    await stage.usage("concurrent_sessions", used=0)


def _ended(workspace: Workspace) -> AvatarSession:
    with workspace_scope(workspace.pk):
        session = live()
        session_end(session_id=session.pk, reason="api")
    return session


@pytest.mark.django_db(transaction=True)
async def test_it_opens_no_session_that_ended_before_its_messages_came(workspace: Workspace) -> None:
    session = await in_thread(_ended, workspace)
    relay = Relay(cast("Any", None), Mailbox(str(session.pk), str(uuid4()), is_driver=True), str(workspace.pk))
    with pytest.raises(Gone):
        await relay.recover()
