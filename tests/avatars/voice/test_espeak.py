"""espeak-ng in its process: what it says, and what happens when the process dies or hangs."""

import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatars.voice import SpeechError, catalogue, speak
from avatars.voice.espeak_ipa import pronounce_foreign
from avatars.voice.espeak_process import EspeakProcess, espeak_available, shared_process
from tests.avatars.voice.test_speak import check

pytestmark = pytest.mark.skipif(not espeak_available(), reason="espeak-ng is not installed: visavis[espeak]")


@pytest.fixture
def process() -> Iterator[EspeakProcess]:
    one = EspeakProcess(answer_within_s=2.0)
    yield one
    one.close()


def ask(process: EspeakProcess, text: str = "Guten Tag.") -> str:
    answer = process.ask(text, voice="de", words_per_minute=165)
    return "".join(event.ipa for event in answer.events if event.kind == "phoneme").replace("ˈ", "")


@pytest.mark.parametrize(
    ("voice", "text", "sounds"),
    [
        ("espeak-de", "Guten Tag, wie geht es?", "ɡutəntɑk"),
        ("espeak-es", "Buenos días", "bwenos"),
        ("espeak-fr", "Bonjour", "bɔʒuʁ"),
        ("espeak-it", "Buongiorno", "bʊonʤɔrno"),
        ("espeak-pl", "Dzień dobry", "ʥɛɲ"),
        ("espeak-ru", "Добрый день", "dobr"),
        ("espeak-zh-CN", "你好，今天天气很好。", "niχɑu"),
        ("espeak-hi", "नमस्ते", "nəmʌste"),
        ("espeak-de-female", "Guten Tag", "ɡutən"),
    ],
)
def test_it_speaks_other_languages_with_times(voice: str, text: str, sounds: str) -> None:
    chunks = list(speak(text, voice=voice))
    check(text, chunks)
    assert "".join(one.segment for chunk in chunks for one in chunk.phonemes).startswith(sounds)


def test_it_keeps_every_word_of_the_caller_even_where_espeak_reads_two_as_one() -> None:
    text = "Es kostet 72,5 Euro bzw. 5 €, d. h. am 3. Mai um 14:30 Uhr."
    chunks = list(speak(text, voice="espeak-de"))
    check(text, chunks)
    said = [word.text for chunk in chunks for word in chunk.words]
    assert said == ["Es", "kostet", "72,5", "Euro", "bzw.", "5 €,", "d. h.", "am", "3. Mai", "um", "14:30 Uhr."]
    english = "It has been in the house for a day."
    assert [word.text for chunk in speak(english, voice="espeak-en-US") for word in chunk.words] == english.split()


def test_every_voice_of_the_list_speaks() -> None:
    for voice in catalogue():
        if voice.engine == "espeak-ng":
            assert sum(chunk.duration_ms for chunk in speak("Radio 5", voice=voice.id)) > 300


def test_it_starts_a_worker_that_died_again(process: EspeakProcess) -> None:
    before = ask(process)
    first = process.pid
    os.kill(first, signal.SIGKILL)
    assert ask(process) == before
    assert process.pid != first
    assert not psutil.pid_exists(first)


def test_it_gives_up_on_a_worker_that_hangs_and_works_again_after(process: EspeakProcess) -> None:
    ask(process)
    hung = process.pid
    os.kill(hung, signal.SIGSTOP)
    assert ask(process) == "ɡuːtəntɑːk"
    assert process.pid != hung


def test_it_says_so_when_the_worker_can_not_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    process = EspeakProcess(answer_within_s=1.0)
    with pytest.raises(SpeechError) as caught:
        ask(process)
    assert caught.value.code == "engine_failed"
    assert process.pid == 0


def test_it_refuses_a_voice_that_espeak_does_not_know_and_goes_on(process: EspeakProcess) -> None:
    with pytest.raises(SpeechError) as caught:
        process.ask("Hello.", voice="klingon-nonsense", words_per_minute=165)
    assert caught.value.code == "voice_unavailable"
    worker = process.pid
    assert ask(process)
    assert process.pid == worker


def test_many_threads_share_one_worker(process: EspeakProcess) -> None:
    texts = ["Guten Tag.", "Auf Wiedersehen.", "Vielen Dank."] * 8
    alone = [ask(process, text) for text in texts[:3]]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(lambda text: ask(process, text), texts))
    assert together == alone * 8


def test_no_code_of_espeak_is_loaded_into_this_process() -> None:
    list(speak("Guten Tag.", voice="espeak-de"))
    assert shared_process().pid
    mapped = {entry.path for entry in psutil.Process().memory_maps()}
    assert not [path for path in mapped if "espeak" in path]
    assert "espeakng_loader" not in sys.modules


def test_it_pronounces_long_sounds_and_keeps_the_marks_between_words() -> None:
    text = "La mattina, città!"
    tokens = pronounce_foreign(text, voice="it")
    assert "".join(token.symbols for token in tokens) == "la matːˈina, ʧitːˈa!"
    assert [text[token.start : token.end] for token in tokens] == ["La", "mattina", "città"]


@settings(max_examples=30, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=40))
def test_it_pronounces_any_text_in_order(text: str) -> None:
    tokens = pronounce_foreign(text, voice="fr")
    assert all(0 <= token.start < token.end for token in tokens)
    assert [token.start for token in tokens] == sorted(token.start for token in tokens)
