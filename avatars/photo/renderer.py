"""Draws a photo avatar with torch: the same code on a processor and on CUDA."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from avatars.photo.renderer_drive import Drive, drive
from avatars.photo.renderer_eyes import draw_eyes
from avatars.photo.renderer_fields import inverse
from avatars.photo.renderer_mouth import draw_mouth
from avatars.photo.renderer_parts import make_parts
from avatars.photo.renderer_tiles import draw_tiles
from avatars.photo.rig import PhotoRig
from avatars.render.base import Pictures, RenderFailed, Table
from avatars.render.devices import at_once, sent


class PhotoRenderer:
    """Implements avatars.render.base.Renderer. Weights of zero give the photo back.

    `size` is width and height; a picture that is not square shows the middle of the square portrait's width or the upper
    part of its height.
    """

    def __init__(self, rig: PhotoRig, size: tuple[int, int] = (512, 512), device: str = "cpu") -> None:
        if not all(64 <= value <= 1024 for value in size):
            raise ValueError(f"a picture has 64 to 1024 pixels a side, not {size}")
        self.size = size
        self._device = torch.device(device)
        self.most = at_once(self._device, size[0] * size[1], on_cpu=8, most=32)
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
        left, top = (self._parts.canvas.side - width) // 2, (self._parts.canvas.side - height) // 4
        done: Pictures = picture[:, top : top + height, left : left + width].cpu().numpy()
        return done

    def _draw(self, driven: Drive) -> Tensor:
        parts, cells = self._parts, self._parts.canvas.cells
        head = (self._tensor(driven.turn) @ parts.turn).view(-1, 2, cells, cells)
        fields = (self._tensor(driven.fields) @ parts.upper).view(-1, 3, cells, cells)
        moved = inverse(fields, parts.canvas.middles[:, :, 1:-1, 1:-1], head)
        pictures = draw_tiles(moved, parts.photo, parts.canvas)
        draw_eyes(pictures, moved, driven, parts)
        draw_mouth(pictures, moved, head, driven, parts)
        return pictures

    def _tensor(self, values: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Tensor:
        return sent(values, self._device)
