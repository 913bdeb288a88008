"""A head before the camera: its vertices, their light, and the samples of its triangles. What both renderers share."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from torch import Tensor

from avatars.face.channels import CHANNELS, INDEX
from avatars.render.base import Table
from avatars.render.head import studio
from avatars.render.head.exposure import Exposure
from avatars.render.head.glb import Floats
from avatars.render.head.light import Light
from avatars.render.head.model import Head
from avatars.render.head.shadow import key_shadow
from avatars.render.head.stage import Stage
from avatars.render.head.surface import Surface

_TURNS: Final = [(yaw, pitch) for yaw in (-28.0, -14.0, 0.0, 14.0, 28.0) for pitch in (-12.0, 12.0)]
"""Yaw and pitch, degrees, from which a head is looked at to find what never shows."""


class HeadScene:
    """A head in the studio, to be drawn at `wide` by `high` samples."""

    def __init__(self, head: Head, size: tuple[int, int], *, device: str, oversample: float, framing: str = "head") -> None:
        self.device = torch.device(device)
        self.wide, self.high = round(size[0] * oversample), round(size[1] * oversample)
        self.camera = studio.frame_head(head, size[0] / size[1], framing)
        self.stage = Stage(head, self.camera, self.device)
        self.light = Light(head, self.camera.eye(), key_shadow(head), self.device)
        self.surface = Surface(head, self._seen_at_rest(), self.device)
        with torch.inference_mode():
            self.surface.never |= self._unseen(head)

    def samples(self, table: Table) -> Tensor:
        """Premultiplied light (T, high, wide, 4)."""
        positions, normals = self.stage.act(table)
        exposure = Exposure(self.stage.project(positions, self.wide, self.high), self.surface, self.wide, self.high)
        diffuse, specular = self.light.on(normals)
        return exposure.taken(diffuse * self.surface.colours[:, :3], specular, normals, self.light.mirror)

    def vertices(self, table: Table) -> Tensor:
        """Position, normal, coloured diffuse and specular light of every vertex, (T, V, 12)."""
        positions, normals = self.stage.act(table)
        diffuse, specular = self.light.on(normals)
        return torch.cat([positions, normals, diffuse * self.surface.colours[:, :3], specular], -1)

    def fixed(self) -> Tensor:
        """What of a vertex never changes, (V, 5): uv in 0–1 of the atlas, opacity, cutoff, whether it mirrors."""
        surface = self.surface
        height, width = surface.texels.shape[:2]
        out = torch.ones((len(surface.uv), 5))
        out[:, :2] = surface.uv / torch.tensor([width, height])
        corners = surface.faces.reshape(-1)
        out[corners, 2] = torch.where(surface.blended.repeat_interleave(3), surface.colours[corners, 3], 1.0)
        out[corners, 3] = surface.cutoffs.repeat_interleave(3)
        out[corners, 4] = surface.mirrors.repeat_interleave(3).float()
        return out

    def _seen_at_rest(self) -> list[Floats]:
        positions, _ = self.stage.act(np.zeros((1, len(CHANNELS)), np.float32))
        flat = self.stage.project(positions, self.wide, self.high)[0, :, :2].cpu().numpy()
        return [flat[begin:end] for begin, end in zip(self.stage.starts, self.stage.starts[1:], strict=False)]

    def _unseen(self, head: Head) -> Tensor:
        """Triangles of cut-out parts without morphs that show in no turn of the head, (T,) bool: most of the inner hair.

        Other parts stay whole: a smooth surface would show the gaps of triangles too small for this coarse look.
        """
        table = np.zeros((len(_TURNS), len(CHANNELS)), np.float32)
        table[:, [INDEX["headYaw"], INDEX["headPitch"]]] = _TURNS
        rigid = np.repeat(
            [part.surface.cutoff is not None and not part.morphs for part in head.parts], [len(part.faces) for part in head.parts]
        )
        unseen = torch.from_numpy(rigid).to(self.device)
        wide, high = self.wide // 2, self.high // 2
        for row in table:
            positions, _ = self.stage.act(row[None])
            unseen[Exposure(self.stage.project(positions, wide, high), self.surface, wide, high).triangles()] = False
        return unseen
