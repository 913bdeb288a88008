"""What is written over the pictures: burned captions and the words of disclosure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from avatars.render.base import Pictures
from avatars.videos.captions import Caption, caption_at

_FONTS = ("NotoSans-Regular.ttf", "DejaVuSans.ttf")
_SHADE = (12, 13, 16, 170)
_INK = (255, 255, 255, 255)
_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """Writes on frames of one video. `label`: empty for none; `captions`: those to burn in; `font`: a file, or empty."""

    size: tuple[int, int]
    fps: int
    label: str = ""
    captions: tuple[Caption, ...] = ()
    font: str = ""

    def draw(self, pictures: Pictures, first: int) -> None:
        """Write on `pictures` (T, H, W, 3 or 4) in place; the first of them is frame `first` of the video."""
        for index in range(len(pictures)):
            caption = caption_at(self.captions, (first + index) * 1000 / self.fps)
            if caption is not None:
                _blend(pictures[index], caption_layer(self.size, caption.lines, self.font))
            if self.label:
                _blend(pictures[index], label_layer(self.size, self.label, self.font))


@dataclass(frozen=True, slots=True)
class Layer:
    """A piece of picture at (left, top): `ink` (h, w, 3) float32 premultiplied, `cover` (h, w, 1) float32 in 0–1."""

    left: int
    top: int
    ink: NDArray[np.float32]
    cover: NDArray[np.float32]


def _blend(picture: Pictures, layer: Layer) -> None:
    height, width = layer.cover.shape[:2]
    place = picture[layer.top : layer.top + height, layer.left : layer.left + width]
    place[..., :3] = (place[..., :3] * (1 - layer.cover) + layer.ink + 0.5).astype(np.uint8)
    if place.shape[-1] == 4:
        place[..., 3:] = (place[..., 3:] * (1 - layer.cover) + 255 * layer.cover + 0.5).astype(np.uint8)


@lru_cache(maxsize=32)
def caption_layer(size: tuple[int, int], lines: tuple[str, ...], font: str = "") -> Layer:
    """Lines in the middle of the lower edge, each on a shade."""
    width, height = size
    letters = _fitting(lines, round(min(height / 18, width / 20)), width * 0.92, font)
    step = round(_size_of(letters) * 1.45)
    bottom = round(height * 0.885)
    image, draw = _canvas(size)
    for row, line in enumerate(reversed(lines)):
        _pill(draw, (width / 2, bottom - (row + 0.5) * step), line, letters, anchor="mm")
    return _cut(image)


@lru_cache(maxsize=8)
def label_layer(size: tuple[int, int], words: str, font: str = "") -> Layer:
    """Words at the lower left."""
    width, height = size
    letters = _fitting((words,), max(10, round(min(width, height) / 32)), width * 0.9, font)
    image, draw = _canvas(size)
    margin = _size_of(letters)
    _pill(draw, (margin, height - margin), words, letters, anchor="lm")
    return _cut(image)


def _canvas(size: tuple[int, int]) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGBA", size)
    return image, ImageDraw.Draw(image)


def _pill(draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, letters: _Font, *, anchor: str) -> None:
    left, top, right, bottom = draw.textbbox(at, text, font=letters, anchor=anchor)
    pad = _size_of(letters) * 0.28
    draw.rounded_rectangle((left - pad, top - pad, right + pad, bottom + pad), radius=pad * 1.4, fill=_SHADE)
    draw.text(at, text, font=letters, anchor=anchor, fill=_INK)


def _cut(image: Image.Image) -> Layer:
    box = image.getbbox() or (0, 0, 1, 1)
    pixels = np.asarray(image.crop(box), np.float32)
    cover = pixels[..., 3:] / np.float32(255)
    return Layer(box[0], box[1], pixels[..., :3] * cover, cover)


def _fitting(lines: tuple[str, ...], pixels: int, most: float, font: str) -> _Font:
    """The largest letters up to `pixels` with which every line is at most `most` wide."""
    letters = _font(font, max(8, pixels))
    widest = max((letters.getlength(line) for line in lines), default=0.0)
    return letters if widest <= most else _font(font, max(8, int(pixels * most / widest)))


@lru_cache(maxsize=32)
def _font(path: str, pixels: int) -> _Font:
    for name in (path, *_FONTS) if path else _FONTS:
        try:
            return ImageFont.truetype(name, pixels)
        except OSError:
            continue
    return ImageFont.load_default(pixels)


def _size_of(letters: _Font) -> float:
    return float(getattr(letters, "size", 12))
