"""How much of the key light reaches each vertex of a resting head, once at loading."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from torch import Tensor

from avatars.render.head import raster, studio
from avatars.render.head.glb import Floats
from avatars.render.head.model import Head
from avatars.render.head.stage import faces

_SIZE: Final = 768
_BIAS: Final = 0.0035  # of the map's depth; hides the surface's own shadow
_REACH: Final = 4  # pixels of the map to either side


def key_shadow(head: Head) -> Floats:
    """(V,) 0–1 for the vertices of all parts; 1 where no shadow falls or is taken."""
    towards = torch.from_numpy(studio.lamps()[0][0])
    right = torch.nn.functional.normalize(torch.linalg.cross(torch.tensor([0.0, 1.0, 0.0]), towards), dim=0)
    axes = torch.stack([right, -torch.linalg.cross(towards, right), -towards])
    points = torch.from_numpy(np.concatenate([part.positions for part in head.parts])) @ axes.T
    low, high = points.amin(0), points.amax(0)
    points = (points - low) / (high - low).max() * torch.tensor([_SIZE - 1, _SIZE - 1, 0.98])
    depth = _depth_map(head, points)
    received = np.repeat(
        [part.surface.name in studio.SHADED for part in head.parts], [len(part.positions) for part in head.parts]
    )
    lit = _lit(depth, points).numpy()
    return np.where(received, 1 - studio.SHADOW_STRENGTH * (1 - lit), 1).astype(np.float32)


def _depth_map(head: Head, points: Tensor) -> Tensor:
    """Nearest depth towards the lamp, (SIZE, SIZE)."""
    casts = np.repeat(
        [part.surface.name not in studio.CASTS_NONE for part in head.parts], [len(part.faces) for part in head.parts]
    )
    corners = points[torch.from_numpy(faces(head.parts))]
    shown = raster.visible(corners, torch.ones(len(corners), dtype=torch.bool), _SIZE, _SIZE) & torch.from_numpy(casts)
    keys = raster.buffer(_SIZE * _SIZE, points.device)
    frames = torch.zeros(len(corners), dtype=torch.int64)
    raster.draw(keys, raster.fragments(corners, shown.nonzero()[:, 0], frames, _SIZE, _SIZE))
    return torch.where(keys == raster.EMPTY, 2.0, (keys >> 32).double() / 2**30).float().view(_SIZE, _SIZE)


def _lit(depth: Tensor, points: Tensor) -> Tensor:
    """Share of the map's pixels around each point that don't hide it."""
    x, y = points[:, 0].long(), points[:, 1].long()
    total = torch.zeros(len(points))
    steps = range(-_REACH, _REACH + 1, 2)
    for dy in steps:
        for dx in steps:
            near = depth[(y + dy).clamp(0, _SIZE - 1), (x + dx).clamp(0, _SIZE - 1)]
            total += (near + _BIAS * (1 + abs(dx) + abs(dy)) > points[:, 2]).float()
    return total / len(steps) ** 2
