"""The 57 channels of a face: 52 ARKit weights in alphabetical order, then head and gaze angles in degrees."""

from collections.abc import Mapping
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from avatars.face.data import table

Floats: TypeAlias = NDArray[np.float64]

_TABLE = table("channels")
ARKIT: Final[tuple[str, ...]] = tuple(_TABLE["arkit"])
CHANNELS: Final[tuple[str, ...]] = ARKIT + tuple(_TABLE["pose"])
INDEX: Final[Mapping[str, int]] = {name: i for i, name in enumerate(CHANNELS)}
MIRRORED: Final[tuple[str, ...]] = tuple(_TABLE["mirrored"])
"""Names without a side of the weights whose two sides move alike in a symmetric face."""
EYE_LOOK: Final[tuple[int, ...]] = tuple(i for i, name in enumerate(ARKIT) if name.startswith("eyeLook"))
LOOK_SIDE, LOOK_UP, LOOK_DOWN = (float(_TABLE["look_degrees"][k]) for k in ("side", "up", "down"))
"""Degrees of gaze at which an eyeLook weight reaches 1."""


def both(name: str) -> list[int]:
    """Indices of a weight; a name without a side means both sides. KeyError when there is no such weight."""
    return [INDEX[name]] if name in INDEX else [INDEX[name + "Left"], INDEX[name + "Right"]]


def row(mix: Mapping[str, float]) -> Floats:
    """`{"mouthSmile": 0.3}` as a vector of the 52 weights. IndexError for an angle."""
    return _vector(mix, len(ARKIT))


def table_row(mix: Mapping[str, float]) -> NDArray[np.float32]:
    """`{"mouthSmile": 0.3, "headYaw": 8}` as a row (57,) of a face table."""
    return _vector(mix, len(CHANNELS)).astype(np.float32)


def look(gaze: Floats) -> Floats:
    """The eyeLook weights, (8, T) in the order of EYE_LOOK, of a gaze (2, T) in degrees (left, up of the head)."""
    side, lift = gaze[0] / LOOK_SIDE, gaze[1]
    down, up = -lift / LOOK_DOWN, lift / LOOK_UP
    weights: Floats = np.clip(np.stack([down, down, -side, side, side, -side, up, up]), 0.0, 1.0)
    return weights


def _vector(mix: Mapping[str, float], length: int) -> Floats:
    vector = np.zeros(length)
    for name, value in mix.items():
        vector[both(name)] += value
    return vector
