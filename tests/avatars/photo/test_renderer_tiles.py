"""What is drawn tile by tile is what one warp of the whole picture gives, and where nothing moves it is the photo itself."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from avatars.photo.renderer_canvas import Canvas, Window
from avatars.photo.renderer_parts import Parts, make_parts
from avatars.photo.renderer_tiles import draw_tiles
from tests.avatars.photo.portraits import rig

CPU = torch.device("cpu")


def parts(side: int) -> Parts:
    return make_parts(rig("astronaut"), side, CPU)


def movement(canvas: Canvas, frames: int, pixels: float) -> Tensor:
    """Smooth shifts of so many pixels in the middle of the canvas, and changes of light."""
    rough = torch.randn(frames, 3, 6, 6, generator=torch.Generator().manual_seed(5))
    rough[:, :, [0, 1, -1]] = 0
    smooth = functional.interpolate(rough, size=(canvas.cells,) * 2, mode="bilinear", align_corners=False)
    return smooth * torch.tensor([pixels * 2 / canvas.full, pixels * 2 / canvas.full, 0.05]).view(1, 3, 1, 1)


def warped(moved: Tensor, made: Parts) -> Tensor:
    """The whole picture at once, (B, S, S, 3)."""
    canvas, photo = made.canvas, made.photo
    whole = Window(canvas=canvas, left=0, top=0, right=canvas.cells, bottom=canvas.cells)
    fine = functional.interpolate(moved, size=(canvas.full,) * 2, mode="bilinear", align_corners=False)
    places = (fine[:, :2] + whole.places).permute(0, 2, 3, 1)
    source = photo.person.expand(len(moved), -1, -1, -1)
    seen = functional.grid_sample(source, places, padding_mode="border", align_corners=False)
    behind = photo.behind.permute(0, 1, 3, 2, 4).reshape(3, canvas.full, canvas.full)
    lit = seen[:, :3] * (fine[:, 2:] * made.tint + 1)
    return (lit + behind * (1 - seen[:, 3:])).clamp(0, 255).permute(0, 2, 3, 1)


@pytest.mark.parametrize("side", [100, 256, 300])
def test_it_draws_what_a_warp_of_the_whole_gives(side: int) -> None:
    made = parts(side)
    moved = movement(made.canvas, 3, 6.0)
    difference = (draw_tiles(moved, made.photo, made.canvas).float() - warped(moved, made)).abs()
    assert difference.mean() < 0.4  # rounding
    assert difference.max() < 3


def test_it_leaves_every_byte_of_the_photo_where_nothing_moves() -> None:
    made = parts(256)
    moved = torch.zeros(2, 3, made.canvas.cells, made.canvas.cells)
    assert torch.equal(draw_tiles(moved, made.photo, made.canvas)[1], made.photo.still)
    moved[1, 0, 60:64, 60:64] = 4 * 2 / 256
    drawn = draw_tiles(moved, made.photo, made.canvas)
    assert torch.equal(drawn[0], made.photo.still)
    changed = (drawn[1] != made.photo.still).any(-1).nonzero()
    assert len(changed)
    assert changed.min() >= 60 * 2 - 2
    assert changed.max() <= 64 * 2 + 2


@pytest.mark.parametrize("side", [64, 100, 512, 1000])
def test_a_canvas_holds_the_picture_in_whole_tiles(side: int) -> None:
    canvas = Canvas.of(side, CPU)
    assert side <= canvas.full < side + canvas.tile
    assert canvas.full == canvas.tiles * canvas.tile
    assert 64 <= canvas.cells <= 192


def test_a_window_widens_its_cells_as_the_whole_canvas_does() -> None:
    canvas = Canvas.of(256, CPU)
    grid = movement(canvas, 1, 3.0)
    window = Window.around(canvas, 90, 100, 171, 160)
    rows, columns = window.pixels
    assert (columns.start, columns.stop, rows.start, rows.stop) == (90, 172, 100, 160)
    fine = functional.interpolate(grid, size=(256, 256), mode="bilinear", align_corners=False)[..., rows, columns]
    mine = window.widen(grid[(..., *window.cells)])
    assert torch.allclose(mine[..., 2:-2, 2:-2], fine[..., 2:-2, 2:-2], atol=1e-6)
    np.testing.assert_allclose(window.places[0, :, 0, 0], [(90.5 / 128) - 1, (100.5 / 128) - 1], atol=1e-6)
