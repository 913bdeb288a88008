"""Photos as they are kept: upright, bare, written anew."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from avatars.refusals import Refused
from avatars.uploads.photo import LONGEST_SIDE, cleaned, jpeg, pixels
from tests.avatars.own.conftest import picture
from tests.avatars.own.heads import head

MOST = 40_000_000


def two_halves(**options: object) -> bytes:
    """Red above, blue below, 400 × 300."""
    image = Image.new("RGB", (400, 300), (200, 0, 0))
    image.paste((0, 0, 200), (0, 150, 400, 300))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=95, **options)
    return out.getvalue()


def private() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turn by 90° to the right
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[1] = "N"
    return exif


def test_it_turns_the_picture_and_forgets_where_it_was_taken() -> None:
    content = two_halves(exif=private())
    assert b"SecretCamera" in content
    upright = cleaned(content, most_pixels=MOST)
    assert upright.size == (300, 400)
    colours = pixels(upright)
    assert colours[200, 290, 0] > 150  # what was above lies on the right
    assert colours[200, 10, 2] > 150
    again = jpeg(upright)
    assert b"SecretCamera" not in again
    with Image.open(io.BytesIO(again)) as kept:
        assert not kept.getexif()
        assert set(kept.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_it_leaves_nothing_of_comments_profiles_and_thumbnails() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    again = jpeg(cleaned(two_halves(comment=b"call me", icc_profile=profile), most_pixels=MOST))
    assert b"call me" not in again
    assert b"ICC_PROFILE" not in again


def test_it_puts_what_is_transparent_on_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (300, 300), (200, 0, 0, 0)).save(out, "PNG")
    assert np.all(pixels(cleaned(out.getvalue(), most_pixels=MOST)) == 255)


def test_it_makes_large_ones_smaller() -> None:
    assert max(cleaned(picture(5000, 2500), most_pixels=MOST).size) == LONGEST_SIDE


@pytest.mark.parametrize("mode", ["L", "CMYK", "RGB"])
def test_it_makes_colours_of_every_mode(mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (300, 300)).save(out, "JPEG")
    assert pixels(cleaned(out.getvalue(), most_pixels=MOST)).shape == (300, 300, 3)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (picture()[:-400], "unreadable"),
        (picture(kind="PNG")[:200], "unreadable"),
        (picture(7000, 7000, kind="PNG", compress_level=9), "too_many_pixels"),
        (head(), "unknown_kind"),
    ],
    ids=["cut off", "cut PNG", "49 megapixels", "head"],
)
def test_it_refuses_what_it_can_not_read(content: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        cleaned(content, most_pixels=MOST)
    assert refused.value.code == code


def test_it_believes_the_decoder_only_where_the_header_agrees() -> None:
    """Two frame headers: the first is small, the second is what a decoder might take."""
    content = bytearray(picture(300, 300))
    at = content.index(b"\xff\xc0")
    other = bytes(content[at : at + 19]).replace(b"\x01\x2c\x01\x2c", b"\x01\x90\x01\x90")
    twice = bytes(content[:at]) + other + bytes(content[at:])
    with pytest.raises(Refused, match="can't be read"):
        cleaned(twice, most_pixels=MOST)
