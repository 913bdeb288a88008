"""Wav2Lip as a renderer: another renderer's pictures, with the mouth that the sound asks for.

The weights are the user's own; the published ones may not be used commercially (docs/renderers.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from avatars.render.base import Pictures, Renderer, RenderFailed, Table
from avatars.render.devices import at_once, sent
from avatars.render.mel import Floats, windows
from avatars.render.wav2lip_net import FACE, load_weights

_FEATHER: Final = 0.12  # of the box, over which the new mouth fades into the picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """The face in the picture, pixels: forehead's middle to just below the chin, ear to ear."""

    left: int
    top: int
    right: int
    bottom: int


class Wav2LipRenderer:
    """Draws `base` and gives it lips. Without sound (`render`) it is the base alone.

    Raises RenderFailed as load_weights does, and `bad_box` for a box outside the picture or under 32 pixels.
    """

    def __init__(self, weights: Path, base: Renderer, box: Box, *, device: str = "cpu") -> None:
        width, height = base.size
        whole = 0 <= box.left < box.right <= width and 0 <= box.top < box.bottom <= height
        if not whole or min(box.right - box.left, box.bottom - box.top) < 32:
            raise RenderFailed("bad_box", f"the face box {box} does not lie in a picture of {width} x {height}")
        self.size = base.size
        self._base, self._box, self._device = base, box, torch.device(device)
        self.most = at_once(self._device, FACE * FACE, on_cpu=8, most=32)
        self._network = load_weights(weights).to(self._device)
        self._mask = _mask(box)

    def render(self, table: Table) -> Pictures:
        """The base's pictures: a silent mouth needs no network."""
        return self._base.render(table)

    def render_spoken(self, table: Table, samples: Floats, fps: float) -> Pictures:
        """Pictures (T, H, W, 3) while `samples`, mono at 16 kHz in -1 to 1, sound from the first frame on.

        A frame looks 0.2 s ahead: give the sound at least that far beyond the last frame, or silence is heard there.
        """
        pictures = self._base.render(table).copy()
        heard = windows(samples, len(table), fps)
        for start in range(0, len(table), self.most):
            rows = slice(start, start + self.most)
            pictures[rows] = self._spoken(pictures[rows], heard[rows])
        return pictures

    def close(self) -> None:
        """Free what the base holds."""
        close = getattr(self._base, "close", None)
        if close is not None:
            close()

    def _spoken(self, pictures: Pictures, heard: Floats) -> Pictures:
        box = self._box
        faces = pictures[:, box.top : box.bottom, box.left : box.right]
        with torch.inference_mode():
            lips = self._network(sent(heard, self._device), self._faces(faces)).flip(1)
        wide = torch.nn.functional.interpolate(lips.float().cpu(), faces.shape[1:3], mode="bilinear", antialias=True)
        mixed = faces + (wide.permute(0, 2, 3, 1).numpy() * 255 - faces) * self._mask
        out = pictures.copy()
        out[:, box.top : box.bottom, box.left : box.right] = np.clip(mixed + 0.5, 0, 255).astype(np.uint8)
        return out

    def _faces(self, faces: Pictures) -> Tensor:
        """The network's six planes (B, 6, 96, 96): BGR with the lower half black, and BGR."""
        small = np.stack([np.asarray(Image.fromarray(face).resize((FACE, FACE), Image.Resampling.BILINEAR)) for face in faces])
        whole = sent(small[..., ::-1].copy(), self._device).permute(0, 3, 1, 2).float() / 255
        masked = whole.clone()
        masked[:, :, FACE // 2 :] = 0
        return torch.cat([masked, whole], 1)


def _mask(box: Box) -> Floats:
    """How much of the new face shows, (h, w, 1): the lower half, fading out at its edges."""
    height, width = box.bottom - box.top, box.right - box.left
    x, y = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
    across = np.clip(np.minimum(x, 1 - x) / _FEATHER, 0, 1)
    down = np.clip(np.minimum(y - 0.5 + _FEATHER / 2, 1 - y) / _FEATHER, 0, 1)
    mask = across * down[:, None]
    return (mask * mask * (3 - 2 * mask)).astype(np.float32)[..., None]
