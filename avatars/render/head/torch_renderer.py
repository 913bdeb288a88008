"""The reference renderer of heads: torch on CPU or CUDA, many frames at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from avatars.render.base import Pictures, Table, checked
from avatars.render.devices import at_once
from avatars.render.head import develop, studio
from avatars.render.head.model import Head
from avatars.render.head.scene import HeadScene


class TorchHead:
    """Draws a head at `size` (width, height). `oversample`: samples per pixel and axis, 1–2.

    `framing`: one of FRAMING; `backdrop`: (H, W, 3) uint8 behind the head, without one the studio's.
    """

    most = 64

    def __init__(
        self,
        head: Head,
        size: tuple[int, int],
        *,
        device: str = "cpu",
        oversample: float = 1.5,
        framing: str = "head",
        backdrop: Pictures | None = None,
    ) -> None:
        self.size = size
        self._scene = HeadScene(head, size, device=device, oversample=oversample, framing=framing)
        self._at_once = at_once(self._scene.device, self._scene.wide * self._scene.high, on_cpu=1, most=16)
        self._encoder = develop.Encoder(self._scene.device)
        behind = studio.backdrop(*size) if backdrop is None else backdrop.astype(np.float32) / 255
        self._backdrop = torch.from_numpy(behind).to(self._scene.device).permute(2, 0, 1)

    def render(self, table: Table) -> Pictures:
        """Pictures (T, H, W, 3) over the backdrop."""
        return self._rendered(table, self._over_backdrop, 3)

    def render_rgba(self, table: Table) -> Pictures:
        """Pictures (T, H, W, 4) with straight alpha, to be laid over anything."""
        return self._rendered(table, self._cut_out, 4)

    def _rendered(self, table: Table, finish: Callable[[Tensor], Tensor], depth: int) -> Pictures:
        table = checked(table)
        step, (width, height) = self._at_once, self.size
        out = np.empty((len(table), height, width, depth), np.uint8)
        with torch.inference_mode():
            for i in range(0, len(table), step):
                light = develop.averaged(self._scene.samples(table[i : i + step]), height, width)
                out[i : i + step] = finish(light).permute(0, 2, 3, 1).cpu().numpy()
        return out

    def _over_backdrop(self, light: Tensor) -> Tensor:
        shown = self._encoder.bytes(_straight(light)).float()
        return torch.lerp(self._backdrop * 255, shown, light[:, 3:]).add_(0.5).to(torch.uint8)

    def _cut_out(self, light: Tensor) -> Tensor:
        return torch.cat([self._encoder.bytes(_straight(light)), (light[:, 3:] * 255 + 0.5).to(torch.uint8)], 1)


def _straight(light: Tensor) -> Tensor:
    """Toned colours (T, 3, H, W) of premultiplied light (T, 4, H, W)."""
    return develop.toned(light[:, :3] / light[:, 3:].clamp(min=1e-3))
