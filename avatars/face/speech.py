"""What the face takes from a clause of speech: its sounds in time with the pauses between them, and its loudness."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from avatars.face.channels import Floats
from avatars.face.phones import SILENCE, sounds

LEVELS_HZ: Final = 100
FLOOR_DB: Final = -60.0
_PAUSE_S: Final = 0.03  # a shorter gap between two labels belongs to the first
_DECIMATE: Final = 8
_AVERAGE: Final = np.full(_DECIMATE, 1 / _DECIMATE, np.float32)
_SILENT: Final = np.zeros(1)


class TimedPhoneme(Protocol):
    """A phoneme on the utterance's clock."""

    @property
    def ipa(self) -> str: ...
    @property
    def start_ms(self) -> int: ...
    @property
    def end_ms(self) -> int: ...


class Speech(Protocol):
    """A clause of speech, as `avatars.voice` gives it."""

    @property
    def text(self) -> str: ...
    @property
    def pcm(self) -> NDArray[np.int16]: ...
    @property
    def sample_rate(self) -> int: ...
    @property
    def start_ms(self) -> int: ...
    @property
    def phonemes(self) -> Sequence[TimedPhoneme]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sounds:
    """P sounds and pauses of a clause in order, without gaps; seconds from the clause's first sample."""

    phone: NDArray[np.int64]  # rows of avatars.face.phones
    start: Floats
    end: Floats
    stress: NDArray[np.int64]  # 0, 1 secondary, 2 primary
    duration: float

    @property
    def silent(self) -> NDArray[np.bool_]:
        """Which are pauses, (P,)."""
        silent: NDArray[np.bool_] = self.phone == SILENCE
        return silent


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """Loudness in dB below the clause's peak, 100 values a second, each over 30 ms: all, below 1.5 kHz, high-pass."""

    full: Floats
    low: Floats
    high: Floats


def timeline(speech: Speech) -> Sounds:
    """The clause's sounds with pauses where no phoneme is; overlapping labels are cut at the next one's start."""
    duration = len(speech.pcm) / speech.sample_rate
    rows: list[tuple[int, float, float, int]] = []
    at = 0.0
    for phoneme in speech.phonemes:
        start = max((phoneme.start_ms - speech.start_ms) / 1000, at)
        end = (phoneme.end_ms - speech.start_ms) / 1000
        parts = sounds(phoneme.ipa)
        if not parts or end <= start:
            continue
        at = _fill(rows, at, start)
        for part in parts:
            stop = at + part.share * (end - start)
            rows.append((part.phone, at, stop, part.stress))
            at = stop
    if duration > at + 1e-6 or not rows:
        rows.append((SILENCE, at, max(duration, at + 0.01), 0))
    table = np.array(rows)
    phone, stress = table[:, 0].astype(np.int64), table[:, 3].astype(np.int64)
    return Sounds(phone=phone, start=table[:, 1], end=table[:, 2], stress=stress, duration=max(duration, at))


def after_pause(sounds: Sounds, gap: float) -> Sounds:
    """The same clause with a pause of `gap` seconds before its first sample, as far as that is worth a pause."""
    if gap < _PAUSE_S:
        return sounds
    return Sounds(
        phone=np.concatenate([[SILENCE], sounds.phone]),
        start=np.concatenate([[-gap], sounds.start]),
        end=np.concatenate([[0.0], sounds.end]),
        stress=np.concatenate([[0], sounds.stress]),
        duration=sounds.duration,
    )


def _fill(rows: list[tuple[int, float, float, int]], at: float, start: float) -> float:
    """Put a pause, or the sound before, into the gap from `at` to `start`; where the next sound begins."""
    if rows and start - at < _PAUSE_S:
        phone, begin, _, stress = rows[-1]
        rows[-1] = (phone, begin, start, stress)
    elif start > at:
        rows.append((SILENCE, at, start, 0))
    return start


def levels(speech: Speech) -> Levels:
    """Loudness of the clause in three bands."""
    hop = max(_DECIMATE, speech.sample_rate // LEVELS_HZ // _DECIMATE * _DECIMATE)
    x = np.zeros((-(-max(len(speech.pcm), 1) // hop), hop), np.float32)
    x.reshape(-1)[: len(speech.pcm)] = speech.pcm
    coarse = (x.reshape(-1, _DECIMATE) @ _AVERAGE).reshape(len(x), -1)
    energy = np.einsum("ij,ij->i", x, x)
    # of the differences between samples, without making them: Σ (b - a)² = Σ a² + Σ b² - 2 Σ ab
    differences = 2 * (energy - np.einsum("ij,ij->i", x[:, 1:], x[:, :-1])) - x[:, 0] ** 2 - x[:, -1] ** 2
    return Levels(full=_decibels(energy), low=_decibels(np.einsum("ij,ij->i", coarse, coarse)), high=_decibels(differences))


def _decibels(energy: NDArray[np.float32]) -> Floats:
    """dB of each energy with its two neighbours, below the loudest."""
    padded = np.concatenate([_SILENT, energy.astype(np.float64), _SILENT])
    wide = np.maximum(padded[:-2] + padded[1:-1] + padded[2:], 1e-3)
    decibels: Floats = np.maximum(10.0 * np.log10(wide / max(float(wide.max()), 1.0)), FLOOR_DB)
    return decibels
