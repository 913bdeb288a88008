"""The interface of the voice package, with the default English voice."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatars.voice import DEFAULT_VOICE, SpeechChunk, SpeechError, catalogue, speak, warm_up

TEXT = "Hello there, I paid $5 for it. Both people stop by, maybe? Yes!"


def say(text: str, *, voice: str = DEFAULT_VOICE, rate: float = 1.0) -> list[SpeechChunk]:
    return list(speak(text, voice=voice, rate=rate))


def refusal(text: str, *, voice: str = DEFAULT_VOICE) -> SpeechError:
    with pytest.raises(SpeechError) as caught:
        say(text, voice=voice)
    assert caught.value.hint
    assert str(caught.value)
    return caught.value


def check(text: str, chunks: list[SpeechChunk]) -> None:
    """What holds for every utterance."""
    assert sum(chunk.characters for chunk in chunks) == len(text)
    clock, phoneme_end, word_start = 0, 0, 0
    for chunk in chunks:
        assert chunk.pcm.dtype == np.dtype(np.int16)
        assert (chunk.sample_rate, chunk.start_ms) == (24_000, clock)
        assert len(chunk.pcm) == chunk.duration_ms * 24
        clock += chunk.duration_ms
        for phoneme in chunk.phonemes:
            assert phoneme_end <= phoneme.start_ms < phoneme.end_ms <= clock
            assert len(phoneme.segment) == 1
            phoneme_end = phoneme.end_ms
        for word in chunk.words:
            assert word.text in chunk.text
            assert max(word_start, chunk.start_ms) <= word.start_ms <= word.end_ms <= clock
            word_start = word.start_ms


def test_it_speaks_clause_by_clause_with_times_of_phonemes_and_words() -> None:
    chunks = say(TEXT)
    check(TEXT, chunks)
    assert [chunk.text for chunk in chunks] == ["Hello there, I paid $5 for it.", "Both people stop by, maybe?", "Yes!"]
    assert [word.text for chunk in chunks for word in chunk.words] == TEXT.split()


def test_it_gives_a_word_as_the_caller_wrote_it_the_time_of_what_is_said_for_it() -> None:
    (chunk,) = say("It costs $5 today.")
    five = next(word for word in chunk.words if word.text == "$5")
    said = "".join(one.segment for one in chunk.phonemes if five.start_ms <= one.start_ms < five.end_ms)
    assert said == "faɪvdɑləɹz"


def test_it_makes_one_word_of_a_number_and_its_unit() -> None:
    (chunk,) = say("We ran 5 km today.")
    assert [word.text for word in chunk.words] == ["We", "ran", "5 km", "today."]


def test_it_marks_stress_on_vowels_and_splits_diphthongs() -> None:
    (chunk,) = say("Maybe.")
    assert [one.ipa for one in chunk.phonemes] == ["m", "ˈe", "ɪ", "b", "i"]
    assert [one.stress for one in chunk.phonemes] == [0, 2, 0, 0, 0]
    nucleus, glide = chunk.phonemes[1:3]
    assert nucleus.end_ms - nucleus.start_ms > glide.end_ms - glide.start_ms


def test_it_speaks_faster_and_slower() -> None:
    slow, usual, fast = (sum(chunk.duration_ms for chunk in say(TEXT, rate=rate)) for rate in (0.7, 1.0, 1.5))
    assert fast < 0.8 * usual < 0.8 * 0.8 * slow


@pytest.mark.parametrize(("rate", "same_as"), [(0.0, 0.5), (-3.0, 0.5), (99.0, 2.0), (float("nan"), 1.0)])
def test_it_holds_the_pace_within_its_limits(rate: float, same_as: float) -> None:
    assert np.array_equal(say("Yes.", rate=rate)[0].pcm, say("Yes.", rate=same_as)[0].pcm)


def test_it_says_the_same_text_the_same_way_each_time() -> None:
    for first, second in zip(say(TEXT), say(TEXT), strict=True):
        assert np.array_equal(first.pcm, second.pcm)
        assert first.phonemes == second.phonemes
        assert first.words == second.words


def test_it_makes_a_clause_only_when_asked_for_it() -> None:
    warm_up()
    text = "This sentence is one of very many that nobody waits for. " * 500
    started = time.thread_time()
    stream = speak(text, voice=DEFAULT_VOICE)
    first = next(iter(stream))
    stream.close()  # type: ignore[attr-defined]
    assert time.thread_time() - started < 0.5
    assert first.text == "This sentence is one of very many that nobody waits for."
    assert list(stream) == []


def test_it_starts_at_once_and_costs_little() -> None:
    warm_up()
    waits = []
    for text in ("Yes, of course.", "Hello there, how are you?", "I will look that up for you now.") * 4:
        started = time.thread_time()
        next(iter(speak(text, voice=DEFAULT_VOICE)))
        waits.append(time.thread_time() - started)
    assert min(waits) < 0.060
    started = time.thread_time()
    seconds = sum(chunk.duration_ms for chunk in say(TEXT * 4)) / 1000
    assert (time.thread_time() - started) / seconds < 0.05


@pytest.mark.parametrize("text", ["", "   ", "\n\t "])
def test_it_refuses_an_empty_text(text: str) -> None:
    assert refusal(text).code == "empty_text"


@pytest.mark.parametrize("text", ["😀", "🎉 👍🏽 🇩🇪", "!!!", "—", "\u200b"])
def test_it_refuses_a_text_without_anything_to_say(text: str) -> None:
    assert refusal(text).code == "unsupported_text"


@pytest.mark.parametrize("text", ["你好，今天天气很好。", "Привет, как дела?", "नमस्ते"])
def test_it_refuses_a_script_that_the_voice_does_not_read(text: str) -> None:
    assert refusal(text).code == "unsupported_language"


def test_it_refuses_a_text_that_is_too_long() -> None:
    assert refusal("long " * 10_001).code == "text_too_long"


def test_it_refuses_a_voice_it_does_not_know_before_anything_is_spoken() -> None:
    with pytest.raises(SpeechError) as caught:
        speak("Hello.", voice="nobody")
    assert caught.value.code == "unknown_voice"
    with pytest.raises(SpeechError):
        warm_up("nobody")


def test_it_leaves_emoji_out_and_says_the_rest() -> None:
    text = "Well done 😀! See you 👍🏽 soon."
    chunks = say(text)
    check(text, chunks)
    assert [word.text for chunk in chunks for word in chunk.words] == ["Well", "done", "See", "you", "soon."]


def test_it_skips_a_foreign_word_in_a_sentence_it_can_read() -> None:
    text = "The word 你好 means hello."
    chunks = say(text)
    check(text, chunks)
    assert [word.text for chunk in chunks for word in chunk.words][-2:] == ["means", "hello."]


def test_it_lists_every_voice_with_what_it_needs() -> None:
    voices = catalogue()
    assert voices[0].id == DEFAULT_VOICE
    assert voices[0].available
    assert len({voice.id for voice in voices}) == len(voices)
    for voice in voices:
        assert voice.licence
        assert voice.available or voice.needs
    assert {"de", "es", "fr", "it", "pt-BR", "nl", "pl", "sv", "tr", "ru", "hi"} <= {voice.language for voice in voices}


@settings(max_examples=40, deadline=None)
@given(st.text(min_size=1, max_size=40))
def test_it_speaks_or_refuses_any_text(text: str) -> None:
    try:
        chunks = say(text)
    except SpeechError as error:
        assert error.hint
    else:
        check(text, chunks)


_ODD = st.sampled_from(
    (
        *("Dr.", "$5", "1,000", "me@x.com", "http://a.b/c", "10:30", "3/4", "1/2/2024", "-5", "°C", "5 km", "**b**", "[a](b)"),
        *("a" * 320, "9" * 100, "1.2.3.4", "#5", "½", "rock'n'roll", "--", "$,", ".5", "٣", "²", "Ⅳ", "C++", "\ud800", "I"),
    )
)


@settings(max_examples=20, deadline=None)
@given(st.lists(_ODD, min_size=1, max_size=5), st.sampled_from([" ", "", "\n", "  "]))
def test_it_speaks_or_refuses_odd_words_in_any_order(words: list[str], between: str) -> None:
    text = between.join(words)
    try:
        chunks = say(text)
    except SpeechError as error:
        assert error.hint
    else:
        check(text, chunks)
