"""Opus (in Ogg or WebM) and MP3 as samples: decoded by FFmpeg, which is told what it may be, and no further than is heard.

What encoders put in front (Opus: pre-skip, MP3: the delay in a LAME header) is left out, so times are those of the sound.
"""

from __future__ import annotations

import io
from typing import Any

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from avatars.blocks.recording import HIGHEST_RATE, LOWEST_RATE, MOST_SECONDS, Recording, too_long, unreadable

_OPENINGS = ((b"OggS", "ogg"), (b"\x1a\x45\xdf\xa3", "matroska"), (b"ID3", "mp3"))
_CONTAINERS = {"opus": {"ogg", "matroska"}, "mp3": {"mp3"}, "auto": {"ogg", "matroska", "mp3"}}
_CODECS = "opus,libopus,mp3,mp3float"
# Nothing else is ever decoded, also not while the file is being looked at: a WebM may hold pictures.
_OPTIONS = {"codec_whitelist": _CODECS, "probesize": "500000", "analyzeduration": "5000000"}


def decoded(content: bytes, form: str) -> Recording:
    """A file of the format `form`: "opus", "mp3", or "auto" for either; its channels are mixed. Raises Invalid."""
    container = _container_of(content)
    if container not in _CONTAINERS.get(form, set()):
        raise unreadable()
    try:
        with av.open(io.BytesIO(content), "r", format=container, options=_OPTIONS, metadata_errors="ignore") as file:
            return _heard(file)
    except (FFmpegError, ValueError, OSError, EOFError) as error:
        raise unreadable() from error


def _container_of(content: bytes) -> str:
    for opening, container in _OPENINGS:
        if content.startswith(opening):
            return container
    is_frame = len(content) > 2 and content[0] == 0xFF and content[1] & 0xE6 == 0xE2  # MPEG audio, layer III
    return "mp3" if is_frame else ""


def _heard(file: Any) -> Recording:
    if not file.streams.audio or file.streams.audio[0].codec_context.name not in _CODECS.split(","):
        raise unreadable()
    rate: int = file.streams.audio[0].codec_context.sample_rate
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise unreadable()
    blocks, count = [np.zeros(0, np.float32)], 0
    for frame in file.decode(audio=0):
        if frame.sample_rate != rate:  # one file after another in the same stream
            raise unreadable()
        blocks.append(_mixed(frame))
        count += len(blocks[-1])
        if count > MOST_SECONDS * rate:
            raise too_long()
    return Recording(samples=np.clip(np.nan_to_num(np.concatenate(blocks)), -1, 1), rate=rate)


def _mixed(frame: Any) -> NDArray[np.float32]:
    """(n,) float32 of a frame whose channels are planes of floats, as both decoders give them."""
    if frame.format.name not in {"fltp", "flt"}:
        raise unreadable()
    planes = frame.to_ndarray().reshape(-1, frame.layout.nb_channels).T if frame.format.name == "flt" else frame.to_ndarray()
    mixed: NDArray[np.float32] = planes.mean(axis=0, dtype=np.float32)
    return mixed
