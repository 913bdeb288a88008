"""Encoded pictures are what they say: they decode to what was drawn, at the size and rate that was asked for."""

from __future__ import annotations

import io
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from streaming.frames.encoders import KINDS, Recipe, choose, encoder, scaled
from streaming.protocol import Kind

RECIPE = Recipe(side=128, quality=85, kbps=400, fps=25.0)


def picture(shift: int = 0, side: int = 128) -> NDArray[np.uint8]:
    """A soft gradient with a dark disc that moves."""
    y, x = np.mgrid[0:side, 0:side]
    disc = (x - side // 3 - shift) ** 2 + (y - side // 2) ** 2 < (side // 5) ** 2
    shade = np.where(disc, 40, 120 + 80 * x // side)
    return np.stack([shade, shade // 2 + 60, 255 - shade], axis=2).astype(np.uint8)


def psnr(one: NDArray[Any], other: NDArray[Any]) -> float:
    return float(20 * np.log10(255 / np.sqrt(np.mean((one.astype(float) - other.astype(float)) ** 2))))


@pytest.mark.parametrize("codec", ["jpeg", "webp"])
def test_it_encodes_pictures_that_stand_alone(codec: str) -> None:
    made = encoder(codec, RECIPE)
    for shift in (0, 30):
        encoded = made.encode(picture(shift))
        shown = Image.open(io.BytesIO(encoded.data))
        assert (encoded.kind, encoded.is_key, shown.format) == (KINDS[codec], True, codec.upper())
        assert psnr(np.asarray(shown.convert("RGB")), picture(shift)) > 28


def test_it_encodes_a_stream_whose_pictures_decode_one_by_one() -> None:
    made, decoder = encoder("vp8", RECIPE), av.CodecContext.create("vp8", "r")
    sizes = []
    for shift in range(20):
        encoded = made.encode(picture(shift), key=shift == 12)
        assert encoded.kind == Kind.VP8
        assert encoded.is_key == (shift in (0, 12))
        sizes.append(len(encoded.data))
        (frame,) = decoder.decode(av.Packet(encoded.data))
        assert psnr(frame.to_ndarray(format="rgb24"), picture(shift)) > 24
    assert np.median(sizes) < sizes[0] / 2


def test_a_key_in_the_middle_needs_nothing_before_it() -> None:
    made, decoder = encoder("vp8", RECIPE), av.CodecContext.create("vp8", "r")
    for shift in range(5):
        made.encode(picture(shift))
    (frame,) = decoder.decode(av.Packet(made.encode(picture(50), key=True).data))
    assert psnr(frame.to_ndarray(format="rgb24"), picture(50)) > 24


def test_a_delta_without_its_key_does_not_decode() -> None:
    made, decoder = encoder("vp8", RECIPE), av.CodecContext.create("vp8", "r")
    made.encode(picture(0))
    with pytest.raises(av.FFmpegError):
        decoder.decode(av.Packet(made.encode(picture(9)).data))


@pytest.mark.parametrize("codec", ["jpeg", "webp", "vp8"])
def test_it_scales_to_the_size_of_its_recipe(codec: str) -> None:
    data = encoder(codec, RECIPE).encode(picture(side=200)).data
    if codec == "vp8":
        (frame,) = av.CodecContext.create("vp8", "r").decode(av.Packet(data))
        assert (frame.width, frame.height) == (128, 128)
    else:
        assert Image.open(io.BytesIO(data)).size == (128, 128)
    assert np.array_equal(scaled(picture(), 128), picture())


def test_it_chooses_the_first_codec_that_both_sides_have() -> None:
    assert choose(["vp8", "jpeg"]) == "vp8"
    assert choose(["webp", "vp8"]) == "webp"
    assert choose(["h264", "jpeg"]) == "jpeg"
    assert choose([]) == "jpeg"
