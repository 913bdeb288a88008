"""Everything of one photo that a renderer keeps on its device, made once from the rig."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from avatars.photo.mouth import interior, mouth_axes
from avatars.photo.rig import PhotoRig
from avatars.photo.rig_eyes import EyeParts, eye_parts
from avatars.photo.rig_fields import Plane, dense, layer_points, lip_masks, mouth_frame, turn_fields
from avatars.photo.rig_moves import Floats, Moves, fit_moves
from avatars.photo.rig_topology import CHIN, CORNERS, EYES

_TINT = (0.85, 1.0, 1.1)  # shade on skin is warm: red light goes through it
SHADE = 0.9  # how strongly a fold's light follows the turn of the skin


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A window of the picture in pixels."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def slices(self) -> tuple[slice, slice]:
        return slice(self.top, self.bottom), slice(self.left, self.right)


@dataclass(frozen=True, slots=True, kw_only=True)
class EyeTensors:
    """EyeParts on a device; `lids` in units of the picture's half side."""

    left: int
    top: int
    size: int
    lids: Tensor
    opening: Tensor
    ball: Tensor
    lash: Tensor
    turn: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MouthTensors:
    """`box`: the window that lips and chin may touch, `inner`: that of what lies behind them; `middle`, `along`, `half`: the
    inner mouth's axes in pixels; `jaw`: (53,) pixels that the lower teeth go down; `gap`: the photo's own, in half widths.
    """

    box: Box
    inner: Box
    layers: Tensor
    own: Tensor
    lower: Tensor
    upper: Tensor
    middle: tuple[float, float]
    along: tuple[float, float]
    half: float
    jaw: Tensor
    gap: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """S is the side of the picture, G of the fields' grid. Fields are in units of half a side, as grid_sample counts.

    `person`: (1, 4, S, S), the photo less the background behind it, and alpha. `behind`: (1, 3, S, S).
    `upper`, `lower`: (53, 3 · G · G), movement right and down, and light. `turn`: (3, 2 · G · G). `face`: where light changes.
    """

    side: int
    grid: int
    moves: Moves
    person: Tensor
    behind: Tensor
    upper: Tensor
    lower: Tensor
    turn: Tensor
    cells: Tensor
    pixels: Tensor
    tint: Tensor
    face: Box
    eyes: tuple[EyeTensors, ...]
    mouth: MouthTensors


def make_parts(rig: PhotoRig, side: int, device: torch.device) -> Parts:
    """Derive everything from a rig for pictures of `side` pixels; takes about half a second."""
    photo, behind = (_resized(picture, side) for picture in (rig.photo, rig.background))
    alpha = _resized(rig.alpha, side)[..., None]
    landmarks = rig.landmarks.astype(float) * (side / rig.side)
    points, moves, grid = landmarks[:, :2], fit_moves(landmarks), int(np.clip(side // 4, 64, 192))
    upper, lower = _layer_fields(points, moves, side, grid)
    turn = turn_fields(points, moves, side, grid) * 2 / side
    return Parts(
        side=side,
        grid=grid,
        moves=moves,
        person=_planes(np.concatenate([photo - behind * (1 - alpha), alpha], -1), device),
        behind=_planes(behind, device),
        upper=_tensor(upper.reshape(len(upper), -1), device),
        lower=_tensor(lower.reshape(len(lower), -1), device),
        turn=_tensor(turn.reshape(3, -1), device),
        cells=_identity(grid, device),
        pixels=_identity(side, device),
        tint=_tensor(np.array(_TINT), device).view(1, 3, 1, 1),
        face=_around(points, side),
        eyes=tuple(_eye(eye_parts(eye, points, photo, moves.mm), side, device) for eye in EYES),
        mouth=_mouth(points, photo, moves, device),
    )


def _layer_fields(points: Floats, moves: Moves, side: int, grid: int) -> tuple[Plane, Plane]:
    values = np.concatenate([moves.flat * 2 / side, moves.shade[..., None] * SHADE], -1)
    lower_only, upper_only = layer_points(points)
    return dense(points, values, lower_only, side, grid), dense(points, values, upper_only, side, grid)


def _mouth(points: Floats, photo: Plane, moves: Moves, device: torch.device) -> MouthTensors:
    side = len(photo)
    inside, masks = interior(points, photo, moves), lip_masks(points, side)
    frame, (middle, along, half) = mouth_frame(points), mouth_axes(points)
    own = np.concatenate([inside.own, inside.own_teeth[..., None], inside.own_all[..., None]], -1)
    upper, lower = (_tensor(mask, device)[None, None] for mask in masks)
    down = moves.flat[:, CHIN] @ frame.down
    return MouthTensors(
        box=_mouth_box(points, moves.mouth, side, (0.95, 0.75, 1.35)),
        inner=_mouth_box(points, moves.mouth, side, (0.72, 0.42, 1.1)),
        layers=_tensor(inside.textures, device),
        own=_planes(own, device),
        lower=torch.cat([_planes(photo, device), lower], 1),
        upper=upper,
        middle=(float(middle[0]), float(middle[1])),
        along=(float(along[0]), float(along[1])),
        half=half,
        jaw=_tensor(down, device),
        gap=0.75 * moves.gap / half,
    )


def _around(points: Floats, side: int) -> Box:
    """The window in which the face's skin can change its light."""
    low, high = points.min(0), points.max(0)
    reach = 0.25 * (high - low)
    left, top = np.clip(low - reach, 0, side)
    right, bottom = np.clip(high + reach, 0, side)
    return Box(left=int(left), top=int(top), right=int(right), bottom=int(bottom))


def _mouth_box(points: Floats, width: float, side: int, reach: tuple[float, float, float]) -> Box:
    """A window that reaches so many widths of the mouth aside, up and down from its middle."""
    x, y = points[list(CORNERS)].mean(0)
    aside, up, down = (value * width for value in reach)
    low, high = np.clip([x - aside, y - up], 0, side), np.clip([x + aside, y + down], 0, side)
    return Box(left=int(low[0]), top=int(low[1]), right=int(high[0]), bottom=int(high[1]))


def _eye(parts: EyeParts, side: int, device: torch.device) -> EyeTensors:
    return EyeTensors(
        left=parts.left,
        top=parts.top,
        size=parts.size,
        lids=_tensor(parts.lids * 2 / side, device),
        opening=_tensor(parts.opening, device)[None, None],
        ball=_tensor(parts.ball, device)[None],
        lash=_tensor(parts.lash, device).view(1, 3, 1, 1),
        turn=parts.turn,
    )


def _resized(picture: NDArray[np.uint8], side: int) -> Plane:
    """A picture at another size, in 0–1."""
    if len(picture) != side:
        picture = np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.LANCZOS))
    return picture.astype(np.float32) / np.float32(255)


def _tensor(array: Plane | Floats, device: torch.device) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, np.float32)).to(device)


def _planes(picture: Plane, device: torch.device) -> Tensor:
    return _tensor(picture.transpose(2, 0, 1), device)[None]


def _identity(side: int, device: torch.device) -> Tensor:
    """Where every cell is, (1, 2, side, side), from -1 to 1."""
    steps = (torch.arange(side, device=device) + 0.5) / side * 2 - 1
    return torch.stack(torch.meshgrid(steps, steps, indexing="xy"))[None]
