"""Many voices at once."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from avatars.voice import DEFAULT_VOICE, SpeechChunk, speak
from avatars.voice.once import once

TEXTS = [
    "Hello there, how are you today?",
    "Your appointment is on 5 March at 10:30, and it costs $25.",
    "Zyxxle and Quorbin are words that nobody has heard of.",
    "She sells sea shells; he reads what he read yesterday.",
    "Dr. Smith lives at 5 Main St. in St. Louis.",
    "Thank you for waiting. The next advisor will be with you shortly.",
]


def say(text: str) -> list[SpeechChunk]:
    return list(speak(text, voice=DEFAULT_VOICE))


def test_it_says_the_same_in_many_threads_as_in_one() -> None:
    alone = [say(text) for text in TEXTS]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(say, TEXTS * 4))
    for at, chunks in enumerate(together):
        for one, other in zip(chunks, alone[at % len(TEXTS)], strict=True):
            assert np.array_equal(one.pcm, other.pcm)
            assert (one.phonemes, one.words) == (other.phonemes, other.words)


def test_it_interleaves_two_utterances_in_one_thread() -> None:
    alone = say(TEXTS[5])
    first, second = (speak(TEXTS[5], voice=DEFAULT_VOICE) for _ in range(2))
    for one, other, expected in zip(first, second, alone, strict=True):
        assert np.array_equal(one.pcm, expected.pcm)
        assert np.array_equal(other.pcm, expected.pcm)


def test_it_loads_a_thing_once_for_all_who_ask_at_the_same_time() -> None:
    made: list[int] = []

    @once
    def thing(number: int) -> object:
        made.append(number)
        return object()

    with ThreadPoolExecutor(8) as pool:
        things = list(pool.map(thing, [1] * 32 + [2] * 32))
    assert sorted(made) == [1, 2]
    assert len(set(map(id, things))) == 2
