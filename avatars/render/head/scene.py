"""A head before the camera: its vertices, their light, and the samples of its triangles. What both renderers share."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
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
    """A head in the studio, to be drawn at `wide` by `high` samples. `prune`: look for triangles that never show."""

    def __init__(
        self, head: Head, size: tuple[int, int], *, device: str, oversample: float, framing: str = "head", prune: bool = True
    ) -> None:
        self.device = torch.device(device)
        self.wide, self.high = round(size[0] * oversample), round(size[1] * oversample)
        self.camera = studio.frame_head(head, size[0] / size[1], framing)
        self.stage = Stage(head, self.camera, self.device)
        self.light = Light(head, self.camera.eye(), key_shadow(head), self.device)
        self.surface = Surface(head, self._seen_at_rest(), self.device)
        if prune:
            with torch.inference_mode():
                self.surface.never |= self._unseen(head)

    def samples(self, table: Table) -> Tensor:
        """Premultiplied light (T, high, wide, 4)."""
        positions, normals = self.stage.act(table)
        exposure = Exposure(self.stage.project(positions, self.wide, self.high), self.surface, self.wide, self.high)
        diffuse, specular = self.light.on(normals)
        return exposure.taken(diffuse * self.surface.colours[:, :3], specular, normals, self.light.mirror)

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
        unseen = torch.from_numpy(rigid_cut_outs(head)).to(self.device)
        wide, high = self.wide // 2, self.high // 2
        for row in table:
            positions, _ = self.stage.act(row[None])
            unseen[Exposure(self.stage.project(positions, wide, high), self.surface, wide, high).triangles()] = False
        return unseen


def rigid_cut_outs(head: Head) -> NDArray[np.bool_]:
    """Which triangles (T,) belong to parts that have holes and no morphs: hair."""
    kinds = [part.surface.cutoff is not None and not part.morphs for part in head.parts]
    return np.repeat(kinds, [len(part.faces) for part in head.parts])
