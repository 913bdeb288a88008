"""Pictures over the real wire: a worker that draws, a turn's pictures beside its sound, and sound that waits for none."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from streaming.protocol import Flag, Kind
from tests.house import House
from tests.live import LiveClient, Media, Stage
from tests.streaming.test_published_protocol import validator

TEXT = "Good morning. My name is Ada, and I am happy to meet you."
VIDEO = {"codecs": ["jpeg"], "width": 256, "fps": 20}
COMMAND = [sys.executable, "-m", "dramatiq", "tests.streaming.easel", "--queues", "frames", "--processes", "1", "--threads", "4"]


@pytest.fixture(scope="module")
def easel(house: House) -> Iterator[House]:
    """The house with a worker that draws."""
    house._start("frames", COMMAND)
    yield house
    house.processes.children["frames"].terminate()
    house.processes.children.pop("frames").wait()


def pictures(live: LiveClient, turn: int, kind: Kind = Kind.JPEG) -> list[Media]:
    return [item for item in live.media if item.header.kind == kind and item.header.turn == turn]


def darkness(item: Media) -> float:
    """The share of a picture that the bar takes."""
    return 1 - float(np.asarray(Image.open(io.BytesIO(item.payload)).convert("L")).mean()) / 255


async def until_last(live: LiveClient, turn: int, kind: Kind = Kind.JPEG) -> None:
    await live.until(lambda: any(item.header.flags & Flag.LAST for item in pictures(live, turn, kind)), what="the last picture")


async def test_it_draws_a_turn_beside_its_sound(easel: House, stage: Stage, quiet: House) -> None:
    live = await stage.open(render="server", video=VIDEO)
    assert (await live.event("session.ready"))["video"]["codecs"] == ["jpeg"]
    await live.until(lambda: len(pictures(live, 0)) >= 3, what="idle pictures")
    await live.send("say", text=TEXT)
    await live.last_of(1)
    await until_last(live, 1)
    await live.played_all(1)
    await live.event("turn.finished", turn=1, outcome="completed")

    shown = pictures(live, 1)
    length_ms = live.milliseconds(1)
    assert [item.header.seq for item in shown] == list(range(len(shown)))
    gaps = np.diff([item.header.pts_ms for item in shown])
    assert np.median(gaps) == 50
    assert len(shown) >= 0.9 * length_ms / 50
    assert 0 <= length_ms - shown[-1].header.pts_ms <= 100
    assert Image.open(io.BytesIO(shown[0].payload)).size == (256, 256)
    bars = [darkness(item) for item in shown]
    assert max(bars) > 0.15 > min(bars)
    for event in live.events:
        fields = {name: value for name, value in event.items() if name != "at"}
        validator(event["type"]).validate(fields)
    changed = await live.event("video.changed")
    assert (changed["codec"], changed["width"], changed["renderer"]) == ("jpeg", 256, "bars")
    started = next(item.at for item in live.audio(1))
    assert shown[0].at - started < 1.0
    ahead = [item.header.pts_ms / 1000 - (item.at - started) for item in shown]
    assert min(ahead) > -0.5 and max(ahead) < 1.6
