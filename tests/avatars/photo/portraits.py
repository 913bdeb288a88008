"""Rigs of the test photos, made as they are in production, and measures of faces found again in drawn pictures."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from avatars.face.channels import table_row
from avatars.face.visemes import viseme_weights
from avatars.photo.analysis import analyse, segment
from avatars.photo.background import filled
from avatars.photo.closed_loop import Measured, measured
from avatars.photo.rig import PhotoRig, prepare
from tests.avatars.photo.photos import photo

__all__ = ["Measured", "measured", "pose", "rig", "viseme"]
torch.set_num_threads(1)
CAST = Path(__file__).parents[3] / "static" / "cast"


@cache
def rig(name: str) -> PhotoRig:
    """Of a test photo, or of a drawn head's portrait."""
    drawn = CAST / f"{name}.webp"
    pixels = np.array(Image.open(drawn).convert("RGB")) if drawn.exists() else photo(name)
    alpha = segment(pixels)
    return prepare(pixels, analyse(pixels)[0].landmarks, alpha, filled(pixels, alpha))


def pose(**channels: float) -> NDArray[np.float32]:
    """A row (57,) of a face table; a name without a side means both sides."""
    return table_row(channels)


def viseme(name: str) -> NDArray[np.float32]:
    return pose(**viseme_weights(name))
