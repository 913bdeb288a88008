"""Where hair begins: the height of the hairline around the head."""

from __future__ import annotations

import numpy as np

from avatars.cast.arrays import Floats

AZIMUTHS = (0, 12, 24, 38, 50, 60, 70, 80, 90, 103, 120, 150, 180)  # degrees from the middle of the face
HEIGHTS = {
    "soft": (0.70, 0.70, 0.68, 0.63, 0.52, 0.38, 0.18, -0.02, 0.06, 0.02, -0.22, -0.52, -0.58),
    "square": (0.68, 0.69, 0.72, 0.68, 0.52, 0.36, 0.17, -0.06, 0.06, 0.02, -0.22, -0.46, -0.50),
    "none": (9.0,) * 13,
}


def hairline_height(kind: str, azimuth: Floats) -> Floats:
    """Height of the hairline in head units at each azimuth (degrees, 0 front, 180 back)."""
    return np.asarray(np.interp(azimuth, AZIMUTHS, HEIGHTS[kind]))
