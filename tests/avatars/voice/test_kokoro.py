"""Kokoro, where it is fetched: `make voices`."""

import time

import numpy as np
import pytest

from avatars.voice import SpeechError, catalogue, speak, warm_up
from avatars.voice.espeak_process import espeak_available
from avatars.voice.store import SPEAKERS, fetched
from tests.avatars.voice.meter import lufs
from tests.avatars.voice.test_speak import check

FETCHED = all(fetched(speaker.name) for speaker in SPEAKERS)
needs_voices = pytest.mark.skipif(not FETCHED, reason="KOKORO IS NOT TESTED: its voices are not fetched; run `make voices`")
needs_espeak = pytest.mark.skipif(not espeak_available(), reason="KOKORO IS NOT TESTED: espeak-ng is not installed")


@needs_voices
@pytest.mark.parametrize(("voice", "text", "sounds"), [("kokoro-am_michael", "Hello there.", "həloʊðɛɹ")])
def test_it_speaks_english_with_times(voice: str, text: str, sounds: str) -> None:
    (chunk,) = speak(text, voice=voice)
    check(text, [chunk])
    assert "".join(one.segment for one in chunk.phonemes) == sounds
    assert [word.text for word in chunk.words] == text.split()
    assert lufs(chunk.pcm, 24_000) == pytest.approx(-20, abs=3)


@needs_voices
@needs_espeak
@pytest.mark.parametrize(
    ("voice", "text", "sounds"),
    [
        ("kokoro-ef_dora", "Buenos días.", "bwenosðias"),
        ("kokoro-ff_siwis", "Bonjour.", "bɔʒuʁ"),
        ("kokoro-if_sara", "Ciao.", "ʧao"),
        ("kokoro-pf_dora", "Bom dia.", "boŋʤiæ"),
    ],
)
def test_it_speaks_other_languages_with_espeaks_pronunciation(voice: str, text: str, sounds: str) -> None:
    (chunk,) = speak(text, voice=voice)
    check(text, [chunk])
    assert "".join(one.segment for one in chunk.phonemes) == sounds
    assert [word.text for word in chunk.words] == text.split()


@needs_voices
def test_it_begins_a_long_text_with_a_short_clause() -> None:
    warm_up("kokoro-af_sky")
    started = time.thread_time()
    text = "Certainly, let me see what I can do for you, because that should not have happened at all."
    first = next(iter(speak(text, voice="kokoro-af_sky")))
    assert len(first.text) < 50
    assert time.thread_time() - started < 3
    assert first.text.endswith(",")


@needs_voices
def test_it_says_the_same_text_the_same_way_each_time() -> None:
    first, second = (next(iter(speak("Yes.", voice="kokoro-bm_george"))) for _ in range(2))
    assert np.array_equal(first.pcm, second.pcm)


def test_it_says_what_to_do_when_the_voices_are_not_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("VISAVIS_VOICES", str(tmp_path))
    assert not any(voice.available for voice in catalogue() if voice.engine == "kokoro")
    with pytest.raises(SpeechError) as caught:
        speak("Hello.", voice="kokoro-af_sky")
    assert caught.value.code == "voice_unavailable"
    assert "make voices" in caught.value.hint
