"""Sound on its way out, piece by piece: WAV that can begin before its end is known, bare samples, compressed, base64."""

from __future__ import annotations

import base64
import struct
from collections.abc import Generator, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from avatars.blocks.encoding import RECIPES, compressed
from avatars.voice import SAMPLE_RATE

_UNKNOWN = 0xFFFFFFFF  # RIFF has no word for a length that is not known yet; players read this as "to the end"
_HEADER_BYTES = 44
_PCM, _MONO, _SAMPLE_BYTES = 1, 1, 2


def sound_bytes(sounds: Iterable[NDArray[np.int16]], form: str, samples: int | None = None) -> Generator[bytes]:
    """`sounds`, each (n,) int16 mono at 24 kHz, as one file: "wav", "pcm16" or what encoding.py writes. `samples`: how many
    there are, where that is known."""
    if form in RECIPES:
        yield from compressed(sounds, form)
        return
    opening = wav_header(None if samples is None else _SAMPLE_BYTES * samples) if form == "wav" else b""
    for sound in sounds:
        yield opening + pcm_bytes(sound)
        opening = b""


def wav_header(data_bytes: int | None = None) -> bytes:
    """The 44 bytes before 16-bit mono PCM at 24 kHz; without a length, one that says "until the end"."""
    riff = _UNKNOWN if data_bytes is None else data_bytes + _HEADER_BYTES - 8
    size = _UNKNOWN if data_bytes is None else data_bytes
    rate = SAMPLE_RATE * _SAMPLE_BYTES
    form = (16, _PCM, _MONO, SAMPLE_RATE, rate, _SAMPLE_BYTES, 8 * _SAMPLE_BYTES)
    return struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", riff, b"WAVE", b"fmt ", *form, b"data", size)


def pcm_bytes(samples: NDArray[np.int16]) -> bytes:
    """Little-endian, as WAV and the wire have it."""
    return samples.astype("<i2", copy=False).tobytes()


def base64_pieces(parts: Iterable[bytes]) -> Iterator[str]:
    """The base64 of all parts together, piece by piece."""
    left = b""
    for part in parts:
        whole = left + part
        cut = len(whole) - len(whole) % 3
        left = whole[cut:]
        yield base64.b64encode(whole[:cut]).decode()
    yield base64.b64encode(left).decode()
