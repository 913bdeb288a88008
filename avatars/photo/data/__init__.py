"""The neutral face as 478 landmarks and how each of the 52 channels moves them."""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """In decimetres, x to the person's left, y up, z to the viewer.

    `places`: (478, 3) float64. `moves`: (52, 478, 3) float64 at weight 1, channels in the order of avatars.face.ARKIT.
    """

    places: NDArray[np.float64]
    moves: NDArray[np.float64]


@lru_cache(maxsize=1)
def basis() -> Basis:
    """The committed table; README.md beside it says where it comes from."""
    arrays = load(files(__package__).joinpath("basis.safetensors").read_bytes())
    moves = arrays["moves"].astype(np.float64) * float(arrays["step"][0])
    return Basis(places=arrays["places"].astype(np.float64), moves=moves)
