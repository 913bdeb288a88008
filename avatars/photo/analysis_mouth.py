"""How likely a mouth is hidden by a mask, a hand or a cup: the mesh draws lips even where none can be seen."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

OUTER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
INNER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95)
"""Points around the lips and around the opening, from the corner on the picture's left, upper lip first."""
FOREHEAD = (9, 8, 6, 151, 108, 337, 118, 347)
"""Points on forehead, bridge of the nose and under the eyes: seldom hidden."""
WIDTH = 96
"""The mouth is looked at in a picture about twice this wide, in pixels."""
_REDDER, _DARKER, _LINE, _ENOUGH = 0.10, 0.15, 0.15, 2.3
_EVEN, _BRIGHTER = 0.15, 0.15

Picture = NDArray[np.float32]
Points = NDArray[np.floating[Any]]


def covered(photo: NDArray[np.uint8], points: NDArray[np.float32]) -> float:
    """0 (lips are plain to see) to 1 (nothing of a mouth) for a photo (H, W, 3) and its landmarks (478, 3).

    Lips are redder and darker than the skin around them, or far brighter than a beard; between them runs a line. Each
    is measured in what is usual for it (found on some thirty faces and the same with patches); more than a half means
    covered.
    """
    picture, outer, inner = _mouth(photo, points[:, :2])
    lips = _inside(picture, outer) & ~_inside(picture, inner)
    around = _ring(picture, outer)
    if not lips.any() or not around.any():
        return 1.0
    if _cloth(photo, points, _redness(picture[around])):
        return 1.0
    redder = _redness(picture[lips]) - _redness(picture[around])
    darker = 1 - (_luma(picture[lips]).mean() + 10) / (_luma(picture[around]).mean() + 10)
    bearded = max(-darker - _EVEN, 0.0) / _BRIGHTER
    signs = max(redder, 0.0) / _REDDER + max(darker, 0.0) / _DARKER + bearded + _line(picture, outer, inner) / _LINE
    return float(np.clip(1 - signs / _ENOUGH, 0, 1))


def _mouth(photo: NDArray[np.uint8], points: Points) -> tuple[Picture, Points, Points]:
    """The part of the photo around the lips, of one size for every photo, with both outlines in its pixels."""
    outer = points[list(OUTER)]
    reach = max(float(np.ptp(outer[:, 0])), float(np.ptp(outer[:, 1])), 4.0)
    left, top = np.floor(outer.mean(0) - reach).astype(int)
    side = int(2 * reach) + 1
    scale = 2 * WIDTH / side
    part = Image.fromarray(photo).crop((left, top, left + side, top + side))
    small = np.asarray(part.resize((2 * WIDTH, 2 * WIDTH), Image.Resampling.BILINEAR), np.float32)
    corner = np.array([left, top])
    return small, (outer - corner) * scale, (points[list(INNER)] - corner) * scale


def _cloth(photo: NDArray[np.uint8], points: NDArray[np.float32], redness: float) -> bool:
    """What is around the mouth is green or blue where the forehead is skin: no face is, under any light or beard."""
    height, width = photo.shape[:2]
    columns, rows = np.clip(np.rint(points[list(FOREHEAD), :2]).astype(int), 0, [width - 1, height - 1]).T
    return redness < -0.02 and _redness(photo[rows, columns].astype(np.float32)) > 0.1


def _inside(picture: Picture, outline: Points) -> NDArray[np.bool_]:
    mask = Image.new("1", (picture.shape[1], picture.shape[0]))
    ImageDraw.Draw(mask).polygon([(float(x), float(y)) for x, y in outline], fill=1)
    return np.asarray(mask, bool)


def _ring(picture: Picture, outer: Points) -> NDArray[np.bool_]:
    """Skin around the lips, a little off them."""
    middle = outer.mean(0)
    wide = middle + (outer - middle) * np.array([1.25, 1.9])
    return _inside(picture, wide) & ~_inside(picture, middle + (outer - middle) * np.array([1.1, 1.25]))


def _redness(pixels: Picture) -> float:
    return float(np.log((pixels[:, 0] + 8) / (pixels[:, 1] + 8)).mean())


def _luma(pixels: Picture) -> Picture:
    return pixels @ np.array([0.299, 0.587, 0.114], np.float32)


def _line(picture: Picture, outer: Points, inner: Points) -> float:
    """How much darker (closed lips) or brighter (teeth) than the lips it is between them."""
    above, below = inner[1:10], inner[11:20][::-1]
    lips = [(above + outer[1:10]) / 2, (below + outer[11:20][::-1]) / 2]
    reference = (_at(picture, lips[0]) + _at(picture, lips[1])) / 2
    between = _at(picture, (above + below) / 2)
    return abs(float(((between - reference) / (reference + 10)).mean()))


def _at(picture: Picture, points: Points) -> Picture:
    columns, rows = np.clip(np.rint(points).astype(int), 0, picture.shape[0] - 1).T
    return _luma(picture[rows, columns])
