"""The neck: a head joint, and how much of each vertex follows it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from avatars.cast.anatomy import Anatomy
from avatars.cast.arrays import Floats, smoothstep, vec
from avatars.cast.mesh import Part

PIVOT = (0.0, -0.62, -0.52)  # head units: between the ears' lobes, where the skull sits on the spine
NECK_LENGTH = 0.55  # head units over which the turn fades into the shoulders
SKINNED = frozenset({"skin", "hair", "beard"})


def pivot(anatomy: Anatomy) -> Floats:
    """The head joint in decimetres from the eye line's middle, (3,)."""
    return vec(*PIVOT) * anatomy.scale


def rigged(anatomy: Anatomy, part: Part) -> Part:
    """The part with its share of the head joint. Parts inside the head stay fixed to it as a whole."""
    if part.name == "cloth":
        return replace(part, head_share=np.zeros(len(part.positions)))
    if part.name not in SKINNED:
        return part
    relative = anatomy.relative(part.positions)
    if part.name == "hair":
        share = smoothstep(-1.85, -0.95, relative[:, 1])
        return part if share.min() > 0.97 else replace(part, head_share=share)
    return replace(part, head_share=_neck_share(relative))


def _neck_share(relative: Floats) -> Floats:
    """1 above a plane from the chin to the nape, fading to 0 at the neck's base."""
    jaw_line = -1.06 - 0.5 * np.minimum(0, relative[:, 2] + 0.2)
    return smoothstep(-NECK_LENGTH, 0, relative[:, 1] - jaw_line)
