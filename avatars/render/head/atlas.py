"""All textures of a head in one picture, each at the resolution at which it is seen."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from avatars.render.head.glb import Floats, floats
from avatars.render.head.model import Part

_PAD: Final = 2
_WHITE: Final = np.full((4, 4, 4), 255, np.uint8)
_TEXELS_A_SAMPLE: Final = 1.15
_LEAST, _MOST, _MOST_TILES = 8, 2048, 4


def decoded(picture: NDArray[np.uint8]) -> Floats:
    """sRGB (…, 4) uint8 as linear float32; alpha stays."""
    value = picture.astype(np.float32) / 255
    rgb = value[..., :3]
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.concatenate([linear, value[..., 3:]], -1).astype(np.float32)


def build(parts: tuple[Part, ...], seen: list[Floats]) -> tuple[Floats, list[Floats]]:
    """An atlas (H, W, 4), linear RGB and alpha, and the parts' uv in it, in texels.

    `seen`: for each part its vertices' pixel positions (n, 2) at rest.
    """
    tiles, spots = [], []
    top = 0
    for part, where in zip(parts, seen, strict=True):
        picture, uv = _tiled(part)
        picture = _resized(picture, _scale(part, picture, uv, where))
        spots.append((uv * floats([picture.shape[1], picture.shape[0]]) + floats([_PAD, top + _PAD])).astype(np.float32))
        tiles.append(np.pad(decoded(picture), ((_PAD, _PAD), (_PAD, _PAD), (0, 0)), mode="edge"))
        top += len(tiles[-1])
    width = max(tile.shape[1] for tile in tiles)
    return np.concatenate([np.pad(tile, ((0, 0), (0, width - tile.shape[1]), (0, 0))) for tile in tiles]), spots


def _tiled(part: Part) -> tuple[NDArray[np.uint8], Floats]:
    """A part's picture and uv in 0–1; a picture that repeats is repeated."""
    if part.picture is None:
        return _WHITE, np.full_like(part.uv, 0.5)
    low = np.floor(part.uv.min(0) + 1e-3)
    times = np.clip(np.ceil(part.uv.max(0) - 1e-3) - low, 1, _MOST_TILES)
    picture = np.tile(part.picture, (int(times[1]), int(times[0]), 1))
    return picture, np.clip((part.uv - low) / times, 0, 1).astype(np.float32)


def _scale(part: Part, picture: NDArray[np.uint8], uv: Floats, where: Floats) -> float:
    """By how much a picture must shrink so that a pixel shows about one texel of it."""
    texels = np.abs(_areas(uv * floats([picture.shape[1], picture.shape[0]]), part.faces))
    pixels = -_areas(where, part.faces)
    if part.surface.both_sides:
        pixels = np.abs(pixels)
    front = (pixels > 0) & (texels > 0)
    if not front.any():
        return 1.0
    return float(np.sqrt(pixels[front].sum() / texels[front].sum())) * _TEXELS_A_SAMPLE


def _areas(points: Floats, faces: NDArray[np.int64]) -> Floats:
    a, b, c = (points[faces[:, i]] for i in range(3))
    first, second = b - a, c - a
    areas: Floats = first[:, 0] * second[:, 1] - second[:, 0] * first[:, 1]
    return areas


def _resized(picture: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    height, width = picture.shape[:2]
    if scale >= 1 and max(height, width) <= _MOST:
        return picture
    scale = min(scale, _MOST / max(height, width))
    size = max(_LEAST, round(width * scale)), max(_LEAST, round(height * scale))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BOX))
