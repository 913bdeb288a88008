"""Whether the times agree with the sound, and whether every voice is equally loud."""

import numpy as np
import pytest
from numpy.typing import NDArray

from avatars.voice import DEFAULT_VOICE, Phoneme, SpeechChunk, catalogue, speak
from tests.avatars.voice.meter import lufs

SENTENCES = (
    "Your appointment has been moved from Tuesday morning to Thursday afternoon.",
    "She asked whether the museum would open earlier during the summer holidays.",
    "Both people stopped by, maybe to pick up a copy of the big blue book.",
    "If the battery is nearly empty, connect the charger before you start the update.",
    "Peter paid for Bob's apple pie, but the baby kept happily bubbling.",
)
FRAME = 120  # samples: 5 ms


@pytest.fixture(scope="module")
def spoken() -> list[SpeechChunk]:
    return [chunk for text in SENTENCES for chunk in speak(text, voice=DEFAULT_VOICE)]


def sound(chunk: SpeechChunk, phoneme: Phoneme, *, margin_ms: int = 0) -> NDArray[np.float64]:
    first, last = phoneme.start_ms - chunk.start_ms + margin_ms, phoneme.end_ms - chunk.start_ms - margin_ms
    return chunk.pcm[first * 24 : last * 24].astype(np.float64) / 32768


def level(samples: NDArray[np.float64]) -> float:
    """dB of full scale."""
    return float(10 * np.log10(np.mean(samples**2) + 1e-12)) if len(samples) else -120.0


def crossings(samples: NDArray[np.float64]) -> float:
    """Sign changes a second, in thousands: the hiss of s has many."""
    return float(np.mean(np.diff(np.signbit(samples))) * 24) if len(samples) > 1 else 0.0


def of(chunks: list[SpeechChunk], segments: str) -> list[tuple[SpeechChunk, Phoneme]]:
    return [(chunk, one) for chunk in chunks for one in chunk.phonemes if one.segment in segments]


def test_it_is_silent_where_it_has_no_phonemes(spoken: list[SpeechChunk]) -> None:
    for chunk in spoken:
        tail = chunk.pcm[(chunk.phonemes[-1].end_ms - chunk.start_ms + 100) * 24 :].astype(np.float64) / 32768
        assert level(tail) < -50
        gaps = [
            Phoneme(ipa=" ", start_ms=before.end_ms, end_ms=after.start_ms)
            for before, after in zip(chunk.phonemes, chunk.phonemes[1:], strict=False)
            if after.start_ms - before.end_ms > 80
        ]
        for gap in gaps:
            assert level(sound(chunk, gap, margin_ms=30)) < -45


def test_it_hisses_in_its_sibilants_and_not_in_its_vowels(spoken: list[SpeechChunk]) -> None:
    hiss = [crossings(sound(chunk, one)) for chunk, one in of(spoken, "sʃʧ")]
    vowels = [crossings(sound(chunk, one)) for chunk, one in of(spoken, "ɑæɛiʌɔuʊɪ")]
    assert np.median(hiss) > 5 > 3 > np.median(vowels)
    assert np.mean(np.array(hiss) > 3) > 0.8


def test_it_is_loud_in_vowels_and_quiet_in_the_closures_of_p_and_b(spoken: list[SpeechChunk]) -> None:
    vowels = np.median([level(sound(chunk, one)) for chunk, one in of(spoken, "ɑæɛiʌɔaoe")])
    lowest = [
        min(level(part) for part in np.array_split(sound(chunk, one), max(1, (one.end_ms - one.start_ms) // 10)))
        for chunk, one in of(spoken, "pb")
    ]
    assert len(lowest) >= 20
    assert np.median(lowest) < vowels - 20
    assert np.mean(np.array(lowest) < vowels - 12) > 0.8


def test_it_times_phonemes_best_without_any_shift(spoken: list[SpeechChunk]) -> None:
    """Loudness explained by the phonemes is greatest where the labels are, within 20 ms."""

    def explained(shift_ms: int) -> float:
        groups: dict[str, list[float]] = {}
        for chunk in spoken:
            frames = chunk.pcm[: len(chunk.pcm) // FRAME * FRAME].reshape(-1, FRAME).astype(np.float64) / 32768
            loudness = np.maximum(10 * np.log10(np.mean(frames**2, axis=1) + 1e-12), -60)
            names = [""] * len(loudness)
            for one in chunk.phonemes:
                for at in range((one.start_ms - chunk.start_ms + shift_ms) // 5, (one.end_ms - chunk.start_ms + shift_ms) // 5):
                    if 0 <= at < len(names):
                        names[at] = one.segment
            for name, value in zip(names, loudness, strict=True):
                groups.setdefault(name, []).append(float(value))
        inside = sum(float(np.var(values)) * len(values) for values in groups.values())
        everything = np.concatenate([np.array(values) for values in groups.values()])
        return 1 - inside / (float(np.var(everything)) * len(everything))

    fits = {shift: explained(shift) for shift in range(-60, 61, 10)}
    best = max(fits, key=lambda shift: fits[shift])
    assert abs(best) <= 20
    assert fits[0] > fits[60] + 0.1


def test_it_begins_soon_and_pauses_longer_after_a_sentence_than_after_a_comma() -> None:
    chunks = list(speak("One moment. " + "Here is a rather long beginning that goes on, " * 7 + "and ends.", voice=DEFAULT_VOICE))
    assert chunks[0].phonemes[0].start_ms <= 120
    pauses = {chunk.text[-1]: chunk.start_ms + chunk.duration_ms - chunk.phonemes[-1].end_ms for chunk in chunks}
    assert 300 <= pauses["."] <= 500
    assert 100 <= pauses[","] <= 300


@pytest.mark.parametrize("voice", [one.id for one in catalogue() if one.available and one.engine != "kokoro"])
def test_it_is_as_loud_as_every_other_voice_and_never_clips(voice: str) -> None:
    language = next(one.language for one in catalogue() if one.id == voice).partition("-")[0]
    chunks = list(speak(TEXTS.get(language, TEXTS["de"]), voice=voice))
    pcm = np.concatenate([chunk.pcm for chunk in chunks])
    assert lufs(pcm, 24_000) == pytest.approx(-20, abs=1.5)
    assert np.abs(pcm.astype(int)).max() < 32_000
    assert chunks[0].phonemes


TEXTS = {
    "en": " ".join(SENTENCES[:3]),
    "de": "Ihr Termin wurde von Dienstag auf Donnerstag verschoben. Vielen Dank für Ihre Geduld, bis bald.",
    "es": "Su cita se ha cambiado del martes al jueves por la tarde. Gracias por esperar, hasta pronto.",
    "fr": "Votre rendez-vous a été déplacé de mardi matin à jeudi. Merci de votre patience, à bientôt.",
    "it": "Il suo appuntamento è stato spostato da martedì a giovedì. Grazie per l'attesa, a presto.",
    "pt": "A sua consulta foi transferida de terça para quinta à tarde. Obrigado por esperar, até logo.",
    "ru": "Ваша встреча перенесена со вторника на четверг. Спасибо за ожидание, до скорой встречи.",
    "uk": "Вашу зустріч перенесено з вівторка на четвер. Дякуємо за очікування, до зустрічі.",
    "el": "Το ραντεβού σας μεταφέρθηκε από την Τρίτη στην Πέμπτη. Ευχαριστώ για την αναμονή.",
    "hi": "आपकी मुलाकात मंगलवार से गुरुवार दोपहर को कर दी गई है। प्रतीक्षा के लिए धन्यवाद।",
    "zh": "您的预约已从星期二上午改到星期四下午。谢谢您的等待，再见。",
}
