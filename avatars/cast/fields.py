"""Typed doors to the few SciPy and Pillow operations on images and point clouds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image
from scipy.ndimage import (
    distance_transform_edt,
    gaussian_filter,
    map_coordinates,
)
from scipy.spatial import cKDTree

from avatars.cast.arrays import Bools, Floats, Ints, Pixels


def blur(field: Floats, sigma: float | Sequence[float], mode: str | Sequence[str] = "reflect") -> Floats:
    """Gaussian blur; `sigma` in pixels."""
    return np.asarray(gaussian_filter(field, sigma, mode=mode), dtype=np.float64)


def sample(field: Floats, rows: Floats, columns: Floats, outside: str = "nearest") -> Floats:
    """Bilinear lookup of a 2-D field at fractional rows and columns."""
    return np.asarray(map_coordinates(field, [rows, columns], order=1, mode=outside), dtype=np.float64)


def noise(height: int, width: int, sigma: float | Sequence[float], seed: int) -> Floats:
    """Blurred white noise of unit variance; the same seed gives the same field."""
    field = blur(np.random.RandomState(seed).randn(height, width), sigma, mode="wrap")
    return np.asarray(field / field.std())


def nearest(points: Floats, queries: Floats) -> tuple[Floats, Ints]:
    """Distance to and index of the nearest point for each query."""
    distance, index = cKDTree(points).query(queries)
    return np.asarray(distance, dtype=np.float64), np.asarray(index, dtype=np.int64)


def fill_outside(picture: Floats, known: Bools) -> Floats:
    """Give every unknown pixel the value of the nearest known one, so that no seam bleeds."""
    index = distance_transform_edt(~known, return_distances=False, return_indices=True)
    return np.asarray(picture[tuple(index)])


def resized(picture: Pixels, width: int, height: int) -> Pixels:
    """The picture resampled with Lanczos' kernel."""
    return np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.LANCZOS))
