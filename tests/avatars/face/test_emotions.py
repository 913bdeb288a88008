"""Emotions fade into each other and refuse what they don't know."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatars.face import EMOTIONS, Animator
from avatars.face.emotions import FADE_S, EmotionHistory

NAMES = st.sampled_from(EMOTIONS)
CHANGES = st.lists(st.tuples(NAMES, st.floats(0, 1), st.floats(-5, 30)), max_size=8)
T = np.arange(0, 20, 0.01)


def test_it_knows_the_eight_emotions() -> None:
    assert EMOTIONS == ("neutral", "happy", "sad", "angry", "surprised", "serious", "excited", "soothing")


@given(CHANGES)
def test_it_never_jumps_and_stays_between_the_poses(changes: list[tuple[str, float, float]]) -> None:
    history = EmotionHistory()
    for name, intensity, at in changes:
        history.change(name, intensity, at_s=at)
    weights, _ = history.at(T)
    steps = np.abs(np.diff(weights, axis=1))
    assert weights.min() >= -0.2 and weights.max() <= 1  # below 0 it takes the resting smile away
    assert steps.max(initial=0.0) <= 1.9 / FADE_S * 0.01 * (1 + len(changes))


def test_it_scales_with_intensity() -> None:
    full, half = EmotionHistory(), EmotionHistory()
    full.change("happy", 1.0, at_s=-5)
    half.change("happy", 0.5, at_s=-5)
    assert np.allclose(half.at(T)[0], full.at(T)[0] / 2)
    assert full.at(T)[0].max() > 0.5


def test_it_is_neutral_before_the_first_change_and_settled_after_it() -> None:
    history = EmotionHistory()
    history.change("angry", 1.0, at_s=2.0)
    assert not history.at(np.array([0.0, 2.0]))[0].any()
    assert np.array_equal(history.at(np.array([2.0 + FADE_S]))[0], history.at(np.array([19.0]))[0])


@pytest.mark.parametrize(("name", "intensity"), [("cheerful", 0.5), ("happy", 1.01), ("happy", -0.1), ("happy", float("nan"))])
def test_it_refuses_what_it_does_not_know_and_stays_as_it_is(name: str, intensity: float) -> None:
    animator, untouched = Animator(1), Animator(1)
    with pytest.raises(ValueError, match=r"unknown emotion|intensity"):
        animator.set_emotion(name, intensity, at_ms=0)
    assert np.array_equal(animator.track(0, 2_000).table(), untouched.track(0, 2_000).table())


def test_it_distinguishes_every_pair_of_emotions() -> None:
    poses = []
    for name in EMOTIONS:
        animator = Animator(1)
        animator.set_emotion(name, 1.0, at_ms=-5_000)
        poses.append(animator.track(0, 5_000).weights.mean(axis=0))
    apart = [np.abs(a - b).max() for i, a in enumerate(poses) for b in poses[:i]]
    assert min(apart) > 0.15
