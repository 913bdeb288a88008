"""What a file is by its first bytes, and how many pixels a picture says it has: without decoding anything.

JPEG: ITU T.81, B.2.2 (frame header); PNG: ISO 15948, 11.2.2 (IHDR); WebP: RFC 9649, 2.5–2.7; GLB: glTF 2.0, 4.4.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from avatars.refusals import Refused

GLB = "model/gltf-binary"
PICTURES = ("image/jpeg", "image/png", "image/webp")
SMALLEST_SIDE = 256
_LARGEST_SIDE = 20_000
# Frame headers: SOF0–SOF15 but DHT (C4), JPG (C8) and DAC (CC).
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Pixels, as stored: a rotation in the metadata is not looked at."""

    width: int
    height: int


def media_type_of(content: bytes) -> str:
    """One of PICTURES, or GLB; raises Refused (empty, unknown_kind)."""
    if not content:
        raise Refused("empty")
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content.startswith(b"glTF"):
        return GLB
    raise Refused("unknown_kind")


def picture_size(content: bytes, media_type: str) -> Size:
    """The size that the header of a picture gives; raises Refused (unreadable)."""
    read = {"image/jpeg": _jpeg, "image/png": _png, "image/webp": _webp}[media_type]
    try:
        width, height = read(content)
    except (struct.error, IndexError, ValueError) as error:
        raise Refused("unreadable") from error
    if width < 1 or height < 1:
        raise Refused("unreadable")
    return Size(width=width, height=height)


def check_picture(content: bytes, media_type: str, *, most_pixels: int) -> Size:
    """The size of a picture that may be decoded; raises Refused (unreadable, too_many_pixels, picture_too_small)."""
    size = picture_size(content, media_type)
    if size.width * size.height > most_pixels or max(size.width, size.height) > _LARGEST_SIDE:
        raise Refused("too_many_pixels")
    if min(size.width, size.height) < SMALLEST_SIDE:
        raise Refused("picture_too_small")
    return size


def _png(content: bytes) -> tuple[int, int]:
    if content[12:16] != b"IHDR":
        raise ValueError("no IHDR")
    width, height = struct.unpack_from(">II", content, 16)
    return width, height


def _jpeg(content: bytes) -> tuple[int, int]:
    at = 2
    while True:
        if content[at] != 0xFF:
            raise ValueError("no marker")
        marker = content[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
        elif marker in _BARE:
            at += 2
        elif marker in _FRAMES:
            height, width = struct.unpack_from(">HH", content, at + 5)
            return width, height
        else:
            (length,) = struct.unpack_from(">H", content, at + 2)
            at += 2 + max(2, length)


def _webp(content: bytes) -> tuple[int, int]:
    kind = content[12:16]
    if kind == b"VP8X":
        return 1 + _u24(content, 24), 1 + _u24(content, 27)
    if kind == b"VP8 " and content[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", content, 26)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L" and content[20] == 0x2F:
        (bits,) = struct.unpack_from("<I", content, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    raise ValueError("no WebP chunk that we know")


def _u24(content: bytes, at: int) -> int:
    return content[at] | content[at + 1] << 8 | content[at + 2] << 16
