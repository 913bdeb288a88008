"""Speech made by hand: phonemes with their lengths become a clause whose sound has the loudness such sounds have."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from avatars.face import Animator, Rig
from avatars.voice import SAMPLE_RATE, Phoneme, SpeechChunk

# "It baffled my pet mamba: five vivid whales above." A pause is "_".
SENTENCE = (
    "_:60 ˈɪ:70 t:50 b:60 ˈæ:110 f:80 ᵊ:30 l:60 d:40 m:60 a:70 ɪ:50 p:70 ˈɛ:90 t:60 m:70 ˈɑ:120 m:60 b:40 ə:90 _:220 "
    "f:90 ˈa:80 ɪ:50 v:60 v:60 ˈɪ:70 v:50 ɪ:50 d:50 w:70 ˈe:80 ɪ:40 l:60 z:70 ə:50 b:60 ˈʌ:110 v:90 _:180"
)
_AMPLITUDE = {"p": 0.0, "b": 0.02, "m": 0.25, "f": 0.06, "v": 0.15, "_": 0.0}


def clause(spec: str, *, start_ms: int = 0, text: str = "Spoken.", gain: float = 1.0) -> SpeechChunk:
    """A clause of `ipa:milliseconds` items, from `start_ms` on the utterance's clock."""
    phonemes, parts, at = [], [], start_ms
    for ipa, length in (item.split(":") for item in spec.split()):
        end = at + int(length)
        parts.append(_sound(ipa.strip("ˈˌ"), int(length), at))
        if ipa != "_":
            phonemes.append(Phoneme(ipa=ipa, start_ms=at, end_ms=end))
        at = end
    pcm = np.rint(np.concatenate(parts) * 20_000 * gain).astype(np.int16) if parts else np.zeros(0, np.int16)
    return SpeechChunk(
        text=text,
        pcm=pcm,
        sample_rate=SAMPLE_RATE,
        start_ms=start_ms,
        phonemes=tuple(phonemes),
        words=(),
        characters=len(text),
    )


def _sound(ipa: str, length_ms: int, at_ms: int) -> NDArray[np.float64]:
    """A hum for m, noise for f, both for v, silence for p: enough for loudness and its high and low bands."""
    t = at_ms / 1000 + np.arange(length_ms * SAMPLE_RATE // 1000) / SAMPLE_RATE
    overtones = 1 if ipa in "bmv" else 24
    hum = sum(np.sin(2 * np.pi * 120 * k * t) / k for k in range(1, overtones + 1))
    hiss = np.random.default_rng(at_ms).uniform(-1, 1, len(t)) if ipa in "fvszʃ" else np.zeros(len(t))
    voiced = 0.0 if ipa in "fsʃ" else 1.0
    return np.asarray(_AMPLITUDE.get(ipa[:1], 0.5) * (voiced * hum / 2 + hiss))


def face(*chunks: SpeechChunk, at_ms: int = 1_000, seed: int = 7, emotion: str = "neutral", rig: Rig | None = None) -> Animator:
    """A face that will say the chunks, the utterance's clock beginning at `at_ms`."""
    animator = Animator(seed, rig or Rig())
    animator.set_emotion(emotion, 1.0, at_ms=-10_000)
    for chunk in chunks:
        animator.speak(chunk, at_ms=at_ms + chunk.start_ms)
    return animator


def spans(chunk: SpeechChunk, letters: Iterable[str], *, at_ms: int = 1_000) -> list[tuple[int, int]]:
    """From when to when, on the session's clock, each phoneme in `letters` lasts."""
    wanted = set(letters)
    shift = at_ms - chunk.start_ms
    return [(p.start_ms + shift, p.end_ms + shift) for p in chunk.phonemes if p.segment in wanted]
