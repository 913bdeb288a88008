"""Silence around a clause: short before it, so that it starts at once, and as long after it as its punctuation asks."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from avatars.voice.envelope import quiet_edges
from avatars.voice.sound import Sound, TimedToken
from avatars.voice.timeline import SAMPLES_PER_MS, Phoneme

_LEAD_MS = 30
_AFTER_SENTENCE_MS, _AFTER_COMMA_MS, _AFTER_OTHER_MS = 360, 150, 220


def trim(sound: Sound, spoken: str, rate: float) -> Sound:
    """The same sound with 30 ms before it and the pause of its last mark after it; whole milliseconds of samples."""
    pause = round(_pause(spoken) / rate)
    if not sound.phonemes:
        return Sound(samples=np.zeros(pause * SAMPLES_PER_MS, np.float32), phonemes=(), tokens=())
    before, after = quiet_edges(sound.samples)
    cut = max(0, min(before - _LEAD_MS, sound.phonemes[0].start_ms))
    end = max(len(sound.samples) // SAMPLES_PER_MS - after, sound.phonemes[-1].end_ms) + pause
    return _moved(_padded(sound, end), cut, end)


def _pause(spoken: str) -> int:
    mark = spoken.rstrip("\"'”’)] ")[-1:]
    if mark in ",;:—–":
        return _AFTER_COMMA_MS
    return _AFTER_SENTENCE_MS if mark in ".!?…" else _AFTER_OTHER_MS


def _padded(sound: Sound, end: int) -> Sound:
    missing = end * SAMPLES_PER_MS - len(sound.samples)
    if missing <= 0:
        return sound
    return replace(sound, samples=np.concatenate([sound.samples, np.zeros(missing, np.float32)]))


def _moved(sound: Sound, cut: int, end: int) -> Sound:
    samples: NDArray[np.float32] = sound.samples[cut * SAMPLES_PER_MS : end * SAMPLES_PER_MS]
    return Sound(
        samples=samples,
        phonemes=tuple(Phoneme(ipa=one.ipa, start_ms=one.start_ms - cut, end_ms=one.end_ms - cut) for one in sound.phonemes),
        tokens=tuple(
            TimedToken(start=one.start, end=one.end, start_ms=max(one.start_ms - cut, 0.0), end_ms=one.end_ms - cut)
            for one in sound.tokens
        ),
    )
