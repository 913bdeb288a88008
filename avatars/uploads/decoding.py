"""Pictures of strangers as pixels: opened as what their header said, upright, in sRGB, with nothing but their pixels."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, ImageCms

# What the decoders raise for damaged files.
BROKEN = (OSError, ValueError, SyntaxError, TypeError, IndexError, EOFError, Image.DecompressionBombError, MemoryError)
FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
_WITH_PROFILE = {"RGB", "RGBA", "L", "CMYK"}


@contextmanager
def opened(content: bytes, expected: tuple[int, int]) -> Iterator[Image.Image]:
    """The picture, not decoded yet; ValueError when it has another size than its header's reader found."""
    with Image.open(io.BytesIO(content), formats=tuple(FORMATS.values())) as picture:
        if picture.size != expected:
            raise ValueError("the decoder sees another size than the header's reader")
        yield picture


def in_srgb(picture: Image.Image) -> Image.Image:
    """The picture as its colour profile means it; a profile that nobody can read changes nothing."""
    profile = picture.info.get("icc_profile")
    if not profile or picture.mode not in _WITH_PROFILE:
        return picture
    mode = "RGBA" if picture.mode == "RGBA" else "RGB"
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode=mode) or picture
    except (ImageCms.PyCMSError, OSError):
        return picture


def bare(picture: Image.Image, mode: str) -> Image.Image:
    """The pixels alone: what else the file said (place, camera, thumbnails, profile) stays behind."""
    alone = Image.new(mode, picture.size)
    alone.paste(picture.convert(mode))
    return alone
