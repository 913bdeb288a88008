import itertools

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from avatars.audio.features import HOP, SAMPLE_RATE
from avatars.audio.visemes import PosteriorStream, TimedViseme, VisemeStream, posteriors_of, visemes_of
from avatars.face.visemes import VISEMES
from tests.avatars.audio.saying import said

PP = VISEMES.index("PP")
LOOK_AHEAD = 8 * HOP  # samples after the beginning of a row: 80 ms


def _frames(visemes: list[TimedViseme]) -> list[str]:
    return [one.viseme for one in visemes for _ in range(one.start_ms, one.end_ms, 10)]


def _closures(labels: np.ndarray) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], labels == PP, [0]]).astype(int)))
    return [(int(a) * 10, int(b) * 10) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def test_it_hears_the_lips_close_in_mama_and_papa() -> None:
    one = said()
    true = _closures(one.labels)
    heard = [(v.start_ms, v.end_ms) for v in visemes_of(one.samples, SAMPLE_RATE) if v.viseme == "PP"]
    met = [any(a < end + 30 and start < b + 30 for start, end in heard) for a, b in true]
    false = [not any(a < end + 30 and start < b + 30 for a, b in true) for start, end in heard]
    assert len(true) >= 10
    assert sum(met) >= 0.8 * len(met)
    assert sum(false) <= 0.2 * len(false)


def test_it_agrees_with_what_was_said_in_most_frames() -> None:
    one = said()
    heard = _frames(visemes_of(one.samples, SAMPLE_RATE))
    right = [VISEMES[label] == told for label, told in zip(one.labels, heard, strict=True)]
    assert np.mean(right) > 0.6


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 3 * SAMPLE_RATE), st.integers(0, 2**32 - 1))
def test_it_never_looks_further_ahead_than_80_ms(at: int, seed: int) -> None:
    samples = said().samples[: 3 * SAMPLE_RATE]
    other = samples.copy()
    other[at:] = np.random.default_rng(seed).normal(0, 0.3, len(samples) - at)
    fixed = max(0, (at - LOOK_AHEAD) // HOP + 1)
    before, after = posteriors_of(samples, SAMPLE_RATE), posteriors_of(other, SAMPLE_RATE)
    np.testing.assert_allclose(before[:fixed], after[:fixed], atol=1e-5)
    if at < len(samples) - 2 * LOOK_AHEAD:
        assert np.abs(before - after).max() > 0.01


def test_it_tells_a_row_as_soon_as_its_80_ms_are_there() -> None:
    stream = PosteriorStream(SAMPLE_RATE)
    assert len(stream.push(np.zeros(LOOK_AHEAD - 1, np.float32))) == 0
    assert len(stream.push(np.zeros(1, np.float32))) == 1


@pytest.mark.parametrize("level", [0.0, 1e-4])
def test_it_hears_silence_in_silence(level: float) -> None:
    hush = np.random.default_rng(1).normal(0, 1, 2 * SAMPLE_RATE).astype(np.float32) * np.float32(level)
    assert set(_frames(visemes_of(hush, SAMPLE_RATE))) == {"sil"}


@pytest.mark.parametrize("gain", [0.1, 0.4, 2.0])
def test_it_hears_much_the_same_at_another_level(gain: float) -> None:
    samples = said().samples * np.float32(0.4 / np.abs(said().samples).max())
    plain, other = _frames(visemes_of(samples, SAMPLE_RATE)), _frames(visemes_of(samples * np.float32(gain), SAMPLE_RATE))
    assert np.mean([a == b for a, b in zip(plain, other, strict=True)]) > 0.93


@pytest.mark.parametrize("rate", [8_000, 16_000, 48_000])
def test_it_hears_the_same_mouth_at_other_sample_rates(rate: int) -> None:
    one = said()
    heard = _frames(visemes_of(soxr.resample(one.samples, SAMPLE_RATE, rate), rate))
    assert abs(len(heard) - len(one.labels)) <= 1
    agree = np.mean([VISEMES[label] == told for label, told in zip(one.labels, heard, strict=False)])
    assert agree > (0.5 if rate == 8_000 else 0.6)


@settings(max_examples=6, deadline=None)
@given(st.lists(st.integers(0, 2 * SAMPLE_RATE), max_size=6))
def test_it_tells_a_stream_what_it_tells_a_recording(cuts: list[int]) -> None:
    samples = said().samples[: 2 * SAMPLE_RATE + 17]
    stream = VisemeStream(SAMPLE_RATE)
    told = [one for piece in np.split(samples, sorted(cuts)) for one in stream.push(piece)] + stream.finish()
    whole = visemes_of(samples, SAMPLE_RATE)
    assert [(v.viseme, v.start_ms, v.end_ms) for v in told] == [(v.viseme, v.start_ms, v.end_ms) for v in whole]
    assert whole[0].start_ms == 0 and whole[-1].end_ms == 2_010
    assert all(a.end_ms == b.start_ms for a, b in itertools.pairwise(whole))
    assert all(0 <= v.confidence <= 1 for v in whole)


def test_it_takes_odd_sound_and_refuses_what_is_none() -> None:
    assert visemes_of(np.zeros(0, np.float32), SAMPLE_RATE) == []
    broken = np.full(SAMPLE_RATE, np.nan, np.float32)
    assert set(_frames(visemes_of(broken, SAMPLE_RATE))) == {"sil"}
    with pytest.raises(ValueError, match="mono"):
        visemes_of(np.zeros((2, 100), np.float32), SAMPLE_RATE)
    with pytest.raises(ValueError, match="rate"):
        visemes_of(np.zeros(100, np.float32), 4_000)
