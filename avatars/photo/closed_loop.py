"""Finds the face in a drawn picture again and measures it: do lips that should be closed look closed?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatars.face.channels import table_row
from avatars.face.visemes import viseme_weights
from avatars.photo.analysis import analyse
from avatars.photo.renderer import PhotoRenderer
from avatars.photo.rig import PhotoRig

POSES = ("rest", "PP", "aa", "ou", "blink")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """In percent of the distance of the outer eye corners.

    `gap`: between the lips; `width`: of the mouth; `eye`: mean opening of both; `nose`: its tip, to the right of the middle
    of the eyes.
    """

    gap: float
    width: float
    eye: float
    nose: float


def measured(picture: NDArray[np.uint8]) -> Measured:
    """Of the largest face in a picture (H, W, 3). IndexError where there is none."""
    points = analyse(picture)[0].landmarks[:, :2]
    eyes = float(np.linalg.norm(points[263] - points[33]))

    def span(a: int, b: int) -> float:
        return 100 * float(np.linalg.norm(points[a] - points[b])) / eyes

    nose = 100 * float(points[1, 0] - (points[263, 0] + points[33, 0]) / 2) / eyes
    return Measured(gap=span(13, 14), width=span(61, 291), eye=(span(159, 145) + span(386, 374)) / 2, nose=nose)


def closed_loop(rig: PhotoRig, side: int = 512) -> dict[str, Measured]:
    """What is found again of POSES drawn at `side` pixels."""
    mixes = {name: viseme_weights(name) for name in ("PP", "aa", "ou")} | {"rest": {}, "blink": {"eyeBlink": 1.0}}
    pictures = PhotoRenderer(rig, (side, side)).render(np.stack([table_row(mixes[name]) for name in POSES]))
    return {name: measured(picture) for name, picture in zip(POSES, pictures, strict=True)}
