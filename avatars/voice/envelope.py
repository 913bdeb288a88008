"""The loudness of a sound over time, for placing phonemes on what is heard."""

import numpy as np
from numpy.typing import NDArray

from avatars.voice.timeline import SAMPLES_PER_MS

HOP_MS = 5
_WINDOW_MS = 20
FLOOR_DB = -60.0


def envelope(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Decibels below the loudest moment, one value each 5 ms from 0 ms on, over centred windows of 20 ms."""
    hop, window = HOP_MS * SAMPLES_PER_MS, _WINDOW_MS * SAMPLES_PER_MS
    count = len(samples) // hop + 1
    padded = np.zeros((count * hop + window) // hop * hop, np.float32)
    padded[window // 2 : window // 2 + len(samples)] = samples
    blocks = padded.reshape(-1, hop)
    energy = np.einsum("ij,ij->i", blocks, blocks)
    power = np.convolve(energy, np.ones(window // hop, np.float32), "valid")[:count] / window
    loudest = max(float(power.max(initial=0.0)), 1e-12)
    below: NDArray[np.float32] = 10 * np.log10(np.maximum(power, 1e-12) / loudest)
    return np.maximum(below, FLOOR_DB).astype(np.float32, copy=False)


def quiet_edges(samples: NDArray[np.float32], *, below_db: float = -52.0) -> tuple[int, int]:
    """How many ms at the beginning and at the end are silent (more than 52 dB below the loudest moment)."""
    loud = np.flatnonzero(envelope(samples) > below_db)
    whole = len(samples) // SAMPLES_PER_MS
    if not len(loud):
        return whole, 0
    before = max(int(loud[0]) * HOP_MS - _WINDOW_MS // 2, 0)
    after = whole - min((int(loud[-1]) + 1) * HOP_MS + _WINDOW_MS // 2, whole)
    return before, after
