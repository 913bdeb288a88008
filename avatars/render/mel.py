"""Sound as Wav2Lip hears it: an 80-band mel spectrogram of 80 columns a second, and the window of each frame."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
RATE: Final = 16_000
_EMPHASIS, _SIZE, _HOP, _BANDS = 0.97, 800, 200, 80
_LOW_HZ, _HIGH_HZ = 55.0, 7600.0
_REFERENCE_DB, _LEAST_DB, _RANGE = 20.0, -100.0, 4.0
COLUMNS: Final = 16
"""Columns that the network looks at for one frame: 0.2 s."""


def spectrogram(samples: Floats) -> Floats:
    """(80, columns) in -4 to 4 of mono sound at 16 kHz in -1 to 1; one column more than whole hops.

    As the published Wav2Lip front end: pre-emphasis, centred frames of 800 samples every 200 under a Hann window, Slaney
    mel bands from 55 to 7,600 Hz, amplitude in dB less 20, floor -100 dB.
    """
    emphasised = np.append(samples[:1], samples[1:] - _EMPHASIS * samples[:-1]).astype(np.float64)
    padded = np.pad(emphasised, _SIZE // 2, mode="reflect" if len(emphasised) > _SIZE // 2 else "constant")
    frames = np.lib.stride_tricks.sliding_window_view(padded, _SIZE)[::_HOP]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_SIZE) / _SIZE)
    amplitude = np.abs(np.fft.rfft(frames * window, axis=1)).T
    level = 20 * np.log10(np.maximum(10 ** (_LEAST_DB / 20), _bands() @ amplitude)) - _REFERENCE_DB
    return np.clip(2 * _RANGE * (level - _LEAST_DB) / -_LEAST_DB - _RANGE, -_RANGE, _RANGE).astype(np.float32)


def windows(samples: Floats, frames: int, fps: float) -> Floats:
    """What the network hears at each video frame, (frames, 1, 80, 16); silence follows the end of the sound."""
    wanted = int((frames - 1) * 80 / fps) + COLUMNS if frames else 0
    short = max(0, wanted * _HOP - len(samples))
    mel = spectrogram(np.pad(np.asarray(samples, np.float32), (0, short + _HOP)))
    starts = (np.arange(frames) * 80 / fps).astype(int)
    columns = starts[:, None] + np.arange(COLUMNS)
    return mel[:, columns].transpose(1, 0, 2)[:, None]


@cache
def _bands() -> NDArray[np.float64]:
    """Triangular mel bands of equal area, (80, 401), on Slaney's scale: linear below 1 kHz, logarithmic above."""
    edges = _hertz(np.linspace(_mels(_LOW_HZ), _mels(_HIGH_HZ), _BANDS + 2))
    bins = np.fft.rfftfreq(_SIZE, 1 / RATE)
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    area = 2 / (edges[2:] - edges[:-2])
    bands: NDArray[np.float64] = np.maximum(0, np.minimum(rising, falling)) * area[:, None]
    return bands


_BEND_HZ, _BEND_MEL, _STEP = 1000.0, 15.0, np.log(6.4) / 27.0


def _mels(hertz: float) -> float:
    return float(_BEND_MEL + np.log(hertz / _BEND_HZ) / _STEP if hertz >= _BEND_HZ else hertz * 3 / 200)


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mels >= _BEND_MEL, _BEND_HZ * np.exp(_STEP * (mels - _BEND_MEL)), mels * 200 / 3)
