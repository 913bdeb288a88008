"""Measure how far each channel opens the lips of a head: the model that lets an animator close them exactly."""

from __future__ import annotations

import numpy as np

from avatars.cast.arrays import Floats, Ints, present
from avatars.cast.mesh import Part
from avatars.cast.units import index_of

MILLIMETRES = 100  # of a decimetre
STEP = 0.3  # weight at which a channel is measured
SMALLEST = 0.9  # mm; weaker channels are left out


def gap_model(skin: Part) -> dict[str, float]:
    """Millimetres by which the middle of the lips opens for one unit of each mouth and jaw channel.

    `skin` stands at rest with lips touching, its origin on the eye line; lips are found by what jawOpen moves.
    """
    upper, lower = _lip_edges(skin)
    height = skin.positions[:, 1] * MILLIMETRES
    lift = present(skin.deltas)[:, :, 1] * MILLIMETRES
    closed = height[upper].min() - height[lower].max()
    model = {}
    for name, number in index_of().items():
        moved = height + STEP * lift[number]
        opening = float(moved[upper].min() - moved[lower].max() - closed) / STEP
        if name.startswith(("mouth", "jaw")) and abs(opening) > SMALLEST:
            model[name] = round(opening, 1)
    return model


def _lip_edges(skin: Part) -> tuple[Ints, Ints]:
    """Vertices of the upper and the lower lip within 1.8 mm of the middle, around the seam."""
    place = skin.positions * MILLIMETRES
    drop = -present(skin.deltas)[index_of()["jawOpen"]][:, 1] * MILLIMETRES
    middle = (np.abs(place[:, 0]) < 1) & (place[:, 1] < -30) & (place[:, 2] > 15)
    upper, lower = np.flatnonzero(middle & (drop < 8)), np.flatnonzero(middle & (drop > 20))
    distance = np.linalg.norm(place[upper][:, None] - place[lower][None], axis=2)
    first, second = np.unravel_index(int(distance.argmin()), distance.shape)
    seam = (place[upper[first], 1] + place[lower[second], 1]) / 2
    column: Floats = (np.abs(place[:, 0]) < 1.8) & (place[:, 1] < seam + 7) & (place[:, 1] > seam - 9)
    front = column & (place[:, 2] > place[upper[first], 2] - 7)
    return np.flatnonzero(front & (drop < 8)), np.flatnonzero(front & (drop > 14))
