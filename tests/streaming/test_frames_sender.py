"""Pictures leave numbered, keyed where a stream begins, and as good as the reports allow."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from sessions.video import VideoWish
from streaming import bus
from streaming.frames.sender import Sender
from streaming.frames.timing import Batch
from streaming.protocol import Flag, Kind, MediaHeader, parse_media


class Wire:
    """Everything that was published or announced; a stopped turn is refused."""

    def __init__(self) -> None:
        self.messages: list[tuple[MediaHeader, bytes]] = []
        self.told: list[dict[str, Any]] = []
        self.stopped = 0
        self.listeners = 1

    def publish(self, turn: int, message: bytes) -> int:
        if 0 < turn <= self.stopped:
            raise bus.Superseded
        self.messages.append(parse_media(message))
        return self.listeners


def sender(wire: Wire, **wish: Any) -> Sender:
    fields: dict[str, Any] = {"codecs": ("jpeg",), "width": 128, "fps": 20} | wish
    return Sender(VideoWish(**fields), wire.publish, wire.told.append)


def batch(turn: int, *pts_ms: int, last: bool = False) -> Batch:
    return Batch(turn=turn, pts_ms=pts_ms, due=0.0, table=np.zeros((len(pts_ms), 57), np.float32), is_last=last)


def pictures(count: int) -> NDArray[np.uint8]:
    return np.full((count, 128, 128, 3), 90, np.uint8)


def test_it_numbers_each_turn_from_zero_and_marks_its_end() -> None:
    wire = Wire()
    made = sender(wire)
    made.send(batch(0, 500), pictures(1), "head")
    made.send(batch(1, 0, 50), pictures(2), "head")
    made.send(batch(1, 100, last=True), pictures(1), "head")
    made.send(batch(0, 900), pictures(1), "head")
    made.send(batch(2, 0), pictures(1), "head")
    heads = [(header.turn, header.seq, header.pts_ms) for header, _ in wire.messages]
    assert heads == [(0, 0, 500), (1, 0, 0), (1, 1, 50), (1, 2, 100), (0, 1, 900), (2, 0, 0)]
    assert [bool(header.flags & Flag.LAST) for header, _ in wire.messages] == [False, False, False, True, False, False]


def test_a_stream_begins_anew_with_each_turn_and_on_request() -> None:
    wire = Wire()
    made = sender(wire, codecs=("vp8", "jpeg"))
    made.send(batch(0, 0, 100), pictures(2), "head")
    made.send(batch(1, 0, 50), pictures(2), "head")
    made.want_key()
    made.send(batch(1, 100, 150), pictures(2), "head")
    keys = [bool(header.flags & Flag.KEY) for header, _ in wire.messages]
    assert keys == [True, False, True, False, True, False]
    assert {header.kind for header, _ in wire.messages} == {Kind.VP8}


def test_it_publishes_nothing_of_a_stopped_turn() -> None:
    wire = Wire()
    made = sender(wire)
    wire.stopped = 1
    with pytest.raises(bus.Superseded):
        made.send(batch(1, 0, 50), pictures(2), "head")
    assert wire.messages == []
    assert made.tally.made == 0


def test_trouble_makes_pictures_smaller_and_calm_makes_them_whole_again() -> None:
    wire = Wire()
    made = sender(wire)
    sides, now = [], 100.0
    for second in range(60):
        made.send(batch(1, 50 * second), pictures(1), "head")
        sides.append(Image.open(io.BytesIO(wire.messages[-1][1])).size[0])
        made.tally.dropped += 1 if second < 12 else 0
        made.review(now)
        now += 1.0
    assert min(sides[:16]) == 64
    assert sides[0] == 128
    assert sides[-1] == 128
    assert wire.told[0] == {"codec": "jpeg", "width": 128, "height": 128, "fps": 20, "renderer": "head"}
    assert all(before != after for before, after in zip(wire.told, wire.told[1:], strict=False))


def test_too_much_for_the_line_is_trouble() -> None:
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 255, (10, 128, 128, 3), dtype=np.uint8)
    wire = Wire()
    made = sender(wire, kbps=500)
    made.send(batch(1, *range(0, 500, 50)), noise, "head")
    report = made.review(100.0)
    assert report is not None and report.is_trouble and report.kbps > 500
    assert made.quality.level == 1
    assert made.review(100.2) is None
