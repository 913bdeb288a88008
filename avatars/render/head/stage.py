"""A head's vertices under a table of channels: morphs, the turn of the head, projection. Batched torch."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from torch import Tensor

from avatars.face.channels import ARKIT, INDEX
from avatars.render.base import Table
from avatars.render.devices import sent
from avatars.render.head.glb import Floats, floats
from avatars.render.head.model import Head, Part
from avatars.render.head.studio import Camera
from avatars.render.look import gazing

_WHOLE_BODY: Final = 0.6  # without a head joint the shoulders turn too, so all turns less
_POSE: Final = [INDEX[name] for name in ("headYaw", "headPitch", "headRoll")]


class Stage:
    """Vertices of all parts one after another, V in all; `starts` says where each part's begin.

    `share`: (V, 1) of the head's turn; `pivot`: (3,) what it turns about.
    """

    def __init__(self, head: Head, camera: Camera, device: torch.device) -> None:
        self._device = device
        self.starts: list[int] = np.cumsum([0, *(len(part.positions) for part in head.parts)]).tolist()
        self._positions = _Morphed([part.positions for part in head.parts], [part.morphs for part in head.parts], device)
        self._normals = _Morphed([part.normals for part in head.parts], [part.turns for part in head.parts], device)
        share = np.concatenate([part.share for part in head.parts])
        self.share = torch.from_numpy(share * np.float32(_WHOLE_BODY if head.whole else 1.0)).to(device)[:, None]
        self.pivot = torch.from_numpy(head.joint[:3, 3].astype(np.float32)).to(device)
        rotation = head.joint[:3, :3] / np.linalg.norm(head.joint[:3, :3], axis=0)
        self._frame = torch.from_numpy(rotation.astype(np.float32)).to(device)
        self._camera = torch.from_numpy(camera.matrix()).to(device)

    def act(self, table: Table) -> tuple[Tensor, Tensor]:
        """World positions and unit normals, each (T, V, 3), of a table (T, 57)."""
        positions, normals = self.morphed(table)
        turn = self.turns(table)
        around = positions - self.pivot
        positions = positions + self.share * (around @ turn.mT - around)
        normals = normals + self.share * (normals @ turn.mT - normals)
        return positions, torch.nn.functional.normalize(normals, dim=-1)

    def morphed(self, table: Table) -> tuple[Tensor, Tensor]:
        """Positions and normals, each (T, V, 3), before the head turns."""
        weights = sent(gazing(table)[:, : len(ARKIT)], self._device)
        return self._positions.at(weights), self._normals.at(weights)

    def turns(self, table: Table) -> Tensor:
        """The head's turns about its pivot, (T, 3, 3)."""
        angles = sent(np.ascontiguousarray(table[:, _POSE], np.float32), self._device)
        return self._frame @ _turns(torch.deg2rad(angles)) @ self._frame.T

    def project(self, positions: Tensor, width: int, height: int) -> Tensor:
        """Pixels x, y (y down) and depth 0–1, (T, V, 3), of world positions."""
        clip = positions @ self._camera[:, :3].T + self._camera[:, 3]
        flat = clip[..., :3] / clip[..., 3:].clamp(min=1e-4)
        half = (width / 2, -height / 2, 1.0), (width / 2, height / 2, 0.0)
        scale, shift = (sent(floats(values), self._device) for values in half)
        return flat * scale + shift


def faces(parts: tuple[Part, ...]) -> Floats:
    """Triangles of all parts over the stage's vertices, (T, 3) int64."""
    starts = np.cumsum([0, *(len(part.positions) for part in parts)])
    return np.concatenate([part.faces + start for part, start in zip(parts, starts, strict=False)])


class _Morphed:
    """Vectors at rest and what the weights add; only vertices that something moves are kept in the basis."""

    def __init__(self, rest: list[Floats], morphs: list[dict[int, Floats]], device: torch.device) -> None:
        every = np.concatenate(rest)
        basis = np.zeros((len(ARKIT), len(every), 3), np.float32)
        start = 0
        for vectors, moved in zip(rest, morphs, strict=True):
            for number, delta in moved.items():
                basis[number, start : start + len(vectors)] += delta
            start += len(vectors)
        moving = np.flatnonzero(np.abs(basis).max((0, 2)) > 0)
        self._rest = torch.from_numpy(every).to(device)
        self._moving = torch.from_numpy(moving).to(device)
        self._basis = torch.from_numpy(np.ascontiguousarray(basis[:, moving].reshape(len(ARKIT), -1))).to(device)

    def at(self, weights: Tensor) -> Tensor:
        """(T, V, 3) at weights (T, 52)."""
        out = self._rest.repeat(len(weights), 1, 1)
        return out.index_add_(1, self._moving, (weights @ self._basis).view(len(weights), -1, 3))


def _turns(angles: Tensor) -> Tensor:
    """Rotations (T, 3, 3) of yaw, pitch, roll (T, 3) in radians: about y, then x (pitch up is negative), then z."""
    sine, cosine = angles.sin().unbind(1), angles.cos().unbind(1)
    (sy, sp, sr), (cy, cp, cr) = sine, cosine
    zero, one = torch.zeros_like(sy), torch.ones_like(sy)
    about_y = torch.stack([cy, zero, sy, zero, one, zero, -sy, zero, cy], 1).view(-1, 3, 3)
    about_x = torch.stack([one, zero, zero, zero, cp, sp, zero, -sp, cp], 1).view(-1, 3, 3)
    about_z = torch.stack([cr, -sr, zero, sr, cr, zero, zero, zero, one], 1).view(-1, 3, 3)
    return about_y @ about_x @ about_z
