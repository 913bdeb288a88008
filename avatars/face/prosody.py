"""What head and brows do with speech: accents on stressed vowels, phrase ends, questions. All from labels and loudness."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from avatars.face.channels import Floats
from avatars.face.phones import IS_VOWEL
from avatars.face.speech import Sounds

_APART_S: Final = 0.45  # two accents are at least this far apart
_THRESHOLD: Final = 0.25
_PHRASE_PAUSE_S: Final = 0.15
_RUN_GAP_S: Final = 0.35  # a shorter pause does not interrupt speaking
_CLOSING: Final = "\"'”’»)]} \t\n"
_STRONG, _WEAK = 1.0, 0.55


@dataclass(frozen=True, slots=True, kw_only=True)
class Prosody:
    """Events of a clause in seconds from its start; arrays (n, 2) hold time and strength, (n,) time."""

    accents: Floats
    ends: Floats
    questions: Floats
    runs: Floats  # (n, 2): from, to of unbroken speech


def prosody(sounds: Sounds, gain: Floats, text: str) -> Prosody:
    """Events of a clause; `gain` is its opening by loudness, `text` tells how it ends."""
    last = float(sounds.end[~sounds.silent].max(initial=0.0))
    inner = sounds.silent & (sounds.end - sounds.start > _PHRASE_PAUSE_S)
    inner[[0, -1]] = False
    ends = [(float(at), _WEAK) for at in sounds.start[inner]]
    mark = text.rstrip(_CLOSING)[-1:]
    if mark != "?" and last > 0:
        ends.append((last, _WEAK if mark in ",;:—–" else _STRONG))
    questions = np.array([last] if mark == "?" and last > 0 else [])
    return Prosody(accents=_accents(sounds, gain), ends=np.array(ends).reshape(-1, 2), questions=questions, runs=_runs(sounds))


def _accents(sounds: Sounds, gain: Floats) -> Floats:
    """The vowels that stand out by stress, loudness and length."""
    vowel = IS_VOWEL[sounds.phone]
    stressed = vowel & (sounds.stress > 0)
    i = np.flatnonzero(stressed if stressed.any() else vowel)
    length = sounds.end[i] - sounds.start[i]
    score = 0.7 * _standard(gain[i]) + 0.4 * _standard(length) + 0.9 * (sounds.stress[i] == 2)
    kept: list[tuple[float, float]] = []
    for k in np.argsort(-score, kind="stable").tolist():
        at = float(sounds.start[i[k]])
        if score[k] > _THRESHOLD and all(abs(at - other) > _APART_S for other, _ in kept):
            kept.append((at, min(max(0.45 + 0.28 * float(score[k]), 0.4), 1.0)))
    return np.array(sorted(kept)).reshape(-1, 2)


def _standard(x: Floats) -> Floats:
    """x in standard deviations from its mean."""
    return (x - x.mean()) / (x.std() + 1e-6) if len(x) else x


def _runs(sounds: Sounds) -> Floats:
    """Stretches of speech, with short pauses bridged, (n, 2)."""
    i = np.flatnonzero(~sounds.silent)
    if not len(i):
        return np.zeros((0, 2))
    start, end = sounds.start[i], sounds.end[i]
    cut = np.flatnonzero(start[1:] - end[:-1] > _RUN_GAP_S) + 1
    return np.stack([start[np.concatenate([[0], cut])], end[np.concatenate([cut - 1, [len(i) - 1]])]], axis=1)
