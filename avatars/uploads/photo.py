"""A photo as we keep it: decoded within limits, upright, in sRGB, without metadata, written anew."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

from avatars.refusals import Refused
from avatars.uploads.headers import PICTURES, check_picture, media_type_of

LONGEST_SIDE = 2048
QUALITY = 92
_FORMATS = ("JPEG", "PNG", "WEBP")
_BROKEN = (OSError, ValueError, SyntaxError, TypeError, IndexError, EOFError, Image.DecompressionBombError, MemoryError)


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
    except _BROKEN as error:
        raise Refused("unreadable") from error


def _decoded(content: bytes, expected: tuple[int, int]) -> Image.Image:
    with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
        if picture.size != expected:
            raise ValueError("the decoder sees another size than the header's reader")
        picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # JPEG decodes at a fraction where that is enough
        picture.load()
        upright = ImageOps.exif_transpose(picture)
        flat = _in_srgb(_on_white(upright))
        flat.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
        return flat


def _on_white(picture: Image.Image) -> Image.Image:
    """Without transparency; the profile stays with it."""
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture
    ground = Image.new("RGBA", picture.size, "white")
    ground.alpha_composite(picture.convert("RGBA"))
    return ground.convert("RGB")


def _in_srgb(picture: Image.Image) -> Image.Image:
    profile = picture.info.get("icc_profile")
    if profile and picture.mode in {"RGB", "CMYK", "L"}:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):  # a profile that nobody can read changes nothing
            converted = None
        if converted is not None:
            return _bare(converted)
    return _bare(picture.convert("RGB"))


def _bare(picture: Image.Image) -> Image.Image:
    """The pixels alone: what else the file said (place, camera, thumbnails, profile) stays behind."""
    bare = Image.new("RGB", picture.size)
    bare.paste(picture)
    return bare


def pixels(picture: Image.Image) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB."""
    return np.asarray(picture, dtype=np.uint8)


def jpeg(picture: Image.Image, *, quality: int = QUALITY) -> bytes:
    """The picture as JPEG, without metadata."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, optimize=True, subsampling=0 if quality >= QUALITY else 2)
    return out.getvalue()
