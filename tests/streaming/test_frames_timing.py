"""Frames are drawn ahead of the sound, in order, and left out where they would be late."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatars.face import FaceTrack
from streaming.frames.timing import JITTER_S, LEAD_S, Batch, Clock, Pace, Reel


def track(start_ms: int, length_ms: int) -> FaceTrack:
    """A face whose first weight is its time in seconds."""
    count = -(-length_ms * 30 // 1000)
    weights = np.zeros((count, 52), np.float32)
    weights[:, 0] = (start_ms + np.arange(count) * (1000 / 30)) / 1000
    still = np.zeros((count, 3), np.float32)
    return FaceTrack(fps=30, start_ms=start_ms, weights=weights, head=still, gaze=still[:, :2])


def reel(length_ms: int = 3000, *, last: bool = True) -> Reel:
    """Sound that begins at second 100."""
    made = Reel(1, Clock(100.0))
    made.add(track(0, length_ms), length_ms, last=last)
    return made


def drawn(made: Reel, *, fps: float, cost: float, start: float = 100.0, seconds: float = 6.0) -> list[tuple[float, Batch]]:
    """Every batch and when it was ready, where drawing costs what it is thought to cost."""
    now, batches = start, []
    while now < start + seconds:
        batch = made.batch(now, fps=fps, cost=cost, most=8)
        if batch is None:
            now += 0.02
        else:
            now += cost * len(batch.pts_ms)
            batches.append((now, batch))
    return batches


def test_it_draws_every_frame_once_where_there_is_time() -> None:
    batches = drawn(reel(), fps=25, cost=0.005, start=99.9)
    pts = [at for _, batch in batches for at in batch.pts_ms]
    assert pts == list(range(0, 3000, 40))
    assert [batch.is_last for _, batch in batches] == [False] * (len(batches) - 1) + [True]
    shown = np.concatenate([batch.table[:, 0] for _, batch in batches])
    assert np.allclose(shown[:-1], np.array(pts[:-1]) / 1000, atol=1e-4)


def test_it_keeps_no_further_ahead_than_its_lead() -> None:
    for ready, batch in drawn(reel(), fps=25, cost=0.005, start=99.0):
        assert 100 + batch.pts_ms[-1] / 1000 - ready <= LEAD_S + 0.001


def test_it_leaves_out_what_would_be_late_by_the_time_its_turn_comes() -> None:
    soon, later = (reel().batch(100.5, fps=25, cost=0.005, most=1, wait=wait) for wait in (0.0, 0.3))
    assert soon is not None and later is not None
    assert soon.pts_ms[0] == 560
    assert later.pts_ms[0] == 880


def test_waiting_for_others_costs_no_frames_where_one_is_ahead() -> None:
    made, pace = reel(), Pace()
    for _ in range(20):
        pace.note(cost=0.012, wait=0.25)
    shown: list[int] = []
    now = 99.0
    while not made.is_over:
        batch = made.batch(now, fps=25, cost=pace.cost, most=8, wait=pace.wait)
        shown += batch.pts_ms if batch else []
        now += 0.02 if batch is None else 0.25 + 0.012 * len(batch.pts_ms)
    assert shown == list(range(0, 3000, 40))


def test_pictures_that_are_ahead_are_drawn_in_groups() -> None:
    sizes = [len(batch.pts_ms) for _, batch in drawn(reel(), fps=25, cost=0.005, start=99.0)]
    assert set(sizes[:-1]) == {8}


def test_a_renderer_that_is_loaded_does_not_count_as_slow_for_long() -> None:
    pace = Pace()
    pace.note(cost=9.0, wait=9.0)
    assert pace.cost < 0.5 and pace.wait <= 0.1
    for _ in range(25):
        pace.note(cost=0.01, wait=0.0)
    assert pace.cost == pytest.approx(0.01, abs=0.005)


def test_it_leaves_out_what_would_be_late() -> None:
    made = reel()
    batches = drawn(made, fps=25, cost=0.005, start=101.0)
    assert batches[0][1].pts_ms[0] >= 1_050
    assert made.skipped == 27
    assert made.is_over


@pytest.mark.parametrize("cost", [0.03, 0.06, 0.1, 0.3])
def test_a_slow_renderer_draws_fewer_frames_but_in_time(cost: float) -> None:
    made = reel(6000)
    batches = drawn(made, fps=25, cost=cost, seconds=8)
    pts = [at for _, batch in batches for at in batch.pts_ms]
    assert pts == sorted(set(pts))
    assert len(pts) >= 0.75 * min(25 * 6, 6 / cost)
    for ready, batch in batches:
        assert ready <= 100 + batch.pts_ms[0] / 1000 + max(0.0, cost * (len(batch.pts_ms) - 1))


def test_it_waits_for_the_face_that_has_not_come() -> None:
    made = reel(400, last=False)
    before = drawn(made, fps=25, cost=0.005, start=99.9, seconds=0.3)
    assert made.batch(100.3, fps=25, cost=0.005, most=8) is None
    made.add(track(400, 600), 600, last=True)
    after = drawn(made, fps=25, cost=0.005, start=100.3)
    pts = [at for _, batch in [*before, *after] for at in batch.pts_ms]
    assert pts == list(range(0, 1000, 40))


def test_it_takes_no_stretch_twice() -> None:
    made = reel(400, last=False)
    made.add(track(0, 400), 400, last=False)
    assert made.end_ms == 400
    assert len([at for _, batch in drawn(made, fps=30, cost=0.001, start=99.9, seconds=1) for at in batch.pts_ms]) == 12


def test_it_begins_where_it_joins() -> None:
    made = Reel(1, Clock(100.0))
    made.add(track(2000, 1000), 1000, last=True)
    batch = made.batch(100.5, fps=25, cost=0.005, most=8)
    assert batch is None
    batch = made.batch(101.5, fps=25, cost=0.005, most=8)
    assert batch is not None and batch.pts_ms[0] == 2000
    assert batch.table[0, 0] == pytest.approx(2.0)


def test_it_follows_the_listener() -> None:
    clock = Clock(100.0)
    clock.heard(1000, 101.0 + JITTER_S / 2)
    assert clock.due(2000) == 102.0
    clock.heard(1000, 104.0)
    assert clock.due(2000) == 105.0


@given(
    st.floats(1, 30),
    st.floats(0.001, 0.3),
    st.floats(-2, 4),
    st.lists(st.floats(0.001, 0.5), min_size=1, max_size=60),
)
def test_it_never_goes_back_nor_beyond_the_end(fps: float, cost: float, offset: float, pauses: list[float]) -> None:
    made, now, last = reel(), 100.0 + offset, -1
    for pause in pauses:
        batch = made.batch(now, fps=fps, cost=cost, most=8)
        if batch is not None:
            assert len(batch.pts_ms) == len(batch.table) <= 8
            assert batch.pts_ms[0] > last
            assert batch.pts_ms[-1] < 3000
            assert np.isfinite(batch.table).all()
            last = batch.pts_ms[-1]
        now += pause
