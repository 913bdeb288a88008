"""Whatever a client sends, the gateway answers or closes with a code of the protocol, and neighbours notice nothing."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any

import pytest
import websockets
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streaming.protocol import MAX_CONTROL_BYTES, Close, Kind, media
from tests.house import House
from tests.live import LiveClient, Stage

CLOSES = {int(code) for code in Close} | {1007, 1009}
VALID: list[dict[str, Any]] = [
    {"type": "say", "text": "Hi.", "emotion": {"name": "happy", "intensity": 0.5}, "voice_settings": {"rate": 1.2}},
    {"type": "say", "text": "Ho.", "request_id": "r"},
    {"type": "interrupt"},
    {"type": "emotion", "name": "sad", "intensity": 1},
    {"type": "played", "turn": 1, "pts_ms": 250, "late_frames": 0},
    {"type": "resume", "turn": 1, "seq": 3},
    {"type": "ping", "t": 12.5},
    {"type": "chat", "text": "Hello?"},
    {"type": "listen.start", "sample_rate": 16000, "encoding": "pcm16", "mode": "voice"},
]
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A valid message with a field replaced, dropped or added, or with its text cut."""
    message = dict(draw(st.sampled_from(VALID)))
    name = draw(st.sampled_from([*message, "extra"]))
    if draw(st.booleans()):
        message[name] = draw(anything)
    else:
        message.pop(name, None)
    text = json.dumps(message)
    return text[: draw(st.integers(0, len(text)))] if draw(st.booleans()) else text


def frames() -> st.SearchStrategy[bytes]:
    """Binary messages: rubbish, or a header of any kind with a payload."""
    number = st.integers(0, 2**32 - 1)
    whole = st.builds(
        media, st.sampled_from(Kind), st.binary(max_size=64), turn=number, pts_ms=number, seq=number, flags=st.integers(0, 65535)
    )
    return st.binary(max_size=40) | whole


messages = st.lists(
    st.sampled_from([json.dumps(message) for message in VALID])
    | mutated()
    | st.text(max_size=30)
    | frames()
    | st.just("x" * (MAX_CONTROL_BYTES + 1)),
    min_size=1,
    max_size=8,
)


async def answers(live: LiveClient, t: int) -> bool:
    """Whether the connection still answers, be it that it is asked too fast; else it was closed with a known code."""

    def answered() -> bool:
        return any(event.get("t") == t or event.get("code") == "too_fast" for event in live.events)

    live.events[:] = [event for event in live.events if event.get("code") != "too_fast"]
    try:
        await live.send("ping", t=t)
        await live.until(lambda: answered() or live.is_closed, seconds=10, what="an answer")
    except websockets.ConnectionClosed:
        pass
    if not answered() or live.is_closed:
        assert await live.closed(seconds=5) in CLOSES
    return not live.is_closed


@pytest.fixture
async def neighbour(stage: Stage, charlie_key: str) -> LiveClient:
    """A live session of another workspace."""
    other = Stage(stage.url, charlie_key)
    live = await other.open()
    stage.clients.append(live)
    return live


async def test_it_withstands_any_sequence_of_messages(stage: Stage, neighbour: LiveClient, quiet: House) -> None:
    made = await stage.open()
    loop = asyncio.get_running_loop()
    clients, times = [made], itertools.count(1)

    async def send_all(batch: list[str | bytes]) -> None:
        live = clients[0]
        try:
            for message in batch:
                await live.socket.send(
                    message if isinstance(message, bytes) else message.encode("utf-8", "replace"), text=isinstance(message, str)
                )
        except websockets.ConnectionClosed:
            pass
        if not await answers(live, next(times)):
            clients[0] = await stage.join(made.session)

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(messages)
    def attack(batch: list[str | bytes]) -> None:
        asyncio.run_coroutine_threadsafe(send_all(batch), loop).result(30)

    await asyncio.to_thread(attack)
    await neighbour.send("ping", t=1)
    await neighbour.event("pong", t=1)
    assert {event["type"] for event in neighbour.events} == {"session.ready", "pong"}
    assert neighbour.media == []
    assert (await stage.state(made.session))["state"] == "live"
