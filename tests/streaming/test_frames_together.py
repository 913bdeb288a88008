"""Frames of several sessions drawn in one go, as on CUDA, by a worker that was told so; over the real wire."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image

from accounts.models import Workspace
from streaming.protocol import Kind
from tests.house import House
from tests.live import LiveClient, Media, Stage
from tests.quotas.factories import subscribe
from tests.streaming.drawing import COMMAND

VIDEO = {"codecs": ["jpeg"], "width": 256, "fps": 25}


@pytest.fixture(scope="module")
def together(house: House) -> Iterator[House]:
    """The house with a worker that draws sessions together."""
    os.environ["VISAVIS_RENDER_BATCH"] = "on"
    house._start("frames", COMMAND)
    del os.environ["VISAVIS_RENDER_BATCH"]
    yield house
    house.processes.children["frames"].terminate()
    house.processes.children.pop("frames").wait()


@pytest.fixture
def generous(workspace: Workspace) -> None:
    """Room for several sessions."""
    plan: dict[str, Any] = {"avatar_ms": None, "tts_characters": 1000, "concurrent_sessions": 4, "render_ms": None}
    subscribe(workspace, **plan)


def of_turn(live: LiveClient, turn: int) -> list[Media]:
    return [item for item in live.media if item.header.kind == Kind.JPEG and item.header.turn == turn]


def company(item: Media) -> int:
    """How many frames were drawn in the same go: the bars' last rows say it in steps of eight shades."""
    shade = float(np.asarray(Image.open(io.BytesIO(item.payload)).convert("L"))[-6:].mean())
    return round((255 - shade) / 8)


def drawn_idle(live: LiveClient) -> list[Media]:
    """Idle pictures that a renderer drew; the portrait before it may be on its way when the change is told."""
    head = next(event["at"] for event in live.events if event["type"] == "video.changed" and event["renderer"] == "head")
    return [item for item in of_turn(live, 0) if item.at > head][1:]


async def test_sessions_that_speak_at_once_are_drawn_in_one_go(
    together: House, stage: Stage, generous: None, quiet: House
) -> None:
    first = await stage.open(render="server", video=VIDEO)
    await first.event("video.changed", renderer="head")
    await first.until(lambda: len(drawn_idle(first)) >= 3, what="idle pictures")
    assert {company(item) for item in drawn_idle(first)} == {1}, "whoever is alone and idle is drawn picture by picture"
    lives = [first, *[await stage.open(render="server", video=VIDEO) for _ in range(2)]]
    for live in lives:
        await live.event("video.changed", renderer="head")
        await live.until(lambda live=live: len(drawn_idle(live)) >= 2, what="idle pictures")
    idle = [company(item) for live in lives for item in drawn_idle(live)]
    assert 1 <= max(idle) <= len(lives), "at most one of each session, where their idle clocks agree"
    for live in lives:
        await live.send("say", text="One two three four five six seven eight nine ten.")
    for live in lives:
        await live.until(lambda live=live: len(of_turn(live, 1)) >= 20, what="pictures of the turn")
    shown = [company(item) for live in lives for item in of_turn(live, 1)]
    assert max(shown) > 8, "more than any session draws by itself"


async def test_a_renderer_that_gives_up_takes_no_other_with_it(together: House, stage: Stage, generous: None) -> None:
    lasting = await stage.open(render="server", video=VIDEO)
    await lasting.event("video.changed", renderer="head")
    mortal = [await stage.open(avatar="kenji", render="server", video=VIDEO) for _ in range(2)]
    for live in mortal:
        await live.event("session.notice", code="video_degraded")
        await live.event("video.changed", renderer="still")
    before = len(of_turn(lasting, 0))
    await lasting.until(lambda: len(of_turn(lasting, 0)) > before + 3, what="more pictures")
    assert not [event for event in lasting.events if event.get("code") == "video_degraded"]
