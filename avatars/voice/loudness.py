"""Brings every voice to the same loudness: a fixed gain for each voice, and a limiter that bends peaks instead of cutting."""

import numpy as np
from numpy.typing import NDArray

_KNEE = 0.7
_CEILING = 0.97


def level(samples: NDArray[np.float32], gain_db: float) -> NDArray[np.int16]:
    """(n,) float32 in -1..1 to (n,) int16, louder by `gain_db`; never beyond 0.97 of full scale."""
    loud = samples * np.float32(10 ** (gain_db / 20))
    peaks = np.flatnonzero(np.abs(loud) > _KNEE)
    if len(peaks):
        loud[peaks] = _bend(loud[peaks])
    pcm: NDArray[np.int16] = np.rint(loud * np.float32(32767)).astype(np.int16)
    return pcm


def _bend(peaks: NDArray[np.float32]) -> NDArray[np.float32]:
    room = _CEILING - _KNEE
    bent = _KNEE + room * np.tanh((np.abs(peaks) - _KNEE) / room)
    return np.copysign(bent, peaks).astype(np.float32)
