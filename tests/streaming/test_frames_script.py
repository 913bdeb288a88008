"""A session's face between and in turns, as the bus tells it."""

from __future__ import annotations

import time

import numpy as np
import pytest

from avatars.face import Animator, FaceEncoder
from streaming.bus import Packet
from streaming.frames.script import Script
from streaming.frames.timing import Batch
from streaming.protocol import Flag, Kind, control, media

LENGTH_MS = 600


def packet(turn: int, seq: int, *, clock_ms: int = 0, last: bool = False) -> Packet:
    """The seq-th pair of a turn that says nothing."""
    at = {"turn": turn, "pts_ms": seq * LENGTH_MS, "seq": seq, "flags": Flag.KEY | (Flag.LAST if last else 0)}
    track = Animator(3).track(seq * LENGTH_MS, (seq + 1) * LENGTH_MS, fps=30)
    audio = media(Kind.PCM16, bytes(48 * LENGTH_MS), **at)
    face = media(Kind.FACE, FaceEncoder(30).encode(track), **at)
    opening = (control("turn.started", turn=turn, clock_ms=clock_ms),) if seq == 0 else ()
    return Packet(turn=turn, seq=seq, frames=(*opening, audio, face), about={})


@pytest.fixture
def script() -> Script:
    """A session that began ten seconds ago."""
    return Script.of(3, int(time.time() * 1000) - 10_000, {}, ("neutral", 0.0))


def drawn(script: Script, now: float, seconds: float) -> list[Batch]:
    """What is drawn from `now` on, by a renderer that takes no time."""
    batches = []
    for at in np.arange(now, now + seconds, 0.02):
        while (batch := script.next(float(at), fps=25, idle_fps=10, cost=0.001, most=8)) is not None:
            batches.append(batch)
    return batches


def test_it_idles_ten_times_a_second_on_the_sessions_clock(script: Script) -> None:
    now = time.monotonic()
    idle = drawn(script, now, 2.0)
    assert {batch.turn for batch in idle} == {0}
    assert 18 <= len(idle) <= 23
    pts = [batch.pts_ms[0] for batch in idle]
    assert 9_900 <= pts[0] <= 10_300
    assert pts == sorted(set(pts))


def test_it_draws_a_turn_and_idles_again_after_its_sound(script: Script) -> None:
    now = time.monotonic()
    script.packet(packet(1, 0, clock_ms=10_100), now)
    script.packet(packet(1, 1, last=True), now)
    batches = drawn(script, now, 3.0)
    pts = [at for batch in batches if batch.turn == 1 for at in batch.pts_ms]
    assert pts == list(range(0, 2 * LENGTH_MS, 40))
    idle = [batch for batch in batches if batch.turn == 0]
    assert idle and min(batch.due for batch in idle) >= now + 1.1
    assert batches.index(idle[0]) > max(at for at, batch in enumerate(batches) if batch.turn == 1)


def test_a_stop_ends_the_turn_at_once_and_for_good(script: Script) -> None:
    now = time.monotonic()
    script.packet(packet(1, 0, clock_ms=10_100), now)
    assert script.next(now, fps=25, idle_fps=10, cost=0.001, most=8) is not None
    script.control(1, {"kind": "interrupted"}, now)
    script.packet(packet(1, 1), now)
    assert {batch.turn for batch in drawn(script, now, 1.0)} == {0}


def test_a_newer_turn_takes_over(script: Script) -> None:
    now = time.monotonic()
    script.packet(packet(1, 0, clock_ms=10_100), now)
    script.control(2, {"kind": "queued"}, now)
    script.packet(packet(1, 1), now)
    script.packet(packet(2, 0, clock_ms=10_300, last=True), now)
    assert next(batch.turn for batch in drawn(script, now, 0.5)) == 2


def test_it_waits_for_a_listener_who_is_late(script: Script) -> None:
    now = time.monotonic()
    script.packet(packet(1, 0, clock_ms=10_200), now)
    for seq in range(1, 6):
        script.packet(packet(1, seq, last=seq == 5), now)
    drawn(script, now, 1.0)
    script.control(1, {"kind": "video.report", "pts_ms": 0}, now + 1.0)
    late = [batch for batch in drawn(script, now + 1.0, 0.6) if batch.turn == 1]
    assert script.reel is not None and script.reel.skipped == 0
    assert all(batch.pts_ms[-1] <= 1_900 for batch in late)
