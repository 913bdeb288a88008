"""The one picture all hair shares: luminance and alpha in four columns. Colour comes from the vertices."""

from __future__ import annotations

from functools import cache

import numpy as np
from PIL import Image, ImageDraw

from avatars.cast.arrays import Floats, Pixels, to_bytes
from avatars.cast.fields import noise

OPAQUE, DENSE, WISPY, CURLS = range(4)
SIZE, OVER = 512, 2  # pixels, and how finely it is drawn
COLUMN = SIZE // 4


@cache
def hair_picture() -> Pixels:
    """(512, 512, 4): opaque strands, a dense lock, a wispy lock, and four cells of curls."""
    light = 0.84 + 0.075 * noise(SIZE, SIZE, (60, 1.8), 2)
    alpha = np.zeros((SIZE, SIZE))
    alpha[:, :COLUMN] = 1
    random = np.random.RandomState(4)
    for column, count in ((DENSE, 80), (WISPY, 34)):
        strands = _strands(random, count, even=column == DENSE)
        part = slice(column * COLUMN, (column + 1) * COLUMN)
        light[:, part] = np.where(strands > 0.05, light[:, part] * (0.80 + 0.28 * strands), light[:, part])
        alpha[:, part] = np.clip(strands * 1.9, 0, 1)
    curls = _curls(random)
    light[:, CURLS * COLUMN :] = 0.64 + 0.40 * curls
    alpha[:, CURLS * COLUMN :] = np.clip(curls * 1.7, 0, 1)
    return to_bytes(np.dstack([np.clip(light, 0, 1)] * 3 + [alpha]))


def _strands(random: np.random.RandomState, count: int, *, even: bool) -> Floats:
    picture = Image.new("L", (COLUMN * OVER, SIZE * OVER))
    pen = ImageDraw.Draw(picture)
    for _ in range(count):
        start = random.uniform(0.08, 0.92) if even else np.clip(random.normal(0.5, 0.2), 0.08, 0.92)
        length = random.uniform(0.62, 1.0) ** 0.6
        bend, swing, phase = random.normal(0, 0.10), random.uniform(0, 0.03), random.rand() * 6
        t = np.linspace(0, 1, 40) * length
        x = 0.5 + (start - 0.5) * (1 - 0.30 * t**2) + bend * t * t * 0.8 + swing * np.sin(t * 9 + phase)
        thick = random.uniform(5, 9) if even else random.uniform(4, 7)
        tone = int(random.uniform(165, 255))
        points = [(float(a) * COLUMN * OVER, float(b) * SIZE * OVER) for a, b in zip(x.clip(0.03, 0.97), t, strict=True)]
        for step in range(39):
            width = thick * OVER / 2 * (1 - 0.75 * (t[step] / length) ** 2)
            pen.line(points[step : step + 2], fill=tone, width=max(1, int(width)))
    return _shrunk(picture)


def _curls(random: np.random.RandomState) -> Floats:
    picture = Image.new("L", (COLUMN * OVER, SIZE * OVER))
    pen = ImageDraw.Draw(picture)
    t = np.linspace(0, 1, 26)
    for cell in range(4):
        for _ in range(26):
            middle, first = random.normal(0.5, 0.17, 2), random.uniform(0.07, 0.16)
            turn = random.rand() * 6 + t * random.uniform(0.7, 1.5) * 2 * np.pi
            radius = first * (1 - 0.35 * t)
            x = (middle[0] + radius * np.cos(turn) + 0.08 * t).clip(0.03, 0.97) * COLUMN * OVER
            y = (cell + (middle[1] + radius * np.sin(turn) - 0.06 * t).clip(0.03, 0.97)) * COLUMN * OVER
            tone, width = int(random.uniform(120, 255)), int(random.uniform(3, 5) * OVER / 1.6)
            pen.line([(float(a), float(b)) for a, b in zip(x, y, strict=True)], fill=tone, width=width)
    return _shrunk(picture)


def _shrunk(picture: Image.Image) -> Floats:
    return np.asarray(picture.resize((COLUMN, SIZE), Image.Resampling.LANCZOS), np.float64) / 255
