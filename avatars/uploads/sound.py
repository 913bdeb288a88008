"""Sound files of strangers, opened by FFmpeg, which is told what they may be and finds out nothing by itself.

Left alone, FFmpeg tries every format it knows: text may name network addresses on which it then waits, and pictures beside
the sound are decoded while it looks at the file.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import av
from av.audio.frame import AudioFrame
from av.error import FFmpegError

from avatars.uploads.containers import container_of

_PCM = {"pcm_u8", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_f32le", "pcm_f64le"}
# Of each container, the decoders (FFmpeg's names) of the sound that people send in it.
CODECS: dict[str, frozenset[str]] = {
    "wav": frozenset(_PCM | {"pcm_alaw", "pcm_mulaw"}),
    "ogg": frozenset({"opus", "libopus", "vorbis", "flac"}),
    "flac": frozenset({"flac"}),
    "mp3": frozenset({"mp3", "mp3float"}),
    "matroska": frozenset({"opus", "libopus", "vorbis", "flac", "aac", "mp3", "mp3float"} | _PCM),
    "mov": frozenset({"aac", "alac", "mp3", "mp3float", "opus", "libopus", "flac"} | _PCM),
}
_LOOK = {"probesize": "500000", "analyzeduration": "5000000", "protocol_whitelist": ""}
# What FFmpeg, and what wraps it, raise for damaged files.
_BROKEN = (FFmpegError, ValueError, OSError, EOFError, OverflowError)


class NotSound(Exception):
    """Not a file of sound that is read here, or a damaged one."""


class Silent(NotSound):
    """A file without a track of sound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """The first track of sound: samples a second, and its frames as they are decoded (once; they may raise NotSound)."""

    rate: int
    frames: Iterator[AudioFrame]


@contextmanager
def opened(
    content: bytes, *, containers: Collection[str] = tuple(CODECS), codecs: Collection[str] | None = None
) -> Iterator[Track]:
    """The sound of a file that is one of `containers` and holds one of `codecs` (default: those of CODECS). Whatever goes
    wrong inside of the block because of the file raises NotSound; Silent where there is no sound in it."""
    container = container_of(content)
    if container not in containers:
        raise NotSound
    allowed = CODECS[container] if codecs is None else CODECS[container] & set(codecs)
    options = _LOOK | {"codec_whitelist": ",".join(sorted(allowed))}
    try:
        with av.open(io.BytesIO(content), "r", format=container, options=options, metadata_errors="ignore") as file:
            if not file.streams.audio:
                raise Silent
            codec = file.streams.audio[0].codec_context  # none where FFmpeg has no name for it
            if codec is None or codec.name not in allowed:
                raise NotSound
            yield Track(rate=codec.sample_rate, frames=file.decode(audio=0))
    except _BROKEN as error:
        raise NotSound from error
