"""Sound that somebody sent: how much of it is listened to, and what is said of what is no sound."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accounts.errors import Invalid

MOST_BYTES = 32 * 1024 * 1024
MOST_SECONDS = 300
LOWEST_RATE, HIGHEST_RATE = 8_000, 48_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """`samples`: (n,) float32 mono in -1..1 at `rate` Hz."""

    samples: NDArray[np.float32]
    rate: int

    @property
    def duration_ms(self) -> int:
        """Rounded up."""
        return -(-len(self.samples) * 1000 // self.rate)


def too_long() -> Invalid:
    """It lasts longer than is listened to."""
    return Invalid(f"The sound may last {MOST_SECONDS} s.", code="audio_too_long", hint="Send it in parts.")


def unreadable() -> Invalid:
    """It is no sound, or not of a form that is read here."""
    hint = (
        f"Send WAV (PCM, {LOWEST_RATE}–{HIGHEST_RATE} Hz), Opus in Ogg or WebM, MP3, or 16-bit mono samples at 24 kHz with "
        "`format` pcm16."
    )
    return Invalid("This is no sound that can be read here.", code="audio_unreadable", hint=hint)
