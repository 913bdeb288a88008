"""What files are by their first bytes, and what their headers say, against what Pillow writes."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatars.refusals import Refused
from avatars.uploads.headers import GLB, PICTURES, check_picture, media_type_of, picture_size
from tests.avatars.own.conftest import picture
from tests.avatars.own.heads import head

KINDS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(256, 300), (1, 700), (601, 257)])
def test_it_reads_the_size_that_was_written(kind: str, size: tuple[int, int]) -> None:
    content = picture(*size, kind=kind)
    assert media_type_of(content) == KINDS[kind]
    found = picture_size(content, KINDS[kind])
    assert (found.width, found.height) == size


@pytest.mark.parametrize("options", [{"lossless": True}, {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"}], ids=["VP8L", "VP8X"])
def test_it_reads_every_kind_of_webp(options: dict[str, object]) -> None:
    found = picture_size(picture(300, 280, kind="WEBP", **options), "image/webp")
    assert (found.width, found.height) == (300, 280)


def test_it_reads_a_progressive_jpeg_behind_long_segments() -> None:
    content = picture(320, 288, progressive=True, comment=b"x" * 60_000)
    assert picture_size(content, "image/jpeg").width == 320


def test_it_knows_a_head() -> None:
    assert media_type_of(head()) == GLB


@pytest.mark.parametrize("content", [b"GIF89a", b"BM", b"%PDF-1.7", b"RIFF\0\0\0\0WAVE", b"<svg", b"\xff\xd8", b"PK\x03\x04"])
def test_it_takes_no_other_kind(content: bytes) -> None:
    with pytest.raises(Refused) as refused:
        media_type_of(content)
    assert refused.value.code == "unknown_kind"


def test_it_says_no_before_a_bomb_is_decoded() -> None:
    bomb = bytearray(picture(300, 300, kind="PNG"))
    struct.pack_into(">II", bomb, 16, 60_000, 60_000)
    with pytest.raises(Refused) as refused:
        check_picture(bytes(bomb), "image/png", most_pixels=40_000_000)
    assert refused.value.code == "too_many_pixels"
    strip = bytearray(bomb)
    struct.pack_into(">II", strip, 16, 30_000, 300)
    with pytest.raises(Refused, match="too many pixels"):
        check_picture(bytes(strip), "image/png", most_pixels=40_000_000)


@given(content=st.binary(max_size=200), start=st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP"]))
def test_it_never_breaks_on_noise(content: bytes, start: bytes) -> None:
    noise = start + content
    media_type = media_type_of(noise)
    assert media_type in PICTURES
    try:
        size = picture_size(noise, media_type)
    except Refused as refused:
        assert refused.code == "unreadable"
    else:
        assert size.width > 0
        assert size.height > 0
