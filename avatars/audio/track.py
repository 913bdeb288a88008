"""From a recording to a face that says it: heard visemes go through the same coarticulation as spoken phonemes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
import soxr
from numpy.typing import NDArray

from avatars.audio.features import SAMPLE_RATE, Floats
from avatars.audio.visemes import TimedViseme, visemes_of
from avatars.face.animator import Animator
from avatars.face.rig import DEFAULT_RIG, Rig
from avatars.face.track import FaceTrack
from avatars.voice.timeline import SAMPLES_PER_MS, Phoneme

_SOUND_OF = {
    "PP": "p", "FF": "f", "TH": "θ", "DD": "t", "kk": "k", "CH": "ʃ", "SS": "s", "nn": "n", "RR": "ɹ",
    "aa": "ɑ", "E": "ɛ", "ih": "i", "oh": "ɔ", "ou": "u",
}  # fmt: skip
_WEAK = {"aa": "ʌ", "E": "ə", "ih": "ɪ", "ou": "ʊ"}  # vowels too short to reach their shape
_WEAK_MS = 60
_PAUSE_MS = 300  # clauses are cut where nothing is said for so long
_EARLY_MS = 100
_BLOCK_MS = 5_000
_AHEAD_MS = 2_000  # a face begins to move before its sound
_LONG_AGO_MS = -5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardClause:
    """A stretch of a recording as `avatars.face` takes speech; its text is not known."""

    pcm: NDArray[np.int16]
    start_ms: int
    phonemes: tuple[Phoneme, ...]
    text: str = ""
    sample_rate: int = SAMPLE_RATE


def track_of(
    samples: Floats, rate: int, *, fps: int = 30, seed: int = 0, emotion: str = "neutral", rig: Rig = DEFAULT_RIG
) -> FaceTrack:
    """The face for a recording, from 0 ms to its end.

    samples: (n,) float32 mono in -1..1 at `rate` Hz. The same sound, seed and emotion give the same track. ValueError
    for another shape, a rate outside 8-192 kHz, fps outside 1-120 or an unknown emotion.
    """
    animator = Animator(seed, rig)
    animator.set_emotion(emotion, 1.0, at_ms=_LONG_AGO_MS)
    heard = clauses(samples, rate)
    stop = -(-len(samples) * 1000 // rate)
    blocks = list(_blocks(animator, heard, stop, fps))
    return FaceTrack(
        fps=fps,
        start_ms=0,
        weights=np.concatenate([block.weights for block in blocks]),
        head=np.concatenate([block.head for block in blocks]),
        gaze=np.concatenate([block.gaze for block in blocks]),
    )


def clauses(samples: Floats, rate: int) -> list[HeardClause]:
    """The spoken stretches of a recording in order, each with its sound and phonemes that stand for its visemes."""
    groups = list(_groups(visemes_of(samples, rate)))
    pcm = _pcm(samples, rate)
    out, free = [], 0
    for group, following in zip_longest(groups, groups[1:]):
        start = max(free, group[0].start_ms - _EARLY_MS)
        limit = following[0].start_ms - _EARLY_MS if following is not None else group[-1].end_ms + _EARLY_MS
        free = min(group[-1].end_ms + _EARLY_MS, max(limit, group[-1].end_ms))
        sound = pcm[start * SAMPLES_PER_MS : free * SAMPLES_PER_MS]
        out.append(HeardClause(pcm=sound, start_ms=start, phonemes=tuple(_phoneme(one) for one in group)))
        free = start + -(-len(sound) // SAMPLES_PER_MS)
    return out


def _groups(visemes: Sequence[TimedViseme]) -> Iterator[list[TimedViseme]]:
    """Visemes between long pauses; short pauses inside are left as gaps."""
    group: list[TimedViseme] = []
    for one in visemes:
        if one.viseme != "sil":
            group.append(one)
        elif group and one.end_ms - one.start_ms >= _PAUSE_MS:
            yield group
            group = []
    if group:
        yield group


def _phoneme(one: TimedViseme) -> Phoneme:
    weak = one.end_ms - one.start_ms < _WEAK_MS
    sound = _WEAK.get(one.viseme, _SOUND_OF[one.viseme]) if weak else _SOUND_OF[one.viseme]
    return Phoneme(ipa=sound, start_ms=one.start_ms, end_ms=one.end_ms)


def _pcm(samples: Floats, rate: int) -> NDArray[np.int16]:
    clean = np.nan_to_num(np.asarray(samples, np.float32))
    wide = clean if rate == SAMPLE_RATE or not len(clean) else soxr.resample(clean, rate, SAMPLE_RATE)
    pcm: NDArray[np.int16] = np.rint(np.clip(wide, -1.0, 1.0) * 32767).astype(np.int16)
    return pcm


def _blocks(animator: Animator, heard: Sequence[HeardClause], stop_ms: int, fps: int) -> Iterator[FaceTrack]:
    """Clauses are said shortly before their time: an animator remembers the last stretches of speech alone."""
    said = 0
    for start in range(0, max(stop_ms, 1), _BLOCK_MS):
        while said < len(heard) and heard[said].start_ms < start + _BLOCK_MS + _AHEAD_MS:
            animator.speak(heard[said], at_ms=heard[said].start_ms)
            said += 1
        yield animator.track(start, min(start + _BLOCK_MS, stop_ms), fps=fps)
