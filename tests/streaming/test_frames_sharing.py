"""Two processes that draw share the sessions evenly, and are less urgent than what speaks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from accounts.models import Workspace
from sessions.redis import client
from streaming.frames.place import NICENESS
from streaming.frames.roster import LOADS, SEEN
from streaming.protocol import Kind
from tests.house import House
from tests.live import LiveClient, Stage
from tests.quotas.factories import subscribe
from tests.streaming.drawing import TWO

VIDEO = {"codecs": ["jpeg"], "width": 128, "fps": 10}
STARTING_S = 60  # of a busy machine that starts processes


@pytest.fixture
def two(house: House, workspace: Workspace) -> Iterator[House]:
    """The house with two processes that draw, and a plan with room for four sessions."""
    client().delete(SEEN, LOADS)
    plan: dict[str, Any] = {"avatar_ms": None, "tts_characters": 1000, "concurrent_sessions": 4, "render_ms": None}
    subscribe(workspace, **plan)
    house._start("frames", TWO)
    yield house
    house.processes.children["frames"].terminate()
    house.processes.children.pop("frames").wait()


def drawn(live: LiveClient) -> bool:
    return any(event["type"] == "video.changed" and event["renderer"] == "head" for event in live.events)


def pictures(live: LiveClient) -> int:
    return sum(item.header.kind == Kind.JPEG for item in live.media)


def loads() -> list[int]:
    return sorted(int(load) for load in client().hvals(LOADS))


async def test_each_of_two_processes_draws_half_of_the_sessions(stage: Stage, two: House, quiet: House) -> None:
    lives = []
    for _ in range(4):
        lives.append(await stage.open(render="server", video=VIDEO))
        await lives[-1].until(lambda: drawn(lives[-1]), seconds=STARTING_S, what="pictures")
    assert loads() == [2, 2]
    main = psutil.Process(two.processes.children["frames"].pid)
    assert sorted({process.nice() for process in main.children(recursive=True)} - {main.nice()}) == [main.nice() + NICENESS]
    await lives[0].close()
    await lives[1].until(lambda: loads() == [1, 2], what="one session less")
    before = [item for item in lives[1].media if item.header.kind == Kind.JPEG]
    await lives[1].until(
        lambda: len([i for i in lives[1].media if i.header.kind == Kind.JPEG]) > len(before), what="more pictures"
    )
    for live in lives[1:]:
        await live.close()
