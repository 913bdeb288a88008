"""Rigs of the test photos, made as they are in production, and measures of faces found again in drawn pictures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from avatars.face.channels import INDEX, both
from avatars.face.visemes import viseme_weights
from avatars.photo.analysis import analyse, segment
from avatars.photo.background import filled
from avatars.photo.rig import PhotoRig, prepare
from tests.avatars.photo.photos import photo

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
    row = np.zeros(57, np.float32)
    for name, value in channels.items():
        row[[INDEX[name]] if name in INDEX else both(name)] = value
    return row


def viseme(name: str) -> NDArray[np.float32]:
    return pose(**viseme_weights(name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """In percent of the distance of the outer eye corners."""

    gap: float
    width: float
    eye: float
    nose: float


def measured(picture: NDArray[np.uint8]) -> Measured:
    """Find the face again and measure it; `nose` is where its tip is, to the right of the middle of the eyes."""
    points = analyse(picture)[0].landmarks[:, :2]
    eyes = float(np.linalg.norm(points[263] - points[33]))

    def span(a: int, b: int) -> float:
        return 100 * float(np.linalg.norm(points[a] - points[b])) / eyes

    nose = 100 * float(points[1, 0] - (points[263, 0] + points[33, 0]) / 2) / eyes
    return Measured(gap=span(13, 14), width=span(61, 291), eye=(span(159, 145) + span(386, 374)) / 2, nose=nose)
