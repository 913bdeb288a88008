"""Clauses arrive while the face is already on its way: nothing given out changes, and nothing jumps."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatars.face import ARKIT, Animator
from tests.avatars.face.speaking import SENTENCE, clause, face

MOUTH = [i for i, name in enumerate(ARKIT) if name.startswith(("mouth", "jaw", "tongue"))]
STEP_BOUND = 0.25
FIRST = clause("_:40 b:60 ˈi:90 f:70 ɔ:110 ɹ:60 _:70", text="Before,")
SECOND = clause("_:15 w:70 ˈi:90 p:70 ˈæ:120 n:60 ɪ:70 k:50 _:150", start_ms=FIRST.duration_ms)
END = 1_000 + FIRST.duration_ms


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 20), min_size=2, max_size=12))
def test_it_does_not_matter_how_the_time_is_cut(lengths: list[int]) -> None:
    cuts = [500 + 100 * sum(lengths[:i]) for i in range(len(lengths) + 1)]
    whole = face(FIRST, SECOND).track(cuts[0], cuts[-1])
    pieces = face(FIRST, SECOND)
    table = np.concatenate([pieces.track(a, b).table() for a, b in itertools.pairwise(cuts)])
    assert np.abs(table - whole.table()).max() < 2e-5


def test_it_gives_the_same_motion_again() -> None:
    assert np.array_equal(face(FIRST, SECOND).track(0, 3_000).table(), face(FIRST, SECOND).track(0, 3_000).table())


def test_it_gives_the_same_at_another_frame_rate() -> None:
    slow, fast = (face(FIRST, SECOND).track(500, 2_500, fps=fps).table() for fps in (30, 60))
    assert np.abs(slow - fast[::2]).max() < 1e-5


@pytest.mark.parametrize("given_until", [700, 1_200, END - 150, END - 40, END])
def test_it_joins_a_late_clause_without_a_jump_and_without_changing_what_was_given(given_until: int) -> None:
    animator = face(FIRST)
    early = animator.track(0, given_until, fps=60).table()
    animator.speak(SECOND, at_ms=1_000 + SECOND.start_ms)
    late = animator.track(given_until, 4_000, fps=60)
    again = animator.track(0, given_until, fps=60).table()
    assert np.abs(again - early).max() < 1e-5
    joined = np.concatenate([early, late.table()])
    assert np.abs(np.diff(joined[:, MOUTH], axis=0)).max() < STEP_BOUND
    assert np.abs(np.diff(joined[:, 52:55], axis=0)).max() < 0.75
    on_time = face(FIRST, SECOND).track(given_until, 4_000, fps=60).weights
    settled = max(END - given_until, 0) * 60 // 1000 + 30  # half a second after the clause begins
    assert np.abs(late.weights[settled:, MOUTH] - on_time[settled:, MOUTH]).max() < 0.02


@settings(max_examples=30, deadline=None)
@given(st.integers(900, 3_000), st.integers(0, 400))
def test_it_stops_without_a_jump_and_soon(at_ms: int, ahead: int) -> None:
    animator = face(clause(SENTENCE))
    given_out = animator.track(0, at_ms + ahead, fps=60).table()
    animator.stop(at_ms=at_ms)
    rest = animator.track(at_ms + ahead, 6_000, fps=60)
    assert np.abs(np.diff(np.concatenate([given_out, rest.table()])[:, MOUTH], axis=0)).max() < STEP_BOUND
    silent = face().track(at_ms + ahead, 6_000, fps=60)
    assert np.abs(rest.weights - silent.weights)[20:, MOUTH].max() < 0.02


def test_it_speaks_again_after_a_stop() -> None:
    animator = face(clause(SENTENCE))
    animator.track(0, 2_000)
    animator.stop(at_ms=2_000)
    animator.speak(FIRST, at_ms=2_100)
    again = animator.track(2_000, 4_000, fps=60)
    assert np.abs(np.diff(again.weights[:, MOUTH], axis=0)).max() < STEP_BOUND
    assert again.weights[:, ARKIT.index("mouthPucker")].max() > 0.2


def test_it_refuses_speech_over_speech_and_stays_as_it_is() -> None:
    animator, untouched = face(FIRST), face(FIRST)
    with pytest.raises(ValueError, match="overlaps"):
        animator.speak(SECOND, at_ms=END - 200)
    assert np.array_equal(animator.track(0, 4_000).table(), untouched.track(0, 4_000).table())


def test_it_takes_up_an_emotion_that_comes_late_from_there_on() -> None:
    animator = Animator(7)
    before = animator.track(0, 1_000).table()
    animator.set_emotion("happy", 1.0, at_ms=200)
    assert np.array_equal(animator.track(0, 1_000).table(), before)
    after = animator.track(1_000, 3_000).weights[:, ARKIT.index("mouthSmileLeft")]
    assert after[0] < 0.2 < 0.6 < after[-1]


def test_it_keeps_up_with_a_long_turn() -> None:
    animator, at = Animator(7), 0
    for i in range(60):
        chunk = clause(SENTENCE if i % 2 else "_:40 b:60 ˈi:90 _:900 f:70 ɔ:110 ɹ:60 _:70")
        animator.speak(chunk, at_ms=at)
        at += chunk.duration_ms
        track = animator.track(at - chunk.duration_ms, at)
        assert track.weights.min() >= 0 and track.weights.max() <= 1
    assert len(animator.track(0, at)) == -(-at * 30 // 1000)
