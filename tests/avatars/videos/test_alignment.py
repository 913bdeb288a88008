"""Words of a known text are found in a recording of somebody else, and a text that is another one is noticed."""

from __future__ import annotations

import contextlib
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatars.audio.visemes import posteriors_of
from avatars.face import VISEMES
from avatars.videos.alignment import Differs, Rows, Sounding, aligned, soundings
from avatars.voice import SAMPLE_RATE, SpeechChunk, speak

READER, SPEAKER = "hibari-heart", "espeak-en-GB"
TEXT = "The bakery opens at seven in the morning. Fresh bread comes out of the oven every hour, and coffee is always warm."
OTHER = "Once upon a time there was a king who lived in a castle on a hill, far away from everyone else that he knew."


def heard(chunks: list[SpeechChunk], noise: float = 0.0) -> Rows:
    pcm = np.concatenate([chunk.pcm for chunk in chunks]).astype(np.float32) / 32768
    return posteriors_of(pcm + noise * np.random.default_rng(1).standard_normal(len(pcm)).astype(np.float32), SAMPLE_RATE)


@pytest.mark.parametrize(("rate", "noise"), [(1.0, 0.0), (1.3, 0.005)])
def test_it_finds_the_words_of_another_voice(rate: float, noise: float) -> None:
    chunks = list(speak(TEXT, voice=SPEAKER, rate=rate))
    truth = [word for chunk in chunks for word in chunk.words]
    words = aligned(heard(chunks, noise), soundings(speak(TEXT, voice=READER)))
    assert [word.text for word in words] == [word.text for word in truth] == TEXT.split()
    errors = [abs(word.start_ms - true.start_ms) for word, true in zip(words, truth, strict=True)]
    assert np.median(errors) <= 40
    assert max(errors) <= 300
    times = [time for word in words for time in (word.start_ms, word.end_ms)]
    assert times == sorted(times)


@pytest.mark.parametrize("text", [OTHER, TEXT[:42], f"{TEXT} {OTHER}", f"{TEXT} " * 9])
def test_it_notices_a_text_that_nobody_says(text: str) -> None:
    with pytest.raises(Differs):
        aligned(heard(list(speak(TEXT, voice=SPEAKER))), soundings(speak(text, voice=READER)))


def test_it_knows_how_every_word_of_a_text_is_made() -> None:
    words = soundings(speak("We open at 7, on the 3rd: 5 € a loaf!", voice=READER))
    assert " ".join(word.text for word in words) == "We open at 7, on the 3rd: 5 € a loaf!"
    assert all(word.visemes for word in words)
    papa = soundings(speak("Papa", voice=READER))[0]
    assert [VISEMES[shape] for shape in papa.visemes][:3:2] == ["PP", "PP"]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.integers(1, 14), min_size=1, max_size=5), min_size=1, max_size=8), st.integers(2, 9), st.booleans())
def test_it_finds_exactly_what_is_heard_clearly(shapes: list[list[int]], steps: int, pauses: bool) -> None:
    """Each viseme for so many steps of 20 ms, with or without silence between words."""
    words: list[Sounding] = []
    rows: list[int] = []
    starts: list[int] = []
    for number, shape in enumerate(shapes):
        distinct = [one for at, one in enumerate(shape) if at == 0 or one != shape[at - 1]]
        if number and (pauses or distinct[0] == rows[-1]):
            rows += [0] * 2 * steps
        starts.append(len(rows) * 10)
        rows += [one for one in distinct for _ in range(2 * steps)]
        words.append(Sounding(text=str(number), visemes=tuple(distinct)))
    clear = np.eye(len(VISEMES), dtype=np.float32)[rows]
    assert [word.start_ms for word in aligned(clear, words)] == starts


def noisy(seconds: int, count: int) -> tuple[Rows, list[Sounding]]:
    """Rows that say nothing clearly, and so many words."""
    chance = np.random.default_rng(7)
    rows = chance.dirichlet(np.ones(len(VISEMES)), 100 * seconds).astype(np.float32)
    shapes = chance.integers(1, len(VISEMES), (count, 3)).tolist()
    return rows, [Sounding(text=str(number), visemes=tuple(shape)) for number, shape in enumerate(shapes)]


def test_it_takes_little_memory_for_a_long_text() -> None:
    rows, words = noisy(60, 900)
    tracemalloc.start()
    with contextlib.suppress(Differs):
        aligned(rows, words)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3000 * 3601  # a byte for each step of each state; their scores alone would be four


def test_it_shows_signs_of_life_and_stops_when_it_is_told() -> None:
    rows, words = noisy(30, 200)
    beats: list[int] = []

    def beat() -> None:
        beats.append(1)
        if len(beats) == 5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        aligned(rows, words, beat=beat)
    assert len(beats) == 5
