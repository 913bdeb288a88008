"""Sound on its way out as Opus in Ogg (RFC 7845) or MP3, without moving it in time.

Both codecs put silence in front. Ogg says how much (pre-skip), and where the last packet ends, so that players leave it
out; for MP3 the LAME header does, which is written last: an MP3 can't be sent before it is whole.
"""

from __future__ import annotations

import io
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from accounts.errors import Conflict
from avatars.voice import SAMPLE_RATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a format is written. `is_live`: its beginning can be sent before its end is known."""

    container: str
    codec: str
    bits: int  # a second
    media_type: str
    is_live: bool
    options: Mapping[str, str] = field(default_factory=dict)


# Pages of 0.2 s: by itself the muxer waits for a second of sound.
RECIPES: Mapping[str, Recipe] = {
    "opus": Recipe(
        container="ogg",
        codec="libopus",
        bits=32_000,
        media_type="audio/ogg",
        is_live=True,
        options={"page_duration": "200000"},
    ),
    "mp3": Recipe(container="mp3", codec="libmp3lame", bits=64_000, media_type="audio/mpeg", is_live=False),
}


def available() -> list[str]:
    """The formats that this installation's FFmpeg can write."""
    return [name for name, recipe in RECIPES.items() if recipe.codec in av.codecs_available]


def require(form: str) -> None:
    """Raises Conflict (format_unavailable) for a compressed format that can't be written here."""
    if form in RECIPES and form not in available():
        hint = "GET /api/v1/info lists the formats that can."
        raise Conflict(f"This installation can't write {form}.", code="format_unavailable", hint=hint)


def compressed(sounds: Iterable[NDArray[np.int16]], form: str) -> Generator[bytes]:
    """`sounds`, each (n,) int16 mono at 24 kHz, one after the other as one file of the format `form`, piece by piece."""
    recipe = RECIPES[form]
    sink = _Sink() if recipe.is_live else io.BytesIO()
    with av.open(sink, "w", format=recipe.container, options=dict(recipe.options)) as file:
        stream: Any = file.add_stream(recipe.codec, rate=SAMPLE_RATE, layout="mono")
        stream.bit_rate = recipe.bits
        at = 0
        for sound in sounds:
            file.mux(stream.encode(_frame(sound, at)))
            at += len(sound)
            yield sink.taken() if isinstance(sink, _Sink) else b""
        file.mux(stream.encode(None))
    yield sink.taken() if isinstance(sink, _Sink) else sink.getvalue()


class _Sink:
    """A file that can only be written: what was, is taken away."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        """For the muxer."""
        self._written += data
        return len(data)

    def taken(self) -> bytes:
        """What was written since the last time."""
        content = bytes(self._written)
        self._written.clear()
        return content


def _frame(sound: NDArray[np.int16], at: int) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound)[None, :], format="s16", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, at, Fraction(1, SAMPLE_RATE)
    return frame
