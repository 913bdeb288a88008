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
# Speed before size: WebP's method 2 takes two thirds of the default's time; those below can't write all of the largest pictures.
_OPTIONS: dict[str, dict[str, int]] = {
    "image/jpeg": {"quality": 92},
    "image/png": {"compress_level": 4},
    "image/webp": {"quality": 92, "method": 2},
}
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
    media_type, expected = announced(content)
    try:
        picture = _decoded(content, expected)
        anew = _written(picture, media_type)
    except BROKEN as error:
        raise refusal("unreadable") from error
    return Picture(content=anew, media_type=media_type, width=picture.width, height=picture.height)


def announced(content: bytes) -> tuple[str, tuple[int, int]]:
    """Media type, width and height as the header says, before anything is decoded. Raises Invalid as `rewritten`."""
    if len(content) > MOST_BYTES:
        raise refusal("too_large")
    try:
        media_type = media_type_of(content)
        if media_type not in PICTURES:
            raise refusal("unknown_kind")
        size = picture_size(content, media_type)
    except Refused as error:
        raise refusal(error.code) from error
    if size.width * size.height > MOST_PIXELS or max(size.width, size.height) > _LONGEST_SIDE:
        raise refusal("too_many_pixels")
    return media_type, (size.width, size.height)


def _decoded(content: bytes, expected: tuple[int, int]) -> Image.Image:
    with opened(content, expected) as picture:
        picture.load()
        upright = in_srgb(ImageOps.exif_transpose(picture))
        return bare(upright, "RGBA" if "A" in upright.getbands() or "transparency" in upright.info else "RGB")


def _written(picture: Image.Image, media_type: str) -> bytes:
    out = io.BytesIO()
    picture.save(out, FORMATS[media_type], **_OPTIONS[media_type])
    return out.getvalue()


def refusal(code: str) -> Invalid:
    """Why a picture is not taken."""
    return Invalid("This picture can't be taken.", code=code, hint=_HINT)
