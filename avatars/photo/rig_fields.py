"""From movements of landmarks to dense fields on a grid: two layers that part at the lips, and the turn of the head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.interpolate import LinearNDInterpolator
from scipy.ndimage import gaussian_filter
from scipy.spatial import Delaunay

from avatars.photo.rig_moves import Floats, Moves
from avatars.photo.rig_topology import CHIN, CORNERS, FOREHEAD, LIPS, LOWER_LIP, NOSE_BASE, OVAL, SURFACE, UPPER_LIP, Index

Plane = NDArray[np.float32]
_RINGS: Final = (1.45, 1.9)  # beyond the face the skin's movement fades out between these
_BEHIND: Final = -0.5  # depth of hair and ears, in half heights of the face
_OVERSAMPLE: Final = 4
_SHUT: Final = (0.03, 0.08)  # lips further apart than this share of the mouth's width are open


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The mouth's own axes: `along` to the person's left corner and `down`, unit vectors; `start` is the right corner."""

    start: Floats
    along: Floats
    down: Floats
    width: float

    def place(self, points: Floats) -> tuple[Floats, Floats]:
        """Share of the mouth's width (0–1 between the corners), and pixels downwards, of points (n, 2)."""
        away = points - self.start
        return away @ self.along / self.width, away @ self.down


def mouth_frame(points: Floats, ends: tuple[int, int] = CORNERS) -> Frame:
    """Axes of the mouth between two corners among points (478, 2)."""
    across = points[ends[1]] - points[ends[0]]
    width = float(np.linalg.norm(across))
    along = across / width
    return Frame(start=points[ends[0]], along=along, down=np.array([-along[1], along[0]]), width=width)


def layer_points(points: Floats) -> tuple[Index, Index]:
    """Landmarks that belong to the lower layer alone (lower lip, chin) and to the upper alone (upper lip, above it)."""
    frame = mouth_frame(points)
    share, height = frame.place(points)
    seam_at = frame.place(points[UPPER_LIP[0]])[0]
    seam = np.interp(share, seam_at, frame.place((points[UPPER_LIP[0]] + points[LOWER_LIP[0]]) / 2)[1])
    nose = frame.place(points[NOSE_BASE][None])[1][0]
    free = (share > 0.03) & (share < 0.97) & (np.arange(len(points)) < SURFACE)
    free[LIPS] = False
    lower = np.flatnonzero(free & (height > seam))
    upper = np.flatnonzero(free & (height <= seam) & (height > nose + 2))
    return np.union1d(lower, LOWER_LIP[:, 1:-1]), np.union1d(upper, UPPER_LIP[:, 1:-1])


def dense(points: Floats, values: Floats, drop: Index, side: int, grid: int) -> Plane:
    """Interpolate values (k, 478, 3) of the landmarks but `drop` on a grid: (k, 3, grid, grid), 0 far from the face.

    The first two of the three are movement, the last is light.
    """
    planes = spread(points, values, drop, side, grid_points(side, grid)).transpose(0, 2, 1).reshape(len(values), -1, grid, grid)
    smooth: Plane = gaussian_filter(planes.astype(np.float32), (0, 0, grid / 128, grid / 128))
    smooth[:, 2:] = gaussian_filter(smooth[:, 2:], (0, 0, grid / 64, grid / 64))  # light changes softly
    return smooth


def spread(points: Floats, values: Floats, drop: Index, side: int, places: Floats) -> Floats:
    """Interpolate values (k, 478, d) of the landmarks but `drop` at places (n, 2): (k, n, d)."""
    keep = np.setdiff1d(np.arange(SURFACE), drop)
    middle = points[OVAL].mean(0)
    rings = [middle + (points[OVAL] - middle) * factor for factor in _RINGS]
    known_at = np.concatenate([points[keep], *rings, _border(side)])
    known = np.zeros((len(known_at), values.shape[0] * values.shape[2]))
    known[: len(keep)] = np.moveaxis(values[:, keep], 0, 1).reshape(len(keep), -1)
    found: Floats = LinearNDInterpolator(Delaunay(known_at), known, fill_value=0)(places)
    return found.reshape(len(places), values.shape[0], values.shape[2]).transpose(1, 0, 2)


def grid_points(side: int, grid: int) -> Floats:
    """Middles (grid², 2) of the cells of a grid over a picture, in pixels."""
    steps = (np.arange(grid) + 0.5) * side / grid
    return np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2)


def _border(side: int) -> Floats:
    steps = np.linspace(-20, side + 20, 7)
    points = np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2)
    return points[((points < 0) | (points > side)).any(1)]


def turn_fields(points: Floats, moves: Moves, side: int, grid: int) -> Plane:
    """Pixels per degree (3, 2, grid, grid) of yaw to the picture's right, pitch up and roll against the clock.

    The face turns about an axis inside the head; neck and shoulders follow less and less.
    """
    cells = grid_points(side, grid)
    middle, radius = face_circle(points)
    depth = depth_at(points, moves, cells).reshape(grid, grid)
    depth = gaussian_filter(depth, 2.5 * grid / 128) + 0.5 * radius
    follow = follow_at(points, cells).reshape(grid, grid)
    rest = np.zeros_like(depth)
    away = (cells - (middle + np.array([0, 1.15 * radius]))).reshape(grid, grid, 2)
    fields = np.stack([[depth, rest], [rest, -depth], [away[..., 1], -away[..., 0]]])
    scaled: Plane = (fields * follow * np.pi / 180).astype(np.float32)
    return scaled


def face_circle(points: Floats) -> tuple[Floats, float]:
    """Middle of the face and half its height in pixels."""
    return points[OVAL].mean(0), float(np.linalg.norm(points[FOREHEAD] - points[CHIN])) / 2


def depth_at(points: Floats, moves: Moves, places: Floats) -> Floats:
    """Depth of places (n, 2) towards the viewer in pixels; hair and shoulders lie behind the face."""
    middle, radius = face_circle(points)
    known_at = np.concatenate([points[:SURFACE], middle + (points[OVAL] - middle) * 1.5])
    known = np.concatenate([moves.depth[:SURFACE], np.full(len(OVAL), _BEHIND * radius)])
    depth: Floats = LinearNDInterpolator(Delaunay(known_at), known, fill_value=_BEHIND * radius)(places)
    return depth


def follow_at(points: Floats, places: Floats) -> Floats:
    """How much of the head's turn places (n, 2) take part in, 0–1."""
    middle, radius = face_circle(points)
    away = (places - middle) / radius
    follow: Floats = (1 - _ramp(away[:, 1], 0.85, 2.1)) * (1 - _ramp(np.abs(away[:, 0]), 1.7, 3.0))
    return follow


def _ramp(value: Floats, low: float, high: float) -> Floats:
    t = np.clip((value - low) / (high - low), 0, 1)
    smooth: Floats = t * t * (3 - 2 * t)
    return smooth


def filled(polygon: Floats, side: int) -> Plane:
    """A polygon (n, 2) as a smooth-edged mask (side, side) in 0–1."""
    image = Image.new("L", (side * _OVERSAMPLE,) * 2)
    ImageDraw.Draw(image).polygon([tuple(point) for point in polygon * _OVERSAMPLE], fill=255)
    mask: Plane = np.asarray(image.resize((side, side), Image.Resampling.BOX), np.float32) / np.float32(255)
    return mask


def lip_masks(points: Floats, side: int) -> tuple[Plane, Plane]:
    """Where the upper layer covers the mouth, and where the lower layer does; both (side, side) in 0–1.

    Beyond the corners the skin is one: there the upper layer covers all, so that nothing opens.
    """
    frame = mouth_frame(points)
    open_by = float(np.linalg.norm(points[UPPER_LIP[0, 5]] - points[LOWER_LIP[0, 5]])) / frame.width
    lift = float(np.interp(open_by, _SHUT, (max(1.2, 0.01 * frame.width), -0.02 * frame.width)))  # no teeth on the lip's edge
    upper = 1 - _below(points[UPPER_LIP[0]], frame, side)
    bow = 1 - np.linspace(-1, 1, LOWER_LIP.shape[1])[:, None] ** 2 if lift < 0 else 1.0  # corners stay joined
    lower = _below(points[LOWER_LIP[0]] - frame.down * lift * bow, frame, side)
    share = frame.place(grid_points(side, side))[0].reshape(side, side)
    whole = _ramp(np.maximum(-share, share - 1), -0.015, 0.05)
    edge = 0.6 * side / 512
    covering: Plane = np.maximum(gaussian_filter(upper, edge), whole).astype(np.float32)
    return covering, gaussian_filter(lower, edge)


def _below(line: Floats, frame: Frame, side: int) -> Plane:
    """Everything below a line that goes on sideways beyond its ends."""
    aside, down = frame.along * frame.width * 3, frame.down * 4 * side
    ends = [line[0] - aside, line[-1] + aside]
    return filled(np.stack([ends[0], *line, ends[1], ends[1] + down, ends[0] + down]), side)
