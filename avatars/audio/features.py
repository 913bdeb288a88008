"""From sound to what the network sees: 80 log-mel bands each 10 ms, relative to how loud the speaker has been so far.

Everything is causal: a frame depends on its own 10 ms and the past alone, and a frame never changes with how the sound
was cut into pieces.
"""

from functools import cache
from math import log10

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SAMPLE_RATE = 24_000
HOP = 240
WINDOW = 600
BANDS = 80
_FFT = 1024
_LOWEST_HZ, _HIGHEST_HZ = 60.0, 8_000.0  # telephones and most microphones' codecs end there
_FLOOR = np.float32(np.log(1e-6))  # speech below -60 dB of full scale counts as silence
_SOFTEST = np.float32(-16.0)  # log power below the speaker's level: 70 dB
_DECAY = np.float32(0.0092)  # log power a frame: the level falls by 4 dB a second
_CENTRE, _SPREAD = np.float32(6.0), np.float32(4.0)


class Features:
    """Takes sound piece by piece. `push` returns the frames that became complete: (T, 80) float32, about -3..2."""

    def __init__(self) -> None:
        self._tail = np.zeros(WINDOW - HOP, np.float32)
        self._level = _FLOOR

    def push(self, samples: Floats) -> Floats:
        """samples: (n,) float32 mono at 24 kHz in -1..1; any n."""
        heard = np.concatenate([self._tail, samples])
        count = max(0, (len(heard) - WINDOW) // HOP + 1)
        self._tail = heard[count * HOP :]
        if not count:
            return np.zeros((0, BANDS), np.float32)
        frames = np.lib.stride_tricks.sliding_window_view(heard, WINDOW)[::HOP][:count]
        return self._relative(log_mel(frames))

    def _relative(self, bands: Floats) -> Floats:
        """Subtract the speaker's level: the loudest frame so far, slowly forgotten."""
        slope = _DECAY * np.arange(1, len(bands) + 1, dtype=np.float32)
        loudest = np.maximum.accumulate(np.maximum(bands.max(axis=1), _FLOOR) + slope)
        level = np.maximum(loudest, self._level) - slope
        level = np.maximum(level, _FLOOR)
        self._level = level[-1]
        relative: Floats = (np.maximum(bands - level[:, None], _SOFTEST) + _CENTRE) / _SPREAD
        return relative


def log_mel(frames: Floats) -> Floats:
    """(T, 600) windows to (T, 80) natural logarithms of power; a full-scale sine is about 0."""
    spectrum = np.fft.rfft(frames * _window(), _FFT, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    logs: Floats = np.log(power @ _filters() + np.float32(1e-13))
    return logs


@cache
def _window() -> Floats:
    hann = np.hanning(WINDOW)
    window: Floats = (hann * 2 / hann.sum()).astype(np.float32)
    return window


@cache
def _filters() -> Floats:
    """(513, 80) triangles, evenly spaced on O'Shaughnessy's mel scale, 2595 log10(1 + f / 700)."""
    mel = np.linspace(_mel(_LOWEST_HZ), _mel(_HIGHEST_HZ), BANDS + 2)
    edges = 700 * (10 ** (mel / 2595) - 1)
    hz = np.fft.rfftfreq(_FFT, 1 / SAMPLE_RATE)[:, None]
    rising, falling = (hz - edges[:-2]) / np.diff(edges)[:-1], (edges[2:] - hz) / np.diff(edges)[1:]
    filters: Floats = np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)
    return filters


def _mel(hz: float) -> float:
    return 2595 * log10(1 + hz / 700)
