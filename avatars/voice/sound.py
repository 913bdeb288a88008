"""What an engine returns for one clause, and what every engine has to offer."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from avatars.voice.clauses import Clause
from avatars.voice.timeline import Phoneme


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedToken:
    """Characters [start, end) of a clause's spoken text sound from start_ms to end_ms."""

    start: int
    end: int
    start_ms: float
    end_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """`samples`: (n,) float32 mono at 24 kHz in -1..1, not levelled yet; times count from its first sample."""

    samples: NDArray[np.float32]
    phonemes: tuple[Phoneme, ...]
    tokens: tuple[TimedToken, ...]


class Engine(Protocol):
    """A synthesiser. Both calls are safe from several threads."""

    def warm_up(self, voice: str) -> None:
        """Load what the first clause needs."""

    def render(self, clause: Clause, *, voice: str, rate: float) -> Sound:
        """Speak one clause at `rate` times the voice's own pace; raises SpeechError."""
