"""What moves in an eye: lids as a table of exact inverse flows, a ball that looks about behind them, and lashes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import LinearNDInterpolator
from scipy.ndimage import distance_transform_edt, gaussian_filter
from scipy.spatial import Delaunay

from avatars.photo.rig_fields import Plane, filled
from avatars.photo.rig_moves import Floats
from avatars.photo.rig_topology import EYES, Eye

LEVELS: Final = 9
_REACH: Final = 0.95  # half the window's side per width of the eye
_MEET: Final = 0.03  # of the opening, up from the lower lid, is where closed lids meet
_LASHES: Final = 0.34  # of the way from lid edge to crease may be lashes or their shadow
_EYEBALL: Final = 12.0  # radius in mm


@dataclass(frozen=True, slots=True, kw_only=True)
class EyeParts:
    """One eye in a square window of the photo.

    `left`, `top`, `size`: the window in pixels. `lids`: (LEVELS, 2, size, size), where each pixel comes from when the lid
    is closed by 0 … 1, as an offset in pixels. `opening`: (size, size) 0–1, the ball's part of the photo. `ball`: (3, size,
    size) in 0–1, the ball as it goes on under the lids. `lash`: (3,) colour. `turn`: pixels the iris moves per radian.
    """

    side: str
    left: int
    top: int
    size: int
    lids: Plane
    opening: Plane
    ball: Plane
    lash: NDArray[np.float32]
    turn: float


def eye_parts(eye: Eye, points: Floats, photo: Plane, mm: float, *, levels: int = LEVELS) -> EyeParts:
    """Cut an eye out of a photo (S, S, 3) in 0–1 with landmarks (478, 2); `mm` is pixels a millimetre."""
    ends = points[eye.ends]
    half = int(_REACH * max(np.linalg.norm(np.diff(points[each.ends], axis=0)) for each in EYES)) + 2  # both of one size
    size, limit = 2 * half, photo.shape[0] - 2 * half
    left, top = (int(np.clip(value - half, 0, limit)) for value in ends.mean(0))
    window = (slice(top, top + size), slice(left, left + size))
    mask = filled(points[eye.outline], photo.shape[0])[window]
    return EyeParts(
        side=eye.side,
        left=left,
        top=top,
        size=size,
        lids=_lid_table(eye, points, (left, top), size, levels),
        opening=np.clip(gaussian_filter(mask, 0.7), 0, 1),
        ball=_ball(photo[window], mask, points[eye.iris] - (left, top)),
        lash=_lash_colour(eye, points, photo),
        turn=_EYEBALL * mm,
    )


def _lid_table(eye: Eye, points: Floats, corner: tuple[int, int], size: int, levels: int) -> Plane:
    """Inverse of a piecewise linear map that pulls the lid down; lashes ride on its edge and are not stretched."""
    places = _lid_places(eye, points)
    frame = _window_frame(*corner, size)
    source = np.concatenate([*places.values(), frame])
    cells = np.stack(np.meshgrid(np.arange(size), np.arange(size)), -1) + 0.5 + corner
    fade = _edge_fade(size)
    table = []
    for closed in np.linspace(0, 1, levels):
        moved = np.concatenate([*_closed_by(places, float(closed)).values(), frame])
        flow = LinearNDInterpolator(Delaunay(moved), source - moved, fill_value=0)(cells)
        table.append(gaussian_filter(flow * fade[..., None], (0.5, 0.5, 0)).transpose(2, 0, 1))
    return np.stack(table).astype(np.float32)


def _lid_places(eye: Eye, points: Floats) -> dict[str, Floats]:
    upper, crease = points[eye.upper], points[eye.crease]
    return {
        "upper": upper,
        "lash": upper + (crease - upper) * _LASHES,
        "lower": points[eye.lower],
        "ends": points[eye.ends],
        "crease": crease,
        "bag": points[eye.bag],
        "brow": points[eye.brow],
    }


def _closed_by(places: dict[str, Floats], closed: float) -> dict[str, Floats]:
    """Where the points of the lids go when they close by 0–1."""
    upper, lower = places["upper"], places["lower"]
    fall = (upper * _MEET + lower * (1 - _MEET) - upper) * closed
    band = (places["lash"] - upper) * (1 - 0.35 * closed)
    return {
        **places,
        "upper": upper + fall,
        "lash": upper + fall + band,
        "lower": lower + (upper - lower) * _MEET * 0.98 * closed,
        "crease": places["crease"] + fall * 0.4,
        "bag": places["bag"] + (upper - lower) * 0.05 * closed,
    }


def lid_moves(points: Floats) -> Floats:
    """How the landmarks move when the left and the right eye close: (2, 478, 2) pixels."""
    moves = np.zeros((2, len(points), 2))
    for move, eye in zip(moves, EYES, strict=True):
        places = _lid_places(eye, points)
        closed = _closed_by(places, 1.0)
        for name, index in (("upper", eye.upper), ("lower", eye.lower), ("crease", eye.crease), ("bag", eye.bag)):
            move[index] = closed[name] - places[name]
    return moves


def _window_frame(left: int, top: int, size: int) -> Floats:
    steps = np.linspace(0, size, 7)
    points = np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2)
    frame: Floats = points[((points == 0) | (points == size)).any(1)] + (left, top)
    return frame


def _edge_fade(size: int) -> Floats:
    away = np.minimum(np.arange(size), np.arange(size)[::-1]) / (0.1 * size)
    fade: Floats = np.clip(np.minimum(away[:, None], away[None]), 0, 1)
    return fade


def _ball(photo: Plane, mask: Plane, iris: Floats) -> Plane:
    """The eyeball without lids: what they hide of the iris is its mirror image, the rest goes on as it ends."""
    size = len(mask)
    inside = mask > 0.6
    if not inside.any():
        return np.ascontiguousarray(photo.transpose(2, 0, 1))
    near = distance_transform_edt(~inside, return_distances=False, return_indices=True)
    ball = photo[near[0], near[1]]
    middle = iris[0]
    radius = float(np.linalg.norm(iris[1:] - middle, axis=1).mean())
    y, x = np.mgrid[:size, :size] + 0.5
    other = np.clip(np.stack([2 * middle[1] - y, 2 * middle[0] - x]).astype(int), 0, size - 1)
    hidden = (np.hypot(x - middle[0], y - middle[1]) < radius) & ~inside & inside[other[0], x.astype(int)]
    ball = np.where(hidden[..., None], photo[other[0], x.astype(int)], ball)
    smooth = np.where(inside[..., None], ball, gaussian_filter(ball, (1, 1, 0)))
    return np.ascontiguousarray(smooth.transpose(2, 0, 1), np.float32)


def _lash_colour(eye: Eye, points: Floats, photo: Plane) -> NDArray[np.float32]:
    """Between the lid's skin and the darkest of its edge."""
    skin = np.median(_at(photo, points[eye.crease] * 0.5 + points[eye.upper] * 0.5), 0)
    edge = _at(photo, points[eye.upper])
    dark = np.median(edge[np.argsort(edge.sum(1))[:3]], 0)
    colour: NDArray[np.float32] = (0.33 * skin + 0.36 * dark).astype(np.float32)
    return colour


def _at(photo: Plane, points: Floats) -> Plane:
    at = np.clip(points.astype(int), 0, len(photo) - 1)
    colours: Plane = photo[at[:, 1], at[:, 0]]
    return colours
