"""Photos for the tests (pictures/SOURCES.md), and what may be wrong with a photo, done to them."""

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Photo = NDArray[np.uint8]
FOLDER = Path(__file__).resolve().parent / "pictures"


@cache
def photo(name: str) -> Photo:
    """`astronaut`, `officer`, `turned` or one that was drawn, (H, W, 3); nobody may write into it."""
    pixels = np.array(Image.open(FOLDER / f"{name}.jpg").convert("RGB"))
    pixels.setflags(write=False)
    return pixels


def resized(pixels: Photo, width: int, height: int) -> Photo:
    return np.array(Image.fromarray(pixels).resize((width, height)))


def darkened(pixels: Photo, light: float) -> Photo:
    dark: Photo = np.rint(pixels * light).astype(np.uint8)
    return dark


def rotated(pixels: Photo, degrees: float) -> Photo:
    return np.array(Image.fromarray(pixels).rotate(degrees, expand=True))


def beside(left: Photo, right: Photo) -> Photo:
    """Two photos in one, on black."""
    both = np.zeros((max(len(left), len(right)), left.shape[1] + right.shape[1], 3), np.uint8)
    both[: len(left), : left.shape[1]] = left
    both[: len(right), left.shape[1] :] = right
    return both


def patched(pixels: Photo, box: tuple[int, int, int, int], colour: tuple[int, int, int]) -> Photo:
    """A patch with rounded corners and folds, like cloth or a hand, over left, top, right, bottom."""
    picture = Image.fromarray(pixels)
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle(box, radius=12, fill=colour)
    for part in (0.3, 0.6, 0.8):
        y = round(box[1] + part * (box[3] - box[1]))
        draw.line((box[0], y, box[2], y), fill=tuple(int(value * 0.92) for value in colour), width=2)
    return np.array(picture)


def landscape() -> Photo:
    """A blue sky over hills, with a sun: nobody there."""
    height, width = 400, 600
    y, x = np.mgrid[:height, :width]
    sky = np.stack([120 + y * 0.2, 170 + y * 0.1, 235 - y * 0.1], -1)
    hills = y > 260 + 40 * np.sin(x / 70) + 20 * np.sin(x / 23)
    sky[hills] = (60, 110, 50)
    sky[(x - 450) ** 2 + (y - 90) ** 2 < 900] = (255, 240, 190)
    return sky.astype(np.uint8)
