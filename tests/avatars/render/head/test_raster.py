"""Triangles to pixels, against a plain loop over all of them."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from avatars.render.head import raster

SIDE = 16
coordinate = st.integers(-24, 4 * SIDE + 24).map(lambda value: value / 4 + 0.01)
triangle = st.lists(st.tuples(coordinate, coordinate, st.integers(5, 95).map(lambda value: value / 100)), min_size=3, max_size=3)


def drawn(corners: torch.Tensor, frames: torch.Tensor, count: int = 1) -> NDArray[np.int64]:
    shown = raster.visible(corners, torch.ones(len(corners), dtype=torch.bool), SIDE, SIDE)
    keys = raster.buffer(count * SIDE * SIDE, corners.device)
    raster.draw(keys, raster.fragments(corners, shown.nonzero()[:, 0], frames, SIDE, SIDE))
    pixels, triangles = raster.shown(keys)
    out = np.full(count * SIDE * SIDE, -1)
    out[pixels.numpy()] = triangles.numpy()
    return out.reshape(count, SIDE, SIDE)


def depths(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Depth of each triangle at each pixel's middle, infinite outside, and NaN within a hair of an edge."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] + 0.5
    out = np.full((len(corners), SIDE, SIDE), np.inf)
    for i, (a, b, c) in enumerate(corners):
        area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])
        if abs(area) < 1e-3:
            out[i] = np.nan
            continue
        second = ((x - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (y - a[1])) / area
        third = ((b[0] - a[0]) * (y - a[1]) - (x - a[0]) * (b[1] - a[1])) / area
        least = np.minimum(np.minimum(second, third), 1 - second - third)
        depth = a[2] + second * (b[2] - a[2]) + third * (c[2] - a[2])
        out[i] = np.where(least > 0, depth, np.inf)
        out[i][np.abs(least) < 1e-3] = np.nan
    return out


@given(st.lists(triangle, min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_it_shows_the_nearest_triangle_at_every_pixel(triangles: list[list[tuple[float, float, float]]]) -> None:
    corners = torch.tensor(triangles, dtype=torch.float32)
    found = drawn(corners, torch.zeros(len(corners), dtype=torch.int64))[0]
    depth = depths(corners.double().numpy())
    clear = ~np.isnan(depth).any(0)
    order = np.sort(np.nan_to_num(depth, nan=np.inf), 0)
    if len(order) > 1:
        with np.errstate(invalid="ignore"):
            clear &= ~(order[1] - order[0] < 1e-3)
    expected = np.where(np.isinf(depth).all(0), -1, depth.argmin(0))
    assert (found[clear] == expected[clear]).all()


def test_it_covers_a_square_of_two_triangles_without_a_gap() -> None:
    square = [[2.3, 2.3], [12.7, 2.3], [12.7, 12.7], [2.3, 12.7]]
    corners = torch.tensor([[[*square[i], 0.5] for i in triple] for triple in ((0, 1, 2), (0, 2, 3))])
    found = drawn(corners, torch.zeros(2, dtype=torch.int64))[0]
    assert (found[2:13, 2:13] >= 0).all()
    assert (found >= 0).sum() == 121


def test_it_keeps_frames_apart() -> None:
    corners = torch.tensor([[[0.0, 0.0, 0.5], [16.0, 0.0, 0.5], [0.0, 16.0, 0.5]]] * 2)
    found = drawn(corners, torch.tensor([0, 2]), 3)
    assert (found[0] >= 0).sum() == (found[2] >= 0).sum() > 100
    assert (found[1] == -1).all()


def test_it_hides_backs_of_one_sided_triangles_and_what_is_behind_the_camera() -> None:
    front = torch.tensor([[[0.0, 0.0, 0.5], [0.0, 9.0, 0.5], [9.0, 0.0, 0.5]]])
    back, behind = front.flip(1), front - torch.tensor([0.0, 0.0, 0.8])
    corners = torch.cat([front, back, behind])
    assert raster.visible(corners, torch.zeros(3, dtype=torch.bool), SIDE, SIDE).tolist() == [True, False, False]
    assert raster.visible(corners, torch.ones(3, dtype=torch.bool), SIDE, SIDE).tolist() == [True, True, False]
