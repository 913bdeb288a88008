"""A recording as it comes in: told by its first bytes, measured where its header says how long it is, never decoded here.

Codecs are for workers: what a file really holds is found out there (hearing.py).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from accounts.errors import Invalid
from avatars.uploads.containers import container_of
from avatars.videos.wish import LEAST_SECONDS, MOST_SECONDS

# Where a header does not say how long the sound is, it is held for at the bits a second that speech usually has; the worker
# holds what it really is.
_USUAL_BITS = 128_000
_MEDIA_TYPES = {
    "wav": "audio/wav",
    "ogg": "audio/ogg",
    "flac": "audio/flac",
    "mp3": "audio/mpeg",
    "matroska": "audio/webm",
    "mov": "audio/mp4",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """An upload that may be sound; `expected_ms`: how long it claims to be, or probably is."""

    content: bytes
    media_type: str
    expected_ms: int


def recording_of(content: bytes) -> Recording:
    """Raises Invalid (unreadable_sound, recording_too_long, recording_too_short)."""
    media_type = _MEDIA_TYPES.get(container_of(content), "")
    if not media_type:
        hint = "Send WAV, MP3, Ogg, M4A, WebM or FLAC."
        raise Invalid("The file is no sound that can be read here.", code="unreadable_sound", hint=hint)
    declared = _declared_ms(content) if media_type == "audio/wav" else None
    if declared is not None and declared > MOST_SECONDS * 1000:
        raise Invalid(f"A recording may last {MOST_SECONDS // 60} minutes at most.", code="recording_too_long")
    if declared is not None and declared < LEAST_SECONDS * 1000:
        raise Invalid("The recording holds hardly any sound.", code="recording_too_short")
    usual = min(MOST_SECONDS * 1000, len(content) * 8 * 1000 // _USUAL_BITS)
    return Recording(content=content, media_type=media_type, expected_ms=usual if declared is None else declared)


def _declared_ms(wav: bytes) -> int | None:
    """How long a WAV file says that it is, as far as its bytes are there; None where it does not say."""
    at, rate = 12, 0
    while at + 8 <= len(wav):
        name, size = struct.unpack_from("<4sI", wav, at)
        if name == b"fmt " and at + 24 <= len(wav):
            rate = struct.unpack_from("<I", wav, at + 16)[0]  # bytes a second
        if name == b"data":
            return min(size, len(wav) - at - 8) * 1000 // rate if rate else None
        at += 8 + size + size % 2
    return None
