"""Array types and the small vector mathematics that every part of the builder shares."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Pixels = NDArray[np.uint8]
Value = TypeVar("Value")


def present(value: Value | None) -> Value:
    """The value, which this step of the building cannot do without. Raises ValueError when it is missing."""
    if value is None:
        raise ValueError("a part lacks data that this step needs")
    return value


def vec(*numbers: float) -> Floats:
    """A float vector."""
    return np.array(numbers, dtype=np.float64)


def unit(vectors: ArrayLike) -> Floats:
    """Vectors of length one along the last axis; a zero vector stays zero."""
    array = np.asarray(vectors, dtype=np.float64)
    length: Floats = np.linalg.norm(array, axis=-1, keepdims=True)
    return np.asarray(array / np.maximum(length, 1e-9))


def lerp(start: Any, end: Any, share: Any) -> Any:
    """Straight mix of two numbers or arrays; `share` 0 gives `start`, 1 gives `end`."""
    return start + (end - start) * share


def smoothstep(low: float, high: float, value: ArrayLike) -> Floats:
    """Hermite step from 0 at `low` to 1 at `high`; `high` may lie below `low`."""
    t = np.clip((np.asarray(value, dtype=np.float64) - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t))


def bell(value: ArrayLike, width: float) -> Floats:
    """exp(-(value / width)^2)."""
    return np.asarray(np.exp(-((np.asarray(value, dtype=np.float64) / width) ** 2)))


def rotate(points: Floats, centre: Floats, axis: tuple[float, float, float], degrees: float) -> Floats:
    """Rodrigues' rotation of (n, 3) points about a unit axis through `centre`."""
    angle, around = np.radians(degrees), vec(*axis)
    arm = points - centre
    along = np.outer(arm @ around, around) * (1 - np.cos(angle))
    return np.asarray(centre + arm * np.cos(angle) + np.cross(around, arm) * np.sin(angle) + along)


def to_bytes(values: Floats) -> Pixels:
    """Numbers in 0-1 as bytes."""
    return (np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8)
