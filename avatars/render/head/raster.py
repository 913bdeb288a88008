"""Which triangle shows at which pixel: triangles to rows, rows to fragments, nearest fragment by one packed minimum.

Everything is a flat tensor, so frames of a batch are just more triangles and more pixels; nothing loops.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

_FAR: Final = 1e9
_LEAST_AREA: Final = 1e-4  # square pixels; slivers below have no usable gradient
_DEPTH_STEPS: Final = float(2**30)
EMPTY: Final = torch.iinfo(torch.int64).max
_TRIANGLE_BITS: Final = 32
_TRIANGLES: Final = (1 << _TRIANGLE_BITS) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragments:
    """Pixels under triangles, all (N,) int64.

    `pixel`: index into the flat buffer of all frames; `key`: depth in the upper half (less is nearer), the triangle's index
    into the corners in the lower.
    """

    pixel: Tensor
    key: Tensor

    @property
    def triangle(self) -> Tensor:
        """Index into the corners."""
        return self.key & _TRIANGLES

    def kept(self, mask: Tensor) -> Fragments:
        """Those where `mask` holds."""
        index = mask.nonzero()[:, 0]
        return Fragments(
            pixel=self.pixel.index_select(0, index),
            key=self.key.index_select(0, index),
        )


def buffer(pixels: int, device: torch.device) -> Tensor:
    """A buffer of keys in which nothing was drawn yet, (pixels,) int64."""
    return torch.full((pixels,), EMPTY, dtype=torch.int64, device=device)


def draw(keys: Tensor, fragments: Fragments) -> None:
    """Keep the nearest fragment of each pixel in `keys`."""
    keys.scatter_reduce_(0, fragments.pixel, fragments.key, "amin")


def shown(keys: Tensor) -> tuple[Tensor, Tensor]:
    """Pixels that something covers and the triangle that shows there."""
    pixels = (keys != EMPTY).nonzero()[:, 0]
    return pixels, keys.index_select(0, pixels) & _TRIANGLES


def fragments(corners: Tensor, triangles: Tensor, frames: Tensor, width: int, height: int) -> Fragments:
    """Fragments of triangles.

    `corners`: (T, 3, 3) float32 x, y in pixels (y down) and depth in 0–1; `triangles`: (K,) which of them to draw;
    `frames`: (T,) int64, the frame each belongs to.
    """
    chosen = corners.index_select(0, triangles)
    lower, upper = _edges(chosen)
    y = chosen[..., 1]
    top = (y.amin(1) - 0.5).ceil().clamp(min=0).long()
    bottom = (y.amax(1) - 0.5).floor().clamp(max=height - 1).long()
    counts = (bottom - top + 1).clamp(min=0)
    rows = torch.repeat_interleave(counts)
    row = _within(counts, rows) + top.index_select(0, rows)
    middle = row.float()[:, None] + 0.5
    left = _bound(lower, rows, middle).amax(1).sub_(0.5).ceil_().clamp_(min=0)
    right = _bound(upper, rows, middle).amin(1).sub_(0.5).floor_().clamp_(max=width - 1)
    length = (right - left).long() + 1
    used = (length > 0).nonzero()[:, 0]
    rows, row, left, length = (value.index_select(0, used) for value in (rows, row, left, length))
    return _filled(chosen, triangles, frames, rows, row, left, length, width, height)


def _filled(
    chosen: Tensor,
    triangles: Tensor,
    frames: Tensor,
    rows: Tensor,
    row: Tensor,
    left: Tensor,
    length: Tensor,
    width: int,
    height: int,
) -> Fragments:
    """Fragments of spans: `length` pixels from column `left` of `row`, of the triangle `rows`.

    Key and pixel of fragment i are lines base + slope · i of its span, in integers: two passes over the fragments, and no
    rounding that differs between the ends. Sums may wrap round on the way; what comes out is exact.
    """
    number = triangles.index_select(0, rows)
    begin = length.cumsum(0) - length
    pixel = (frames.index_select(0, number) * height + row) * width + left.long() - begin
    first, last = _depths(chosen, rows, row, left, length)
    slope = ((last - first) // (length - 1).clamp(min=1)).bitwise_left_shift_(_TRIANGLE_BITS)
    base = first.bitwise_left_shift_(_TRIANGLE_BITS).bitwise_or_(number).sub_(begin * slope)
    spans = torch.repeat_interleave(length)
    steps = torch.arange(len(spans), device=spans.device)
    key = torch.addcmul(base.index_select(0, spans), slope.index_select(0, spans), steps)
    return Fragments(pixel=pixel.index_select(0, spans).add_(steps), key=key)


def gradients(corners: Tensor) -> Tensor:
    """Barycentric planes (T, 8): x and y of the first corner, d/dx and d/dy of the second's and third's weight, two zeros.

    Rows of eight, because torch copies rows of 32 bytes five times faster than rows of 24.
    """
    (ax, ay), (bx, by), (cx, cy) = ((corners[:, i, 0], corners[:, i, 1]) for i in range(3))
    inverse = 1.0 / doubled_area(corners)
    second = ((cy - ay) * inverse, (ax - cx) * inverse)
    third = ((ay - by) * inverse, (bx - ax) * inverse)
    none = torch.zeros_like(ax)
    return torch.stack([ax, ay, *second, *third, none, none], 1)


def doubled_area(corners: Tensor) -> Tensor:
    """Signed, square pixels; negative where the front shows (y runs down)."""
    first, second = corners[:, 1, :2] - corners[:, 0, :2], corners[:, 2, :2] - corners[:, 0, :2]
    return first[:, 0] * second[:, 1] - second[:, 0] * first[:, 1]


def visible(corners: Tensor, both_sides: Tensor, width: int, height: int) -> Tensor:
    """Which triangles can show at all, (T,) bool: in the picture, before the camera, turned to it or two-sided."""
    area = doubled_area(corners)
    low, high = corners.amin(1), corners.amax(1)
    inside = (high[:, 0] > 0) & (high[:, 1] > 0) & (low[:, 0] < width) & (low[:, 1] < height)
    return inside & (low[:, 2] >= 0) & (high[:, 2] <= 1) & torch.where(both_sides, area.abs(), -area).gt(_LEAST_AREA)


def _edges(corners: Tensor) -> tuple[Tensor, Tensor]:
    """Lines x = p·y + q that bound triangles on the left and on the right, each (T, 8): p, 0, q, 0 by threes and ones."""
    x, y = corners[..., 0], corners[..., 1]
    dx, dy = x.roll(-1, 1) - x, y.roll(-1, 1) - y
    facing = doubled_area(corners).sign()[:, None] * dy
    flat = dy.abs() < 1e-7
    slope = torch.where(flat, 0.0, dx / torch.where(flat, 1.0, dy))
    offset = x - slope * y
    none = torch.full_like(offset, _FAR)
    lower = torch.where((facing < 0) & ~flat, offset, -none)
    upper = torch.where((facing > 0) & ~flat, offset, none)
    spare = torch.zeros_like(slope[:, :1])
    return torch.cat([slope, spare, lower, spare], 1), torch.cat([slope, spare, upper, spare], 1)


def _bound(lines: Tensor, rows: Tensor, middle: Tensor) -> Tensor:
    lines = lines.index_select(0, rows)
    return torch.addcmul(lines[:, 4:7], lines[:, :3], middle)


def _depths(corners: Tensor, rows: Tensor, row: Tensor, left: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
    """Depth at the first and the last pixel of each span, in steps."""
    plane = gradients(corners)
    rise = corners[:, 1:, 2] - corners[:, :1, 2]
    across = plane[:, 2] * rise[:, 0] + plane[:, 4] * rise[:, 1]
    down = plane[:, 3] * rise[:, 0] + plane[:, 5] * rise[:, 1]
    spare = plane[:, 5:]
    table = torch.cat([plane[:, :2], corners[:, 0, 2:], across[:, None], down[:, None], spare], 1).index_select(0, rows)
    x, y, z, across, down = table[:, :5].unbind(1)
    first = z + across * (left + 0.5 - x) + down * (row + 0.5 - y)
    last = first + across * (length - 1)
    return _steps(first), _steps(last)


def _steps(depth: Tensor) -> Tensor:
    return depth.clamp_(0, 1).mul_(_DEPTH_STEPS).long()


def _within(counts: Tensor, owners: Tensor) -> Tensor:
    """0, 1, 2 … within each owner, where owner i occurs counts[i] times in a row."""
    start = counts.cumsum(0) - counts
    return torch.arange(len(owners), device=owners.device).sub_(start.index_select(0, owners))
