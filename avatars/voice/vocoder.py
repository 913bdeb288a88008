"""From hibari's predicted spectrum to a waveform: the same signal as hibari.dsp at less than half the processor time.

S = exp(lh) e^(i pi tanh(theta)) STFT(pulses(f0)) + exp(ln) Z + exp(lr) e^(i phi), then one inverse STFT. What is saved:
the Gaussian noise Z is drawn once, the sine of a known cosine is a square root, and silent frames are never made.
"""

from functools import cache, lru_cache

import numpy as np
from hibari import dsp
from numpy.typing import NDArray

FRAME_MS = 12.5
FRAME = 300  # samples
_BINS = 601
_WINDOW = 1200
_HOPS = _WINDOW // FRAME
_LOUDEST = np.float32(7.0)  # log magnitude
_SILENT = 9.0  # log magnitude below the loudest frame: 78 dB
_NOISE_FRAMES = 1024
_BLOCK = 32
_NOISE_SEED = 7

Floats = NDArray[np.float32]
Spectrum = NDArray[np.complex64]


def synthesise(spectrum: list[Floats], pitch: Floats) -> Floats:
    """(F * 300,) float32 samples at 24 kHz.

    spectrum: lh, theta, ln, lr, phi, each (601, F) float32; pitch: (F,) float32 Hz. The same input gives the same
    samples: the noise is fixed.
    """
    first, after = _audible(spectrum)
    samples = np.zeros(len(pitch) * FRAME, np.float32)
    if after > first:
        samples[first * FRAME : after * FRAME] = _frames([part[:, first:after] for part in spectrum], pitch[first:after])
    return samples


def _audible(spectrum: list[Floats]) -> tuple[int, int]:
    """The frames from the first to the last that is heard, with a window's length around them."""
    harmonic, _, noisy, free, _ = spectrum
    level = np.max([part.max(axis=0) for part in (harmonic, noisy, free)], axis=0)
    heard = np.flatnonzero(level > level.max() - _SILENT)
    return max(0, int(heard[0]) - _HOPS), min(len(level), int(heard[-1]) + 1 + _HOPS)


def _frames(spectrum: list[Floats], pitch: Floats) -> Floats:
    count = len(pitch)
    pulses = np.pad(dsp.pulses(pitch), _WINDOW // 2, mode="reflect")
    heard = np.lib.stride_tricks.sliding_window_view(pulses, _WINDOW)[::FRAME]
    out = np.zeros((count + _HOPS - 1, FRAME), np.float32)
    for start in range(0, count, _BLOCK):  # blocks of frames stay in the processor's cache
        frames = slice(start, min(start + _BLOCK, count))
        block = np.fft.rfft(heard[frames] * dsp.WIN_SRC, axis=1).astype(np.complex64, copy=False)
        _shape(block, [np.ascontiguousarray(part[:, frames].T) for part in spectrum], _noise(frames))
        _overlap(out, start, np.fft.irfft(block, _WINDOW, axis=1).astype(np.float32, copy=False))
    out *= _weights(count)
    return out.reshape(-1)[_WINDOW // 2 : _WINDOW // 2 + count * FRAME]


def _shape(block: Spectrum, parts: list[Floats], noise: Spectrum) -> None:
    """Turn the pulses' spectrum of a block of frames into the voice's, in place."""
    harmonic, turn, noisy, free, phase = parts
    block *= _rotation(np.tanh(turn) * np.float32(np.pi), turn)
    block *= _magnitude(harmonic)
    block += noise * _magnitude(noisy)
    block += _polar(_magnitude(free), phase)


def _magnitude(log: Floats) -> Floats:
    return np.exp(np.minimum(log, _LOUDEST))


def _rotation(angle: Floats, sign: Floats) -> Spectrum:
    """e^(i angle) for angles in (-pi, pi) with the sign of `sign`."""
    out = np.empty(angle.shape, np.complex64)
    cosine = np.cos(angle)
    out.real = cosine
    cosine *= cosine
    np.subtract(np.float32(1), cosine, out=cosine)
    np.maximum(cosine, np.float32(0), out=cosine)
    np.sqrt(cosine, out=cosine)
    out.imag = np.copysign(cosine, sign)
    return out


def _polar(magnitude: Floats, phase: Floats) -> Spectrum:
    out = np.empty(phase.shape, np.complex64)
    np.multiply(np.cos(phase), magnitude, out=out.real)
    np.multiply(np.sin(phase), magnitude, out=out.imag)
    return out


def _noise(frames: slice) -> Spectrum:
    return np.take(_noise_table(), range(frames.start, frames.stop), axis=0, mode="wrap")


@cache
def _noise_table() -> Spectrum:
    drawn = np.random.default_rng(_NOISE_SEED).standard_normal((_NOISE_FRAMES, 2 * _BINS), dtype=np.float32)
    return drawn.view(np.complex64)


def _overlap(out: Floats, start: int, frames: Floats) -> None:
    """Add windowed frames of 1200 samples, each 300 after the one before."""
    frames *= dsp.WIN
    blocks = frames.reshape(len(frames), _HOPS, FRAME)
    for hop in range(_HOPS):
        out[start + hop : start + hop + len(frames)] += blocks[:, hop]


@lru_cache(maxsize=16)
def _weights(count: int) -> Floats:
    """One over the sum of the squared windows at each sample, (count + 3, 300)."""
    squared = (dsp.WIN * dsp.WIN).reshape(_HOPS, FRAME)
    total = np.zeros((count + _HOPS - 1, FRAME), np.float32)
    for hop in range(_HOPS):
        total[hop : hop + count] += squared[hop]
    return (1 / np.maximum(total, 1e-11)).astype(np.float32)
