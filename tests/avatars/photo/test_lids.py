"""Lids that close look like lids: they meet in a soft line of lashes."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from avatars.photo.renderer import PhotoRenderer
from avatars.photo.rig_topology import EYES
from tests.avatars.photo.portraits import pose, rig

Values = NDArray[np.float64]
_BRIGHTNESS = np.array([0.299, 0.587, 0.114])


def eyes(name: str, closed: float) -> list[Values]:
    """Brightness of both eyes' middle parts (h, w), corners left out, against what is usual there."""
    picture = PhotoRenderer(rig(name), (512, 512)).render(pose(eyeBlink=closed)[None])[0] @ _BRIGHTNESS
    points = rig(name).landmarks[:, :2] * (512 / rig(name).side)
    parts = []
    for eye in EYES:
        (left, top), (right, bottom) = (edge(points[eye.outline], axis=0).astype(int) for edge in (np.min, np.max))
        inset = (right - left) // 5
        part = picture[top : bottom + 5, left + inset : right - inset]
        parts.append(part / np.median(part))
    return parts


@pytest.mark.parametrize(("name", "most"), [("astronaut", 0.5), ("ada", 0.75)])
def test_closed_lids_meet_in_a_soft_line(name: str, most: float) -> None:
    """Drawn hard, it is a row of steps: 0.62 and 0.90 of the skin's brightness between three neighbours."""
    edges = [np.abs(np.diff(eye, 2, axis=0)).max(0).mean() for eye in eyes(name, 1.0)]
    assert np.mean(edges) < most


@pytest.mark.parametrize("name", ["astronaut", "ada"])
def test_closed_lids_still_have_lashes(name: str) -> None:
    assert all(eye.min(0).mean() < 0.6 for eye in eyes(name, 1.0))
