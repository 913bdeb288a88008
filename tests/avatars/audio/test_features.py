import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from avatars.audio.features import BANDS, HOP, SAMPLE_RATE, Features

NOISE = np.random.default_rng(3).normal(0, 0.1, 3 * SAMPLE_RATE // 4).astype(np.float32)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, len(NOISE)), max_size=8))
def test_it_gives_the_same_frames_however_the_sound_is_cut(cuts: list[int]) -> None:
    whole, piecewise = Features().push(NOISE), Features()
    found = np.concatenate([piecewise.push(piece) for piece in np.split(NOISE, sorted(cuts))])
    assert found.shape == whole.shape == (len(NOISE) // HOP, BANDS)
    np.testing.assert_allclose(found, whole, atol=1e-5)


def test_it_hears_a_tone_in_its_band_and_not_elsewhere() -> None:
    t = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    low, high = (Features().push((0.5 * np.sin(2 * np.pi * hz * t)).astype(np.float32))[-1] for hz in (200, 5_000))
    assert low.argmax() < 12 < 55 < high.argmax()
    assert low[60:].max() < low.max() - 2


def test_it_does_not_depend_on_the_level_of_speech_but_knows_silence() -> None:
    loud, soft = Features().push(NOISE), Features().push(NOISE * np.float32(0.2))
    np.testing.assert_allclose(loud, soft, atol=1e-3)
    silent = Features().push(np.zeros(SAMPLE_RATE, np.float32))
    assert silent.max() < loud.min()


def test_it_forgets_a_loud_moment() -> None:
    bang = np.concatenate([NOISE[:4_800], NOISE * np.float32(0.02), NOISE * np.float32(0.02)])
    found = Features().push(bang).mean(axis=1)
    assert found[30] < found[-1] < found[10]
