"""Integrated loudness after ITU-R BS.1770-4, for mono."""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter


def lufs(pcm: NDArray[np.int16], rate: int) -> float:
    """Gated loudness of PCM16 in LUFS."""
    weighted = pcm.astype(np.float64) / 32768
    for numerator, denominator in (_shelf(rate), _high_pass(rate)):
        weighted = lfilter(numerator, denominator, weighted)
    step, block = rate // 10, rate * 4 // 10
    starts = range(0, max(len(weighted) - block, 1), step)
    power = np.array([np.mean(weighted[at : at + block] ** 2) for at in starts])
    power = power[_loudness(power) > -70]
    return float(_loudness(np.mean(power[_loudness(power) > _loudness(np.mean(power)) - 10])))


def _loudness(power: NDArray[np.float64] | np.floating) -> NDArray[np.float64]:
    return np.asarray(-0.691 + 10 * np.log10(np.maximum(power, 1e-12)))


def _shelf(rate: int) -> tuple[list[float], list[float]]:
    """High shelf of 4 dB at 1500 Hz, Q 1/sqrt 2 (cookbook form)."""
    gain, angle = 10 ** (4 / 40), 2 * np.pi * 1500 / rate
    alpha, cosine, root = np.sin(angle) / 2 * np.sqrt(2), np.cos(angle), 2 * np.sqrt(gain)
    numerator = [
        gain * ((gain + 1) + (gain - 1) * cosine + root * alpha),
        -2 * gain * ((gain - 1) + (gain + 1) * cosine),
        gain * ((gain + 1) + (gain - 1) * cosine - root * alpha),
    ]
    denominator = [
        (gain + 1) - (gain - 1) * cosine + root * alpha,
        2 * ((gain - 1) - (gain + 1) * cosine),
        (gain + 1) - (gain - 1) * cosine - root * alpha,
    ]
    return numerator, denominator


def _high_pass(rate: int) -> tuple[list[float], list[float]]:
    """Second-order high pass at 38 Hz, Q 0.5 (cookbook form)."""
    angle = 2 * np.pi * 38 / rate
    alpha, cosine = np.sin(angle), np.cos(angle)
    return [(1 + cosine) / 2, -(1 + cosine), (1 + cosine) / 2], [1 + alpha, -2 * cosine, 1 - alpha]
