"""Degrading in steps: the state machine by properties, the ladder with renderers that fail."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from avatars.render.base import Pictures, RenderFailed, Table
from avatars.render.ladder import Degraded, Ladder, Rung
from avatars.render.steps import Governor, Rules, Step

RULES = Rules(budget_ms=40, patience=3, rest_s=20, longest_rest_s=80)
STILL = np.full((6, 8, 3), 9, np.uint8)
moments = st.lists(st.tuples(st.sampled_from(["quick", "slow", "fail"]), st.integers(0, 30)), max_size=80)


def walk(rungs: int, events: list[tuple[str, int]]) -> list[tuple[str, float, int, Step | None]]:
    """Event, time, rung before, step for each event that happened."""
    governor, now, out = Governor(RULES, rungs), 0.0, []
    for event, pause in events:
        now += pause
        before = governor.rung
        if event == "fail":
            step = governor.failed(code="broken", now=now)
        else:
            step = governor.drawn(frame_ms=90 if event == "slow" else 5, now=now)
        assert governor.rung == (before if step is None else step.target)
        out.append((event, now, before, step))
    return out


@given(st.integers(1, 4), moments)
def test_it_stays_on_the_ladder_and_moves_one_rung_at_a_time(rungs: int, events: list[tuple[str, int]]) -> None:
    for event, _, before, step in walk(rungs, events):
        assert 0 <= before < rungs
        if step is None:
            assert event != "fail" or before == rungs - 1
            continue
        assert step.origin == before
        assert 0 <= step.target < rungs
        assert step.target - step.origin == (-1 if step.code == "recovered" else 1)
        assert {"recovered": "quick", "slow": "slow", "broken": "fail"}[step.code] == event


@given(st.integers(2, 4), moments)
def test_it_steps_down_only_after_enough_slow_batches_in_a_row(rungs: int, events: list[tuple[str, int]]) -> None:
    slow = 0
    for event, _, before, step in walk(rungs, events):
        slow = slow + 1 if event == "slow" else 0 if event == "quick" else slow
        if step is not None and step.code == "slow":
            assert slow >= RULES.patience
        if slow >= RULES.patience and before < rungs - 1 and event == "slow":
            assert step is not None
        slow = 0 if step else slow


@given(st.integers(2, 4), moments)
def test_it_rests_before_it_tries_again(rungs: int, events: list[tuple[str, int]]) -> None:
    last = None
    for _, now, _, step in walk(rungs, events):
        if step is not None and step.code == "recovered":
            assert last is not None
            assert now - last >= RULES.rest_s
        last = now if step else last


@given(st.integers(1, 4), st.integers(1, 10))
def test_it_tries_a_hopeless_rung_less_and_less_often(rungs: int, pause: int) -> None:
    governor, tries, now = Governor(RULES, rungs + 1), [], 0.0
    governor.failed(code="broken", now=now)
    while now < 2000 and rungs == 1:
        now += pause
        step = governor.drawn(frame_ms=1, now=now)
        if step is not None:
            tries.append(now)
            governor.failed(code="broken", now=now)
    gaps = np.diff(tries)
    assert len(tries) <= 2000 / RULES.longest_rest_s + 3
    assert (gaps[2:] >= RULES.longest_rest_s).all()


def test_it_forgets_old_failures_once_a_rung_has_held() -> None:
    governor = Governor(RULES, 2)
    governor.failed(code="broken", now=0)
    assert governor.drawn(frame_ms=1, now=20) == Step(code="recovered", origin=1, target=0)
    governor.failed(code="broken", now=21)
    assert governor.drawn(frame_ms=1, now=60) is None
    assert governor.drawn(frame_ms=1, now=61) is not None
    governor.drawn(frame_ms=1, now=110)
    governor.failed(code="broken", now=111)
    assert governor.drawn(frame_ms=1, now=131) is not None


@pytest.mark.parametrize("wrong", [{"budget_ms": 0}, {"patience": 0}, {"rest_s": 0}, {"rest_s": 700}])
def test_it_refuses_rules_without_sense(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="budget"):
        Rules(**wrong)
    with pytest.raises(ValueError, match="rung"):
        Governor(Rules(), 0)


class Clock:
    """Time that passes when a brush says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Brush:
    """Paints one shade at a cost; `fails` counts down."""

    most = 8

    def __init__(self, clock: Clock, shade: int, *, cost_ms: float = 5, fails: int = 0, size: tuple[int, int] = (8, 6)) -> None:
        self.size, self.cost_ms, self.fails, self.made, self.closed = size, cost_ms, fails, 0, 0
        self._clock, self._shade, self.surplus = clock, shade, 0

    def make(self) -> Brush:
        self.made += 1
        return self

    def close(self) -> None:
        self.closed += 1

    def render(self, table: Table) -> Pictures:
        self._clock.now += self.cost_ms * len(table) / 1000
        if self.fails:
            self.fails -= 1
            raise RenderFailed("glb_unreadable", "no") if self.fails % 2 else ValueError("no")
        return np.full((len(table) + self.surplus, self.size[1], self.size[0], 3), self._shade, np.uint8)


def ladder(clock: Clock, *brushes: Brush) -> tuple[Ladder, list[Degraded]]:
    told: list[Degraded] = []
    rungs = [Rung(name=f"rung{i}", make=brush.make) for i, brush in enumerate(brushes)]
    return Ladder(rungs, STILL, told=told.append, rules=RULES, clock=clock), told


TABLE = np.zeros((2, 57), np.float32)


def test_it_draws_with_the_best_and_says_nothing() -> None:
    clock = Clock()
    best = Brush(clock, 1)
    drawing, told = ladder(clock, best, Brush(clock, 2))
    assert (drawing.render(TABLE) == 1).all()
    assert (drawing.render(TABLE) == 1).all()
    assert told == []
    assert best.made == 1


def test_it_falls_to_the_simpler_and_to_the_still_within_one_call() -> None:
    clock = Clock()
    best, simple = Brush(clock, 1, fails=1), Brush(clock, 2, fails=4)
    drawing, told = ladder(clock, best, simple)
    pictures = drawing.render(TABLE)
    assert pictures.shape == (2, 6, 8, 3)
    assert (pictures == 9).all()
    assert [(step.code, step.origin, step.target) for step in told] == [
        ("render_error", "rung0", "rung1"),
        ("glb_unreadable", "rung1", "still"),
    ]
    assert (best.closed, simple.closed, drawing.rung) == (1, 1, "still")


def test_it_shows_a_smaller_rung_at_the_asked_size() -> None:
    clock = Clock()
    drawing, _ = ladder(clock, Brush(clock, 3, size=(4, 3)))
    assert drawing.render(TABLE).shape == (2, 6, 8, 3)


def test_it_takes_pictures_of_another_shape_for_a_failure() -> None:
    clock = Clock()
    liar = Brush(clock, 3)
    drawing, told = ladder(clock, liar)
    drawing.render(TABLE)
    liar.surplus = 1
    assert (drawing.render(TABLE) == 9).all()
    assert told[0].code == "wrong_pictures"


def test_it_leaves_a_slow_rung_and_comes_back_when_it_has_rested() -> None:
    clock = Clock()
    best = Brush(clock, 1, cost_ms=90)
    drawing, told = ladder(clock, best, Brush(clock, 2))
    shades = [int(drawing.render(TABLE)[0, 0, 0, 0]) for _ in range(4)]
    assert shades == [1, 1, 1, 2]
    best.cost_ms = 5
    clock.now += 20
    assert [int(drawing.render(TABLE)[0, 0, 0, 0]) for _ in range(2)] == [2, 1]
    assert [step.code for step in told] == ["slow", "recovered"]
    assert best.made == 2


def test_it_climbs_back_from_the_still() -> None:
    clock = Clock()
    drawing, told = ladder(clock, Brush(clock, 1, fails=1))
    assert (drawing.render(TABLE) == 9).all()
    clock.now += 20
    drawing.render(TABLE)
    assert (drawing.render(TABLE) == 1).all()
    assert [step.target for step in told] == ["still", "rung0"]


class Listener(Brush):
    """Paints the loudness."""

    def render_spoken(self, table: Table, samples: NDArray[np.float32], fps: float) -> Pictures:
        return self.render(table) + np.uint8(samples.max() * 100)


def test_it_lets_rungs_listen_that_can() -> None:
    clock = Clock()
    sound = np.full(100, 0.5, np.float32)
    drawing, told = ladder(clock, Listener(clock, 1), Brush(clock, 2))
    assert (drawing.render(TABLE) == 1).all()
    assert (drawing.render_spoken(TABLE, sound, 25) == 51).all()
    drawing, told = ladder(clock, Listener(clock, 1, fails=1), Brush(clock, 2))
    assert (drawing.render_spoken(TABLE, sound, 25) == 2).all()
    assert [step.target for step in told] == ["rung1"]


def test_it_frees_its_renderer_and_makes_it_again() -> None:
    clock = Clock()
    best = Brush(clock, 1)
    drawing, _ = ladder(clock, best)
    drawing.render(TABLE)
    drawing.close()
    drawing.close()
    assert (best.made, best.closed) == (1, 1)
    assert (drawing.render(TABLE) == 1).all()
    assert best.made == 2


def test_it_survives_a_listener_that_fails_and_empty_tables() -> None:
    clock = Clock()

    def deaf(step: Degraded) -> None:
        raise RuntimeError("nobody listens")

    drawing = Ladder([Rung(name="only", make=Brush(clock, 1, fails=1).make)], STILL, told=deaf, clock=clock)
    assert (drawing.render(TABLE) == 9).all()
    assert drawing.render(TABLE[:0]).shape == (0, 6, 8, 3)
