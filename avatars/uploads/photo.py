"""A photo as we keep it: decoded within limits, upright, in sRGB, without metadata, written anew."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from avatars.refusals import Refused
from avatars.uploads.decoding import BROKEN, bare, in_srgb, opened
from avatars.uploads.headers import PICTURES, check_picture, media_type_of

LONGEST_SIDE = 2048
QUALITY = 92


def cleaned(content: bytes, *, most_pixels: int) -> Image.Image:
    """The picture, RGB, at most LONGEST_SIDE on a side. Raises Refused.

    All checks of the header are made again: nothing is decoded because somebody else has looked.
    """
    media_type = media_type_of(content)
    if media_type not in PICTURES:
        raise Refused("unknown_kind")
    size = check_picture(content, media_type, most_pixels=most_pixels)
    try:
        return _decoded(content, (size.width, size.height))
    except BROKEN as error:
        raise Refused("unreadable") from error


def _decoded(content: bytes, expected: tuple[int, int]) -> Image.Image:
    with opened(content, expected) as picture:
        picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # JPEG decodes at a fraction where that is enough
        picture.load()
        flat = bare(in_srgb(_on_white(ImageOps.exif_transpose(picture))), "RGB")
        flat.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
        return flat


def _on_white(picture: Image.Image) -> Image.Image:
    """Without transparency; the profile stays with it."""
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture
    ground = Image.new("RGBA", picture.size, "white")
    ground.alpha_composite(picture.convert("RGBA"))
    return ground.convert("RGB")


def pixels(picture: Image.Image) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB."""
    return np.asarray(picture, dtype=np.uint8)


def jpeg(picture: Image.Image, *, quality: int = QUALITY) -> bytes:
    """The picture as JPEG, without metadata."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, optimize=True, subsampling=0 if quality >= QUALITY else 2)
    return out.getvalue()
