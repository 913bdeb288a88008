"""Samples that nobody compressed: WAV files of any usual width, and bare ones."""

from __future__ import annotations

import io
import wave

import numpy as np
from numpy.typing import NDArray

from avatars.blocks.recording import HIGHEST_RATE, LOWEST_RATE, MOST_SECONDS, Recording, unreadable
from avatars.voice import SAMPLE_RATE

_WIDEST = 4  # bytes of a sample
# What the reader of the standard library raises for damaged files; RuntimeError where a chunk ends before it should.
_BROKEN = (wave.Error, EOFError, ValueError, RuntimeError, OSError, ZeroDivisionError, OverflowError)


def bare(content: bytes) -> Recording:
    """16-bit mono samples at 24 kHz without a header. Raises Invalid."""
    if len(content) % 2:
        raise unreadable()
    return Recording(samples=_scaled(np.frombuffer(content, "<i2"), 16), rate=SAMPLE_RATE)


def waves(content: bytes) -> Recording:
    """A WAV file of whole-number samples, its channels mixed. Raises Invalid."""
    try:
        with wave.open(io.BytesIO(content)) as wav:
            rate, channels, width = wav.getframerate(), wav.getnchannels(), wav.getsampwidth()
            if width > _WIDEST or not LOWEST_RATE <= rate <= HIGHEST_RATE:
                raise unreadable()
            data = wav.readframes(MOST_SECONDS * rate + rate)
        return Recording(samples=_mixed(data, width, channels), rate=rate)
    except _BROKEN as error:
        raise unreadable() from error


def _mixed(data: bytes, width: int, channels: int) -> NDArray[np.float32]:
    data = data[: len(data) - len(data) % (width * channels)]
    mixed: NDArray[np.float32] = _samples(data, width).reshape(-1, channels).mean(axis=1, dtype=np.float32)
    return mixed


def _samples(data: bytes, width: int) -> NDArray[np.float32]:
    if width == 1:  # unsigned, as WAV has it
        return _scaled(np.frombuffer(data, np.uint8).astype(np.int16) - 128, 8)
    if width == 3:
        wide = np.zeros((len(data) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
        return _scaled(wide.view("<i4")[:, 0], 32)
    return _scaled(np.frombuffer(data, f"<i{width}"), 8 * width)


def _scaled(samples: NDArray[np.signedinteger], bits: int) -> NDArray[np.float32]:
    return samples.astype(np.float32) / np.float32(2 ** (bits - 1))
