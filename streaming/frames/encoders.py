"""Pictures as bytes: JPEG and WebP by Pillow, each for itself; VP8 by libvpx, each after the one before."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import av
import numpy as np
from av.codec.codec import UnknownCodecError
from av.video.frame import PictureType
from av.video.reformatter import Interpolation
from numpy.typing import NDArray
from PIL import Image, features

from streaming.protocol import Kind

Picture = NDArray[np.uint8]
KEY_SECONDS = 4.0  # the longest a client that lost a picture waits for one that needs no other
_MS = Fraction(1, 1000)
# The fastest that libvpx has, and blocks that hardly change are left alone: a third of what cpu-used 8 and 100 take, for 1 dB
# less of 49 (docs/performance.md).
_LIBVPX = {"deadline": "realtime", "cpu-used": "16", "lag-in-frames": "0", "error-resilient": "1", "static-thresh": "500"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How to encode: pixels a side (even), quality 1–100 for pictures that stand alone, kbit/s and pictures/s for a stream."""

    side: int
    quality: int
    kbps: int
    fps: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """One picture's bytes; `is_key`: it can be decoded without those before it."""

    kind: Kind
    data: bytes
    is_key: bool


class Encoder(Protocol):
    """Encodes the pictures of one stream in order."""

    kind: Kind

    def encode(self, picture: Picture, *, key: bool = False) -> Encoded:
        """A picture (H, W, 3) uint8, `key` to make it stand alone."""
        ...


class StillEncoder:
    """Every picture for itself."""

    def __init__(self, recipe: Recipe, kind: Kind) -> None:
        self.kind, self._recipe = kind, recipe
        # Speed before size: WebP's method 0 takes a third of the default's time.
        self._options = {"method": 0} if kind == Kind.WEBP else {"subsampling": 2}

    def encode(self, picture: Picture, *, key: bool = False) -> Encoded:
        """See Encoder; every picture is a key."""
        out = io.BytesIO()
        image = Image.fromarray(scaled(picture, self._recipe.side))
        image.save(out, self.kind.name, quality=self._recipe.quality, **self._options)
        return Encoded(kind=self.kind, data=out.getvalue(), is_key=True)


class Vp8Encoder:
    """A VP8 stream in real time: no look-ahead, one thread, a key every KEY_SECONDS at the latest."""

    kind = Kind.VP8

    def __init__(self, recipe: Recipe) -> None:
        self._recipe, self._count = recipe, 0
        self._step = 1000 / recipe.fps
        self._context = av.CodecContext.create("libvpx", "w")
        self._context.width = self._context.height = recipe.side
        self._context.pix_fmt, self._context.time_base = "yuv420p", _MS
        self._context.framerate = Fraction(recipe.fps).limit_denominator(1000)
        self._context.bit_rate = recipe.kbps * 1000
        self._context.gop_size = max(1, round(KEY_SECONDS * recipe.fps))
        self._context.thread_count = 1
        self._context.options = _LIBVPX

    def encode(self, picture: Picture, *, key: bool = False) -> Encoded:
        """See Encoder. Times inside the stream are evenly spaced: what counts is the header's."""
        whole = av.VideoFrame.from_ndarray(scaled(picture, self._recipe.side), format="rgb24")
        frame = whole.reformat(format="yuv420p", interpolation=Interpolation.AREA)
        frame.pts, frame.time_base = round(self._count * self._step), _MS
        frame.pict_type = PictureType.I if key else PictureType.NONE
        self._count += 1
        packets = self._context.encode(frame)
        is_key = any(packet.is_keyframe for packet in packets)
        return Encoded(kind=self.kind, data=b"".join(bytes(packet) for packet in packets), is_key=is_key)


def scaled(picture: Picture, side: int) -> Picture:
    """The picture (H, W, 3) at `side` pixels a side, untouched where it is so already."""
    if picture.shape[:2] == (side, side):
        return np.ascontiguousarray(picture)
    return np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.BILINEAR, reducing_gap=2.0))


_MAKERS: dict[str, Callable[[Recipe], Encoder]] = {
    "vp8": Vp8Encoder,
    "webp": lambda recipe: StillEncoder(recipe, Kind.WEBP),
    "jpeg": lambda recipe: StillEncoder(recipe, Kind.JPEG),
}
KINDS = {"vp8": Kind.VP8, "webp": Kind.WEBP, "jpeg": Kind.JPEG}


def choose(codecs: Sequence[str]) -> str:
    """The first codec that this server has; JPEG, which every client and server has, when there is none."""
    return next((codec for codec in codecs if _has(codec)), "jpeg")


def encoder(codec: str, recipe: Recipe) -> Encoder:
    """An encoder for a fresh stream; its first picture is a key."""
    return _MAKERS[codec](recipe)


def _has(codec: str) -> bool:
    if codec == "webp":
        return bool(features.check("webp"))
    if codec != "vp8":
        return codec in _MAKERS
    try:
        av.Codec("libvpx", "w")
    except UnknownCodecError:
        return False
    return True
