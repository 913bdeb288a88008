"""The end of a turn against everything that happens meanwhile: a slow client, the next turn, the end of the connection."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, cast

import pytest

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from sessions.models import AvatarSession, Turn, TurnState
from sessions.redis import client
from sessions.services import turn_create
from streaming import bus
from streaming.consumers import SessionConsumer
from streaming.hub import Mailbox
from streaming.relay import Relay
from tests.live import in_thread
from tests.sessions.factories import live

FAILURE = ("worker_lost", "The worker that spoke was lost.", "Say it again.")


class Ear:
    """The connection's other end: keeps what is sent, and reads errors only when it is let to."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.reads = asyncio.Event()
        self.reads.set()

    async def send(self, text_data: str) -> None:
        message = json.loads(text_data)
        if message["type"] == "error":
            await self.reads.wait()
        self.heard.append(message)

    def types(self) -> list[str]:
        return [message["type"] for message in self.heard]


@pytest.fixture
async def stage(transactional_db: None, workspace: Workspace) -> AsyncIterator[tuple[Relay, Ear, AvatarSession]]:
    """A driver's relay in the middle of the first turn."""
    session = await in_thread(_open, workspace)
    ear = Ear()
    relay = Relay(cast("SessionConsumer", ear), Mailbox(str(session.pk), "c1", is_driver=True), str(workspace.pk))
    await say(relay, session, 1)
    yield relay, ear, session
    await in_thread(bus.forget, session.pk)


def _open(workspace: Workspace) -> AvatarSession:
    with workspace_scope(workspace.pk):
        return live()


async def say(relay: Relay, session: AvatarSession, number: int) -> None:
    """The next turn is created, and its message reaches the relay."""

    def create() -> None:
        with workspace_scope(session.workspace_id):
            assert turn_create(session_id=session.pk, text="Hello.").number == number

    await in_thread(create)
    await relay._begin(number, {"text": "Hello.", "request_id": ""})


def states(session: AvatarSession) -> list[str]:
    with workspace_scope(session.workspace_id):
        return list(Turn.objects.order_by("number").values_list("state", flat=True))


async def test_it_fails_no_newer_turn_in_place_of_the_one_that_was_lost(stage: tuple[Relay, Ear, AvatarSession]) -> None:
    relay, ear, session = stage
    ear.reads.clear()
    failing = asyncio.create_task(relay._fail(*FAILURE))
    await asyncio.sleep(0.05)
    await say(relay, session, 2)
    ear.reads.set()
    await failing
    assert relay.watch is not None
    assert relay.watch.turn == 2
    assert await in_thread(states, session) == [TurnState.INTERRUPTED, TurnState.QUEUED]
    assert [message["turn"] for message in ear.heard if message["type"] == "turn.finished"] == [1]


async def test_it_tells_the_end_of_a_turn_before_the_next_one_begins(stage: tuple[Relay, Ear, AvatarSession]) -> None:
    relay, ear, _ = stage
    finishing = asyncio.create_task(relay._finish(relay.watch, TurnState.COMPLETED))
    await asyncio.sleep(0)
    assert ear.heard == []
    await relay._begin(2, {"text": "Next.", "request_id": ""})
    assert ear.types() == ["turn.finished"]
    await finishing


async def test_it_tells_everybody_of_an_end_that_outlives_its_connection(stage: tuple[Relay, Ear, AvatarSession]) -> None:
    relay, _, session = stage
    pubsub = client().pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
    pubsub.subscribe(bus.channel(session.pk))
    pubsub.get_message(timeout=1)
    finishing = asyncio.create_task(relay._finish(relay.watch, TurnState.INTERRUPTED))
    await asyncio.sleep(0)
    finishing.cancel()
    with suppress(asyncio.CancelledError):
        await finishing
    kinds = await asyncio.to_thread(_heard, pubsub, "finished")
    assert kinds[-1] == "finished"
    assert await in_thread(states, session) == [TurnState.INTERRUPTED]


def _heard(pubsub: Any, last: str) -> list[str]:
    """The kinds of messages until the `last` one, or until nothing comes for three seconds."""
    kinds: list[str] = []
    while (not kinds or kinds[-1] != last) and (message := pubsub.get_message(timeout=3)) is not None:
        control = bus.decode(message["data"])
        kinds += [control.fields["kind"]] if isinstance(control, bus.Control) else []
    pubsub.close()
    return kinds
