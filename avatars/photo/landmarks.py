"""478 points of a face: FaceMesh V2 on an upright square around it, then once more on the square its points ask for.

Network: the model card of MediaPipe Face Mesh V2; points and their numbers: MediaPipe's canonical face model.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor, nn

from avatars.photo.analysis_pixels import planes
from avatars.photo.detector import Detection
from avatars.photo.weights import filled_in, one_core

POINTS = 478
SIDE = 256
MARGIN = 1.5
"""The square is this many times as wide as the box or the points."""
OUTER_EYES = (33, 263)
"""Outer corners of the eye on the picture's left and on its right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mesh:
    """Points (478, 3) in pixels — x to the right, y down, z away from the viewer — and how surely this is a face, 0–1."""

    points: NDArray[np.float32]
    presence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Square:
    """A turned square of the photo: centre and width in pixels, angle in radians clockwise."""

    x: float
    y: float
    width: float
    angle: float


def mesh(photo: NDArray[np.uint8], face: Detection) -> Mesh:
    """The points of a detected face of `photo` (H, W, 3). Always gives some: ask `presence` before believing them."""
    with one_core():
        first, _ = _look(photo, _around_box(face))
        points, presence = _look(photo, _around_points(first))
        return Mesh(points=points.numpy(), presence=presence)


def _look(photo: NDArray[np.uint8], square: _Square) -> tuple[Tensor, float]:
    crop, turn, corner = _crop(photo, square)
    points, logit = _network()(crop)
    flat = points[:, :2] @ turn.T + corner
    return torch.cat([flat, points[:, 2:] * (square.width / SIDE)], 1), float(torch.sigmoid(logit))


def _around_box(face: Detection) -> _Square:
    left, top, right, bottom = face.box
    (x0, y0), (x1, y1) = face.points[:2].tolist()
    width = max(right - left, bottom - top) * MARGIN
    return _Square(x=(left + right) / 2, y=(top + bottom) / 2, width=width, angle=math.atan2(y1 - y0, x1 - x0))


def _around_points(points: Tensor) -> _Square:
    """The square of the points' own extent, turned so that the eyes are level."""
    flat = points[:, :2]
    dx, dy = (flat[OUTER_EYES[1]] - flat[OUTER_EYES[0]]).tolist()
    angle = math.atan2(dy, dx)
    back = torch.tensor([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    level = flat @ back.T
    low, high = level.amin(0), level.amax(0)
    x, y = ((low + high) / 2 @ back).tolist()
    return _Square(x=x, y=y, width=float((high - low).max()) * MARGIN, angle=angle)


def _crop(photo: NDArray[np.uint8], square: _Square) -> tuple[Tensor, Tensor, Tensor]:
    """The square as (1, 3, 256, 256) in 0–1, black outside the photo; matrix and offset from its pixels to the photo's."""
    scale = square.width / SIDE
    turn = (
        torch.tensor([[math.cos(square.angle), -math.sin(square.angle)], [math.sin(square.angle), math.cos(square.angle)]])
        * scale
    )
    corner = torch.tensor([square.x, square.y]) - turn @ torch.full((2,), SIDE / 2)
    thin, step = max(1, int(scale / 2)), max(1, min(2, round(scale)))
    part, left, top = _neighbourhood(photo, square, thin)
    small = F.avg_pool2d(part, step, ceil_mode=True, count_include_pad=False) if step > 1 else part
    at = (_cells() @ turn.T + corner - torch.tensor([left, top])) / (step * thin)
    grid = at / torch.tensor([small.shape[-1], small.shape[-2]]) * 2 - 1
    return F.grid_sample(small, grid[None], align_corners=False), turn, corner


def _neighbourhood(photo: NDArray[np.uint8], square: _Square, thin: int) -> tuple[Tensor, int, int]:
    """The upright part of the photo that holds the square, (1, 3, h, w) in 0–1, and where it begins.

    Of a huge part, one pixel in `thin`: it is made smaller once more, so that nothing of it would be seen.
    """
    reach = square.width * 0.75
    height, width = photo.shape[:2]
    left, right = _span(square.x, reach, width)
    top, bottom = _span(square.y, reach, height)
    return planes(photo[top:bottom:thin, left:right:thin]).float() / 255, left, top


def _span(middle: float, reach: float, length: int) -> tuple[int, int]:
    """First and last + 1 pixel within `reach`, at least one even when all of it lies outside."""
    low = min(max(0, math.floor(middle - reach)), length - 1)
    return low, max(low + 1, min(length, math.ceil(middle + reach)))


@cache
def _cells() -> Tensor:
    line = torch.arange(SIDE) + 0.5
    y, x = torch.meshgrid(line, line, indexing="ij")
    return torch.stack([x, y], -1)


class _Bottleneck(nn.Module):
    """1×1 (or halving 2×2) down to `mid` channels, depthwise 3×3, 1×1 up to `outer`, around a shortcut."""

    def __init__(self, inner: int, mid: int, outer: int, *, halve: bool = False) -> None:
        super().__init__()
        self.halve, self.more = halve, outer - inner
        side = 2 if halve else 1
        self.down, self.rise = nn.Conv2d(inner, mid, side, side), nn.PReLU(mid)
        self.depth = nn.Conv2d(mid, mid, 3, 1, 1, groups=mid, bias=False)
        self.up, self.rise_again = nn.Conv2d(mid, outer, 1), nn.PReLU(outer)

    def forward(self, x: Tensor) -> Tensor:
        y = self.up(self.depth(self.rise(self.down(x))))
        x = F.max_pool2d(x, 2) if self.halve else x
        return self.rise_again(y + F.pad(x, (0, 0, 0, 0, 0, self.more)))  # type: ignore[no-any-return]


def _level(inner: int, mid: int, outer: int) -> list[nn.Module]:
    """Halve, then look four times more."""
    return [_Bottleneck(inner, mid, outer, halve=True), *(_Bottleneck(outer, mid, outer) for _ in range(4))]


class MeshNetwork(nn.Module):
    """FaceMesh V2: (1, 3, 256, 256) in 0–1 to points (478, 3) in pixels of the square and the logit of a face."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.rise = nn.Conv2d(3, 16, 3, 2), nn.PReLU(16)
        self.body = nn.Sequential(
            *(_Bottleneck(16, 8, 16) for _ in range(4)),
            *_level(16, 16, 32),
            *_level(32, 32, 64),
            *_level(64, 64, 128),
            *(block for _ in range(3) for block in _level(128, 64, 128)),
        )
        self.presence = nn.Conv2d(128, 1, 2)
        self.points = nn.Conv2d(128, POINTS * 3, 2)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = self.body(self.rise(self.stem(F.pad(x, (0, 1, 0, 1)))))
        return self.points(y).reshape(POINTS, 3), self.presence(y).reshape(())


@cache
def _network() -> nn.Module:
    return filled_in(MeshNetwork(), "face_mesh")
