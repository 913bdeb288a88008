"""Emotions: poses of the face, the way they change movement, and the history that fades one into the next."""

from bisect import insort
from dataclasses import dataclass
from typing import Final

import numpy as np

from avatars.face.channels import Floats, row
from avatars.face.data import table
from avatars.face.noise import quintic

_TABLE = table("emotions")
EMOTIONS: Final[tuple[str, ...]] = tuple(_TABLE["emotions"])
FADE_S: Final[float] = _TABLE["fade_ms"] / 1000
REST: Final[Floats] = row(_TABLE["rest"])
"""The resting face, (52,): a bare neutral looks stern."""
MODULATORS: Final[tuple[str, ...]] = tuple(_TABLE["modulators"])
"""jaw: opening; head: movement; brow: accents; blink: rate; pitch: degrees up; aversion: looking away; gaze_down: degrees."""
_KEPT: Final = 32  # a face remembers this many changes: older ones faded out long ago


def _state(name: str) -> Floats:
    """Weights and modulators of an emotion at intensity 1, as differences from neutral: (52 + 7,)."""
    entry = _TABLE["emotions"][name]
    plain = _TABLE["modulators"]
    shifts = [entry["modulators"].get(key, plain[key]) - plain[key] for key in MODULATORS]
    return np.concatenate([row(entry["weights"]), shifts])


_STATES: Final = {name: _state(name) for name in EMOTIONS}
_NEUTRAL: Final = np.concatenate([np.zeros(52), [float(_TABLE["modulators"][key]) for key in MODULATORS]])


@dataclass(frozen=True, slots=True, order=True)
class _Change:
    at_s: float
    order: int
    name: str
    intensity: float

    def state(self) -> Floats:
        return (_NEUTRAL + _STATES[self.name] * self.intensity)[:, None]


class EmotionHistory:
    """Which emotion from when on. Each change fades in over FADE_S; before the first the face is neutral."""

    def __init__(self) -> None:
        self._changes: list[_Change] = []
        self._count = 0

    def change(self, name: str, intensity: float, *, at_s: float) -> None:
        """From `at_s` on the face goes to `name`. ValueError for an unknown name or an intensity outside 0–1."""
        if name not in _STATES:
            raise ValueError(f"unknown emotion {name!r}; known are {', '.join(EMOTIONS)}")
        if not 0.0 <= intensity <= 1.0:
            raise ValueError(f"intensity must lie in 0–1, not {intensity}")
        self._count += 1
        insort(self._changes, _Change(at_s, self._count, name, intensity))
        del self._changes[:-_KEPT]

    def at(self, t: Floats) -> tuple[Floats, Floats]:
        """Weights (52, T or 1) and modulators (7, T or 1) at rising times t in seconds; one column when nothing fades."""
        state = _NEUTRAL[:, None]
        if not len(t):
            return state[:52], state[52:]
        for change in self._changes:
            if change.at_s >= t[-1]:
                break
            if change.at_s + FADE_S <= t[0]:
                state = change.state()
            else:
                state = state + (change.state() - state) * quintic((t - change.at_s) / FADE_S)
        return state[:52], state[52:]
