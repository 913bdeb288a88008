"""Draws a photo avatar with torch: the same code on a processor and on CUDA."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from avatars.photo.renderer_drive import Drive, drive
from avatars.photo.renderer_eyes import draw_eyes, move_lids
from avatars.photo.renderer_mouth import draw_mouth
from avatars.photo.renderer_parts import Parts, make_parts
from avatars.photo.renderer_sampling import sample, widen
from avatars.photo.rig import PhotoRig
from avatars.render.base import Pictures, RenderFailed, Table

_STEPS = 3
"""Fixed-point steps from where a pixel is to where it came from; one more changes less than a tenth of a pixel."""


class PhotoRenderer:
    """Implements avatars.render.base.Renderer. Weights of zero give the photo back.

    `size` is width and height; a picture that is not square shows the middle of the square portrait's width or the upper
    part of its height.
    """

    most = 8

    def __init__(self, rig: PhotoRig, size: tuple[int, int] = (512, 512), device: str = "cpu") -> None:
        if not all(64 <= value <= 1024 for value in size):
            raise ValueError(f"a picture has 64 to 1024 pixels a side, not {size}")
        self.size = size
        self._device = torch.device(device)
        self._parts = make_parts(rig, max(size), self._device)

    def render(self, table: Table) -> Pictures:
        """Pictures (T, H, W, 3) uint8 of a table (T, 57). Raises RenderFailed for anything else."""
        if table.ndim != 2 or table.shape[1] != 57 or not np.isfinite(table).all():
            raise RenderFailed("bad_table", f"a face table is (T, 57) and finite, not {table.shape}")
        width, height = self.size
        pictures = np.empty((len(table), height, width, 3), np.uint8)
        for start in range(0, len(table), self.most):
            rows = slice(start, start + self.most)
            pictures[rows] = self._batch(drive(table[rows], self._parts.moves))
        return pictures

    @torch.inference_mode()
    def _batch(self, driven: Drive) -> Pictures:
        picture = self._draw(driven)
        width, height = self.size
        left, top = (self._parts.side - width) // 2, (self._parts.side - height) // 4
        shown = picture[:, :, top : top + height, left : left + width]
        whole = shown.mul_(255).add_(0.5).clamp_(0, 255.5).to(torch.uint8).permute(0, 2, 3, 1)
        done: Pictures = whole.cpu().numpy()
        return done

    def _draw(self, driven: Drive) -> Tensor:
        parts = self._parts
        head = (self._tensor(driven.turn) @ parts.turn).view(-1, 2, parts.grid, parts.grid)
        fields = self._tensor(driven.fields)
        flows, light = self._inverse(fields, parts.cells - head)
        count = len(fields)
        coarse = torch.cat([flows[:count] - parts.cells, light[:count]], 1)
        fine = widen(coarse, parts.side)
        fine[:, :2] += parts.pixels
        move_lids(fine, parts, self._tensor(driven.lids))
        person = sample(parts.person, fine[:, :2])
        draw_eyes(person, fine, parts, self._tensor(driven.lids), self._tensor(driven.look))
        _shade(person, fine, parts)
        draw_mouth(person, fine, flows[count:] - parts.cells, light[count:], head, driven, parts)
        return person[:, :3].addcmul_(parts.behind, 1 - person[:, 3:])

    def _inverse(self, fields: Tensor, start: Tensor) -> tuple[Tensor, Tensor]:
        """Where each cell came from (2B, 2, G, G), upper layers first, and the change of its light (2B, 1, G, G)."""
        parts = self._parts
        moved = torch.cat([fields @ parts.upper, fields @ parts.lower]).view(-1, 3, parts.grid, parts.grid)
        place, both = torch.cat([start, start]), moved[:, :2]
        source = place - both
        for _ in range(_STEPS):
            source = place - sample(both, source)
        return source, sample(moved[:, 2:], source)

    def _tensor(self, values: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values)).to(self._device)


def _shade(person: Tensor, fine: Tensor, parts: Parts) -> None:
    """Folds of the face darken, in place."""
    rows, columns = parts.face.slices
    person[:, :3, rows, columns] *= fine[:, 2:, rows, columns] * parts.tint + 1
