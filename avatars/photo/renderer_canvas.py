"""The grid that pictures are drawn on: cells of movement, tiles of pixels, and windows of both.

Places are counted from -1 to 1 over the whole canvas, as grid_sample does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import torch
from torch import Tensor

_BILINEAR, _BEYOND = 0, {"zeros": 0, "border": 1}  # as torch numbers them
TILE: Final = 8
"""Cells along a tile: 32 pixels of a picture of 512, so that what is worked on stays in a core's nearest memory."""


@dataclass(frozen=True, kw_only=True)
class Canvas:
    """`side` pixels of a picture, rounded up to whole tiles; a cell of movement is `cell` pixels wide, `cells` are in a row."""

    side: int
    cell: int
    cells: int
    device: torch.device

    @classmethod
    def of(cls, side: int, device: torch.device) -> Canvas:
        """For pictures of `side` pixels: about 128 cells a row, at least 64."""
        cell = max(1, round(side / 128))
        return cls(side=side, cell=cell, cells=-(-side // (cell * TILE)) * TILE, device=device)

    @property
    def full(self) -> int:
        """Pixels along the canvas."""
        return self.cell * self.cells

    @property
    def tiles(self) -> int:
        """Tiles along the canvas."""
        return self.cells // TILE

    @property
    def tile(self) -> int:
        """Pixels along a tile."""
        return self.cell * TILE

    @cached_property
    def middles(self) -> Tensor:
        """Places of all cells' middles and of a ring of cells around them, (1, 2, cells + 2, cells + 2)."""
        steps = (torch.arange(-1, self.cells + 1, device=self.device) + 0.5) / self.cells * 2 - 1
        return torch.stack(torch.meshgrid(steps, steps, indexing="xy"))[None]

    @cached_property
    def widening(self) -> Tensor:
        """(tile, TILE + 2): from a tile's cells, and one more at both ends, to its pixels."""
        return _linear(np.arange(self.tile), self.cell, -1, TILE + 2).to(self.device)


@dataclass(frozen=True, kw_only=True)
class Window:
    """A part of the canvas in whole cells, from `left`, `top` to `right`, `bottom`."""

    canvas: Canvas
    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def around(cls, canvas: Canvas, left: float, top: float, right: float, bottom: float) -> Window:
        """The least one that holds these pixels and one cell of the canvas."""
        (first, last), (upper, lower) = (_cells(canvas, *span) for span in ((left, right), (top, bottom)))
        return cls(canvas=canvas, left=first, top=upper, right=last, bottom=lower)

    @classmethod
    def square(cls, canvas: Canvas, left: float, top: float, size: float) -> Window:
        """One that holds a square of `size` pixels; squares of one size have windows of one size."""
        count = min(int(-(-size // canvas.cell)) + 1, canvas.cells)
        x, y = (int(np.clip(value // canvas.cell, 0, canvas.cells - count)) for value in (left, top))
        return cls(canvas=canvas, left=x, top=y, right=x + count, bottom=y + count)

    @property
    def cells(self) -> tuple[slice, slice]:
        """Rows and columns of its cells."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def pixels(self) -> tuple[slice, slice]:
        """Rows and columns of its pixels."""
        cell = self.canvas.cell
        return slice(self.top * cell, self.bottom * cell), slice(self.left * cell, self.right * cell)

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of cells."""
        return self.bottom - self.top, self.right - self.left

    @cached_property
    def places(self) -> Tensor:
        """Of its pixels on the canvas, (1, 2, h, w)."""
        full = self.canvas.full
        rows, columns = (torch.arange(part.start, part.stop, device=self.canvas.device) for part in self.pixels)
        steps = ((values + 0.5) / full * 2 - 1 for values in (columns, rows))
        return torch.stack(torch.meshgrid(*steps, indexing="xy"))[None]

    @cached_property
    def middles(self) -> Tensor:
        """Of its own cells within itself, (1, 2, rows, columns)."""
        rows, columns = ((torch.arange(n, device=self.canvas.device) + 0.5) / n * 2 - 1 for n in self.size)
        return torch.stack(torch.meshgrid(columns, rows, indexing="xy"))[None]

    @cached_property
    def share(self) -> Tensor:
        """Its width and height as parts of the canvas', (1, 2, 1, 1)."""
        rows, columns = self.size
        return torch.tensor([columns, rows], device=self.canvas.device).view(1, 2, 1, 1) / self.canvas.cells

    def widen(self, grid: Tensor, part: tuple[slice, slice] = (slice(None), slice(None))) -> Tensor:
        """Values (B, C, rows, columns) of its cells, at its pixels or those of a part: (B, C, h, w)."""
        rows, columns = (matrix[pixels] for matrix, pixels in zip(self._widening, part, strict=True))
        return rows @ (grid @ columns.T)

    @cached_property
    def _widening(self) -> tuple[Tensor, Tensor]:
        cell = self.canvas.cell
        rows, columns = (_linear(np.arange(n * cell), cell, 0, n).to(self.canvas.device) for n in self.size)
        return rows, columns


def _cells(canvas: Canvas, start: float, stop: float) -> tuple[int, int]:
    """The first cell of a span of pixels, and the one after the last."""
    first = int(np.clip(start // canvas.cell, 0, canvas.cells - 1))
    return first, int(np.clip(-(-stop // canvas.cell), first + 1, canvas.cells))


def _linear(pixels: np.ndarray[tuple[int, ...], np.dtype[np.int64]], cell: int, first: int, count: int) -> Tensor:
    """Linear interpolation from cells `first` … `first + count - 1` to pixels, (pixels, count); the ends go on."""
    at = np.clip((pixels + 0.5) / cell - 0.5 - first, 0, count - 1)
    low = np.minimum(at.astype(int), max(0, count - 2))
    weights = np.zeros((len(pixels), count), np.float32)
    weights[np.arange(len(pixels)), low] += 1 - (at - low)
    if count > 1:
        weights[np.arange(len(pixels)), low + 1] += at - low
    return torch.from_numpy(weights)


def sample(picture: Tensor, places: Tensor, *, beyond: str = "border") -> Tensor:
    """`picture` (1 or B, C, h, w) at `places` (B, 2, H, W), x and y from -1 to 1: (B, C, H, W)."""
    source = picture.expand(places.shape[0], -1, -1, -1)
    return torch.grid_sampler(source, places.permute(0, 2, 3, 1), _BILINEAR, _BEYOND[beyond], align_corners=False)
