"""How likely a mouth is hidden by a mask, a hand or a cup: the mesh draws lips even where none can be seen."""

from typing import Any, Final

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
_MIDDLE = 0.65  # half widths of the mouth from its middle: the corners lie in shade
_GREY = 0.05  # a forehead less red than this is one of a photo without colours
_CLEAREST: Final = np.array([0.2, 0.2, 0.6, 0.25, 0.4])
_EVIDENCE: Final = np.array([-10.7, -10.7, -8.0, -19.0, 12.4])
_NO_EVIDENCE: Final = 1.65
"""Of the signs in `_signs`: what more of them adds nothing, and weights of a logistic regression on portraits, each with
thirteen things before the mouth and with fifteen beards, lipsticks and lights; docs/rig.md tells how often it errs."""

Picture = NDArray[np.float32]
Points = NDArray[np.floating[Any]]


def covered(photo: NDArray[np.uint8], points: NDArray[np.float32]) -> float:
    """0 (lips are plain to see) to 1 (nothing of a mouth) for a photo (H, W, 3) and its landmarks (478, 3).

    Lips are redder than what is above and below them, beard or skin; between them runs a line; and they are no paler than
    the forehead. More than a half means covered.
    """
    picture, outer, inner = _mouth(photo, points[:, :2])
    signs = np.clip(_signs(picture, outer, inner, _forehead(photo, points)), -0.1, _CLEAREST)
    return float(1 / (1 + np.exp(-(signs @ _EVIDENCE + _NO_EVIDENCE))))


def _signs(picture: Picture, outer: Points, inner: Points, forehead: float) -> NDArray[np.float64]:
    """How much redder the lips are on the side where they are less so, and below; how much brighter
    (than a beard); how clear a line is between them; how much paler than the forehead they are."""
    lips, around = _inside(picture, outer) & ~_inside(picture, inner), _ring(picture, outer)
    along, down = _axes(picture, outer)
    redder, darker = [], []
    for side in (down < 0, down > 0):
        lip, skin = lips & side & (np.abs(along) < _MIDDLE), around & side & (np.abs(along) < _MIDDLE)
        if not lip.any() or not skin.any():
            return np.zeros(5)
        darker.append(1 - (_luma(picture[lip]).mean() + 10) / (_luma(picture[skin]).mean() + 10))
        redder.append(_redness(picture[lip]) - _redness(picture[skin]) if forehead > _GREY else 0.0)
    if forehead <= _GREY:
        redder = [abs(float(np.mean(darker)))] * 2  # darker than skin, or brighter than a beard
    pale = max(0.0, forehead - _redness(picture[lips])) if forehead > _GREY else 0.0
    return np.array([min(redder), redder[1], max(0.0, -float(np.mean(darker))), _line(picture, outer, inner), pale])


def _axes(picture: Picture, outer: Points) -> tuple[Points, Points]:
    """How far each pixel is along the mouth, in half widths from its middle, and how far below it."""
    across = outer[len(outer) // 2] - outer[0]
    width = max(float(np.linalg.norm(across)), 1.0)
    right, bottom = across / width, np.array([-across[1], across[0]]) / width
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]]
    away = np.stack([x, y], -1) - outer.mean(0)
    return away @ right / (width / 2), away @ bottom


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


def _forehead(photo: NDArray[np.uint8], points: NDArray[np.float32]) -> float:
    """Redness of the skin that is seldom hidden."""
    height, width = photo.shape[:2]
    columns, rows = np.clip(np.rint(points[list(FOREHEAD), :2]).astype(int), 0, [width - 1, height - 1]).T
    return _redness(photo[rows, columns].astype(np.float32))


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
