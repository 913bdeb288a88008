"""What happens to sound between a mouth and us: other throats, rooms, noise, narrow lines, coarse codecs, odd levels."""

import numpy as np
import soxr
from numpy.typing import NDArray

from avatars.audio.corpus import Utterance
from avatars.audio.features import HOP, SAMPLE_RATE, Floats

_BLOCK = 480  # of the transform codec
_TELEPHONE = 8_000


def disturbed(one: Utterance, others: Floats, dice: np.random.Generator) -> tuple[Floats, NDArray[np.uint8]]:
    """A version of an utterance and its labels. `others`: speech that may be heard behind it, (m,) with m ≥ n · 1.3."""
    samples, labels = _throat(one.samples, one.labels, dice)
    samples, labels = _surrounded(samples, labels, dice)
    samples = _leveled(samples, dice.uniform(-26, -18))
    if dice.random() < 0.3:
        samples = _room(samples, dice)
    samples = samples + _noise(len(samples), others, dice) * _rms(samples)
    if dice.random() < 0.8:
        samples = _line(samples, dice)
    if dice.random() < 0.15:
        samples = _coarse(samples, dice)
    if dice.random() < 0.1:
        samples = _telephone(samples)
    return _leveled(samples, dice.uniform(-42, -12)).clip(-1, 1), labels


def _throat(samples: Floats, labels: NDArray[np.uint8], dice: np.random.Generator) -> tuple[Floats, NDArray[np.uint8]]:
    """Another pitch, formants and pace by playing it at another speed."""
    speed = float(np.exp(dice.uniform(-0.17, 0.2)))
    played: Floats = soxr.resample(samples, SAMPLE_RATE * speed, SAMPLE_RATE, quality="LQ")
    count = len(played) // HOP
    at = np.minimum(((np.arange(count) + 0.5) * speed).astype(np.int64), len(labels) - 1)
    return played[: count * HOP], labels[at]


def _surrounded(samples: Floats, labels: NDArray[np.uint8], dice: np.random.Generator) -> tuple[Floats, NDArray[np.uint8]]:
    """Some silence before and after."""
    before, after = dice.integers(0, 50), dice.integers(0, 40)
    return np.pad(samples, (before * HOP, after * HOP)), np.pad(labels, (before, after))


def _rms(samples: Floats) -> float:
    return float(np.sqrt(np.mean(samples**2)) + 1e-9)


def _leveled(samples: Floats, decibels: float) -> Floats:
    return samples * np.float32(10 ** (decibels / 20) / _rms(samples))


def _room(samples: Floats, dice: np.random.Generator) -> Floats:
    """Noise that dies away within 0.1–0.5 s, 3–14 dB below the direct sound."""
    seconds = dice.uniform(0.1, 0.5)
    count = int(seconds * SAMPLE_RATE)
    tail = dice.standard_normal(count) * np.exp(-6.9 * np.arange(count) / count)
    tail *= 10 ** (-dice.uniform(3, 14) / 20) / np.sqrt((tail**2).sum())
    tail[0] = 1.0
    size = len(samples) + count
    wet: Floats = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(tail, size), size)[: len(samples)].astype(np.float32)
    return wet


def _noise(count: int, others: Floats, dice: np.random.Generator) -> Floats:
    """White to brown noise, now and then voices far away, 4–50 dB below speech of level 1."""
    hz = np.maximum(np.fft.rfftfreq(count, 1 / SAMPLE_RATE), 40.0)
    coloured = np.fft.irfft(np.fft.rfft(dice.standard_normal(count)) * hz ** -dice.uniform(0, 1), count)
    noise = coloured.astype(np.float32) / _rms(coloured.astype(np.float32))
    if dice.random() < 0.15:
        at = dice.integers(0, len(others) - count)
        return others[at : at + count] / _rms(others[at : at + count]) * np.float32(10 ** (-dice.uniform(12, 25) / 20))
    return noise * np.float32(10 ** (-dice.uniform(4, 50) / 20))


def _line(samples: Floats, dice: np.random.Generator) -> Floats:
    """A microphone's tone, and in part a narrow band."""
    hz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    tone = np.interp(np.log(np.maximum(hz, 50)), np.log([50, 300, 1000, 3000, 8000]), dice.uniform(-9, 9, 5))
    gain = 10 ** (tone / 20)
    if dice.random() < 0.3:
        gain = gain * (1 / (1 + (hz / dice.uniform(3300, 7500)) ** 24))
    if dice.random() < 0.3:
        gain = gain * (1 - 1 / (1 + (hz / dice.uniform(70, 300)) ** 8))
    return np.fft.irfft(np.fft.rfft(samples) * gain, len(samples)).astype(np.float32)


def _coarse(samples: Floats, dice: np.random.Generator) -> Floats:
    """What a transform codec at a low rate does: the weak lines of each block are dropped, the others rounded."""
    window = np.sin(np.pi * (np.arange(2 * _BLOCK) + 0.5) / (2 * _BLOCK))
    padded = np.pad(samples, (_BLOCK, _BLOCK + -len(samples) % _BLOCK))
    blocks = np.lib.stride_tricks.sliding_window_view(padded, 2 * _BLOCK)[::_BLOCK] * window
    lines = np.fft.rfft(blocks, axis=1)
    step = np.abs(lines).max(axis=1, keepdims=True) * 10 ** (-dice.uniform(22, 40) / 20) + 1e-9
    rounded = np.fft.irfft((np.rint(lines.real / step) + 1j * np.rint(lines.imag / step)) * step, axis=1) * window
    out = np.zeros(len(padded))
    out[: len(rounded) * _BLOCK] += rounded[:, :_BLOCK].reshape(-1)
    out[_BLOCK : (len(rounded) + 1) * _BLOCK] += rounded[:, _BLOCK:].reshape(-1)
    return out[_BLOCK : _BLOCK + len(samples)].astype(np.float32)


def _telephone(samples: Floats) -> Floats:
    """8 kHz and the 256 steps of mu-law (ITU-T G.711)."""
    narrow = soxr.resample(samples, SAMPLE_RATE, _TELEPHONE).clip(-1, 1)
    steps = np.rint(np.sign(narrow) * np.log1p(255 * np.abs(narrow)) / np.log(256) * 127)
    heard = np.sign(steps) * (np.expm1(np.abs(steps) / 127 * np.log(256)) / 255)
    wide: Floats = soxr.resample(heard.astype(np.float32), _TELEPHONE, SAMPLE_RATE)
    return np.pad(wide, (0, max(0, len(samples) - len(wide))))[: len(samples)]
