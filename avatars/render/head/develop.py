"""From light to a picture: average samples, tone curve, sRGB, backdrop."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

_START, _DESATURATION = 0.8 - 0.04, 0.15
_STEPS: Final = 4095


def averaged(samples: Tensor, height: int, width: int) -> Tensor:
    """Premultiplied light (T, h, w, 4) as (T, 4, height, width); h and w are larger or the same."""
    planes = samples.permute(0, 3, 1, 2)
    if planes.shape[-2:] == (height, width):
        return planes
    if planes.shape[-2:] == (2 * height, 2 * width):
        return torch.nn.functional.avg_pool2d(planes, 2)
    return torch.nn.functional.interpolate(planes, (height, width), mode="bilinear", antialias=True)


def toned(light: Tensor) -> Tensor:
    """Khronos PBR Neutral tone curve (KhronosGroup/ToneMapping) of light (T, 3, H, W); 0–1."""
    low = light.amin(1, keepdim=True)
    light = light - torch.where(low < 0.08, low - 6.25 * low * low, 0.04)
    frames, rows, columns = (light.amax(1) >= _START).nonzero().unbind(1)
    light[frames, :, rows, columns] = _bent(light[frames, :, rows, columns])  # few: highlights
    return light.clamp_(0, 1)


def _bent(bright: Tensor) -> Tensor:
    """Colours (N, 3) whose peak is beyond the start of the curve's bend."""
    peak = bright.amax(1, keepdim=True)
    room = 1 - _START
    bent = 1 - room * room / (peak + room - _START)
    grey = 1 - 1 / (_DESATURATION * (peak - bent) + 1)
    return torch.lerp(bright * (bent / peak), bent, grey)


class Encoder:
    """Linear 0–1 to sRGB bytes by table."""

    def __init__(self, device: torch.device) -> None:
        value = torch.linspace(0, 1, _STEPS + 1, device=device)
        curve = torch.where(value <= 0.0031308, value * 12.92, 1.055 * value.clamp(min=1e-6).pow(1 / 2.4) - 0.055)
        self._table = (curve * 255 + 0.5).to(torch.uint8)

    def bytes(self, light: Tensor) -> Tensor:
        """uint8 of light in 0–1, the same shape."""
        index = (light * _STEPS + 0.5).to(torch.int32)
        return self._table.index_select(0, index.reshape(-1)).view(light.shape)
