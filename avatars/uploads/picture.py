"""A background or logo as we keep it: decoded within limits, upright, in sRGB, written anew with nothing but its pixels.

Other than a portrait (photo.py) it may be small, and keeps its transparency.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, ImageOps

from accounts.errors import Invalid
from avatars.refusals import Refused
from avatars.uploads.decoding import BROKEN, FORMATS, bare, in_srgb, opened
from avatars.uploads.headers import PICTURES, media_type_of, picture_size

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 4096 * 4096
_LONGEST_SIDE = 8192
_QUALITY = 92
_HINT = "Send a JPEG, PNG or WebP picture of at most 10 MiB and 4096 × 4096 pixels."


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A file that we wrote, and its size in pixels."""

    content: bytes
    media_type: str
    width: int
    height: int


def rewritten(content: bytes) -> Picture:
    """`content` as a picture of ours, in the format that it came in. Raises Invalid (too_large, unknown_kind,
    too_many_pixels, unreadable)."""
    if len(content) > MOST_BYTES:
        raise _refusal("too_large")
    media_type, expected = _announced(content)
    try:
        picture = _decoded(content, expected)
    except BROKEN as error:
        raise _refusal("unreadable") from error
    return Picture(content=_written(picture, media_type), media_type=media_type, width=picture.width, height=picture.height)


def _announced(content: bytes) -> tuple[str, tuple[int, int]]:
    """What the header says, before anything is decoded."""
    try:
        media_type = media_type_of(content)
        if media_type not in PICTURES:
            raise _refusal("unknown_kind")
        size = picture_size(content, media_type)
    except Refused as error:
        raise _refusal(error.code) from error
    if size.width * size.height > MOST_PIXELS or max(size.width, size.height) > _LONGEST_SIDE:
        raise _refusal("too_many_pixels")
    return media_type, (size.width, size.height)


def _decoded(content: bytes, expected: tuple[int, int]) -> Image.Image:
    with opened(content, expected) as picture:
        picture.load()
        upright = in_srgb(ImageOps.exif_transpose(picture))
        return bare(upright, "RGBA" if "A" in upright.getbands() or "transparency" in upright.info else "RGB")


def _written(picture: Image.Image, media_type: str) -> bytes:
    out = io.BytesIO()
    picture.save(out, FORMATS[media_type], **({} if media_type == "image/png" else {"quality": _QUALITY}))
    return out.getvalue()


def _refusal(code: str) -> Invalid:
    return Invalid("This picture can't be taken.", code=code, hint=_HINT)
