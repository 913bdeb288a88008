"""A face at rest lives, from its seed alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatars.face import ARKIT, Animator
from avatars.face.channels import INDEX
from avatars.face.noise import hashed, salts

SEEDS = st.integers(0, 2**32 - 1)
MOUTH = [i for i, name in enumerate(ARKIT) if name.startswith(("mouth", "jaw", "tongue"))]
BLINK = INDEX["eyeBlinkLeft"]


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.integers(0, 10**9))
def test_it_is_a_function_of_seed_and_time_alone(seed: int, start: int) -> None:
    whole = Animator(seed).track(start, start + 900).table()
    face = Animator(seed)
    late = face.track(start + 600, start + 900).table()
    early = np.concatenate([face.track(start + k, start + k + 200).table() for k in (0, 200, 400)])
    assert np.allclose(np.concatenate([early, late]), whole, atol=1e-5)


def test_it_moves_differently_under_another_seed() -> None:
    assert np.abs(Animator(1).track(0, 10_000).head - Animator(2).track(0, 10_000).head).max() > 1.0


def test_it_changes_smoothly() -> None:
    steps = dict.fromkeys(ARKIT, 0.0)
    for seed in range(4):
        track = Animator(seed).track(0, 60_000, fps=60)
        steps = {
            name: max(steps[name], float(s)) for name, s in zip(ARKIT, np.abs(np.diff(track.weights, axis=0)).max(0), strict=True)
        }
        assert np.abs(np.diff(track.head, axis=0)).max() * 60 < 40  # degrees a second
    assert max(step for name, step in steps.items() if name.startswith("eyeBlink")) < 0.5
    assert max(step for name, step in steps.items() if not name.startswith("eye")) < 0.01


def test_it_keeps_the_mouth_at_rest() -> None:
    mouth = Animator(3).track(0, 60_000).weights[:, MOUTH]
    assert mouth.max() < 0.2
    assert np.ptp(mouth, axis=0).max() < 0.06


def test_it_blinks_as_people_do() -> None:
    lids = Animator(5).track(0, 600_000).weights[:, BLINK]
    shut = lids > 0.6
    starts = np.flatnonzero(shut[1:] & ~shut[:-1])
    assert 12 <= len(starts) / 10 <= 24  # a minute: 17 at rest (Bentivoglio et al. 1997)
    assert np.diff(starts).min() >= 0.3 * 30
    assert shut.mean() < 0.08


def test_it_looks_at_the_listener_most_of_the_time() -> None:
    track = Animator(5).track(0, 300_000)
    away = np.abs(track.gaze + 0.92 * track.head[:, :2]).max(axis=1)
    assert 0.6 < (away < 3.5).mean() < 0.95
    assert away.max() > 7


def test_it_blinks_and_looks_away_less_when_angry() -> None:
    calm, angry = Animator(5), Animator(5)
    angry.set_emotion("angry", 1.0, at_ms=-1_000)
    a, b = calm.track(0, 300_000), angry.track(0, 300_000)
    assert np.std(b.gaze[:, 0]) < np.std(a.gaze[:, 0])
    assert (b.weights[:, BLINK] > 0.6).sum() < (a.weights[:, BLINK] > 0.6).sum()


def test_it_gives_no_frames_for_no_time_and_refuses_odd_rates() -> None:
    face = Animator(0)
    assert len(face.track(500, 500)) == 0 and face.track(500, 400).table().shape == (0, 57)
    assert len(face.track(0, 1_000, fps=60)) == 60 and len(face.track(0, 33)) == 1
    for fps in (0, 121, -30):
        with pytest.raises(ValueError, match="fps"):
            face.track(0, 1_000, fps=fps)


@given(st.integers(-(2**40), 2**40), SEEDS)
def test_its_randomness_is_the_32_bit_hash_that_the_browser_computes(index: int, seed: int) -> None:
    mask = 0xFFFFFFFF
    salt = ((seed ^ 9 * 0xC2B2AE3D) * 0x85EBCA77 + 0x165667B1) & mask
    x = (index * 0x9E3779B1 + salt) & mask
    x = ((x ^ x >> 15) * 0x2C1B3C6D) & mask
    x = ((x ^ x >> 12) * 0x297A2D39) & mask
    assert hashed(np.array([index]), salts(seed, 9))[0, 0] == (x ^ x >> 15) / 2**32
