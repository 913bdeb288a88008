"""Opus (in Ogg or WebM) and MP3 as samples, decoded no further than is heard.

What encoders put in front (Opus: pre-skip, MP3: the delay in a LAME header) is left out, so times are those of the sound.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatars.blocks.recording import HIGHEST_RATE, LOWEST_RATE, MOST_SECONDS, Recording, too_long, unreadable
from avatars.uploads.sound import NotSound, Track, opened

_CONTAINERS = {"opus": {"ogg", "matroska"}, "mp3": {"mp3"}, "auto": {"ogg", "matroska", "mp3"}}
_CODECS = {"opus", "libopus", "mp3", "mp3float"}


def decoded(content: bytes, form: str) -> Recording:
    """A file of the format `form`: "opus", "mp3", or "auto" for either; its channels are mixed. Raises Invalid."""
    try:
        with opened(content, containers=_CONTAINERS.get(form, ()), codecs=_CODECS) as track:
            return _heard(track)
    except NotSound as error:
        raise unreadable() from error


def _heard(track: Track) -> Recording:
    rate = track.rate
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise unreadable()
    blocks, count = [np.zeros(0, np.float32)], 0
    for frame in track.frames:
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
