"""Which pixels are the person: selfie segmentation at 256 × 256, then edges taken from the photo itself.

Network: the model card of MediaPipe Selfie Segmentation. Edges: He and Sun 2015, "Fast Guided Filter".
"""

from functools import cache

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor, nn

from avatars.photo.analysis_pixels import planes, resized, within
from avatars.photo.weights import filled_in, one_core

SIDE = 256
GUIDE = 512
"""Longest side, in pixels, at which edges are looked for; finer ones are carried over from there."""
RADIUS, SMOOTHNESS = 6, 1e-3


def segment(photo: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How much of each pixel is a person: (H, W) in 0–1 for a photo (H, W, 3). All zero where nobody is."""
    with one_core():
        picture = planes(photo).float() / 255
        small = resized(picture, within(photo.shape[:2], GUIDE))
        rough = _network()(resized(small, (SIDE, SIDE)))
        return _snapped(rough, small, picture)[0, 0].numpy()


def _snapped(rough: Tensor, small: Tensor, picture: Tensor) -> Tensor:
    """The mask moved onto the edges of the picture: locally it becomes a linear function of the picture's brightness."""
    size = picture.shape[-2:]
    guide = small.mean(1, keepdim=True)
    mask = resized(rough, small.shape[-2:])
    mean_guide, mean_mask = _box(guide), _box(mask)
    slope = (_box(guide * mask) - mean_guide * mean_mask) / (_box(guide * guide) - mean_guide**2 + SMOOTHNESS)
    offset = mean_mask - slope * mean_guide
    slope, offset = resized(_box(slope), size), resized(_box(offset), size)
    snapped = slope * picture.mean(1, keepdim=True) + offset
    return _firm(0.5 * snapped + 0.5 * resized(rough, size))


def _firm(alpha: Tensor) -> Tensor:
    """Nearly nothing becomes nothing, nearly all becomes all: a haze over the room would be left behind when it moves."""
    return ((alpha - 0.12) / 0.76).clamp(0, 1)


def _box(x: Tensor) -> Tensor:
    side = 2 * RADIUS + 1
    return F.avg_pool2d(x, side, 1, RADIUS, count_include_pad=False)


class _Gate(nn.Module):
    """Squeeze and excite: how much of each channel is wanted, from what the whole picture shows."""

    def __init__(self, channels: int, mid: int) -> None:
        super().__init__()
        self.ask, self.tell = nn.Conv2d(channels, mid, 1), nn.Conv2d(mid, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(self.tell(F.relu(self.ask(x.mean((2, 3), keepdim=True)))))


class _Inverted(nn.Module):
    """MobileNet V3's block: widen, depthwise, gate, narrow; a shortcut where nothing changes its shape."""

    def __init__(self, inner: int, wide: int, outer: int, *, side: int, stride: int, gate: int | None) -> None:
        super().__init__()
        self.stride, self.shortcut = stride, stride == 1 and inner == outer
        self.padding = ((side - stride) // 2, (side - stride + 1) // 2) * 2
        self.act: nn.Module = nn.Hardswish() if side == 5 else nn.ReLU()
        self.widen = nn.Conv2d(inner, wide, 1)
        self.depth = nn.Conv2d(wide, wide, side, stride, groups=wide)
        self.gate = _Gate(wide, gate) if gate else None
        self.narrow = nn.Conv2d(wide, outer, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.act(self.depth(F.pad(self.act(self.widen(x)), self.padding)))
        y = self.narrow(y * self.gate(y) if self.gate else y)
        return y + x if self.shortcut else y  # type: ignore[no-any-return]


class _Up(nn.Module):
    """A coarser picture, enlarged, joins a finer one, which is gated by both."""

    def __init__(self, coarse: int, fine: int) -> None:
        super().__init__()
        self.bring = nn.Conv2d(coarse, fine, 1)
        self.gate = _Gate(fine, fine)
        self.mix = nn.Conv2d(fine, fine, 1)
        self.depth = nn.Conv2d(fine, fine, 3, 1, 1, groups=fine)

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        size = fine.shape[-2:]
        brought = self.bring(F.interpolate(coarse, size=size, mode="bilinear", align_corners=False))
        y = F.relu(self.mix(fine * self.gate(fine + brought) + brought))
        return y + F.relu(self.depth(y))


class PersonNetwork(nn.Module):
    """(1, 3, 256, 256) in 0–1 to the person's mask (1, 1, 256, 256) in 0–1."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, 2)
        self.second = _Inverted(16, 16, 16, side=3, stride=2, gate=8)
        self.fourth = nn.Sequential(
            _Inverted(16, 72, 24, side=3, stride=2, gate=None),
            _Inverted(24, 88, 24, side=3, stride=1, gate=None),
        )
        self.eighth = nn.Sequential(
            _Inverted(24, 96, 32, side=5, stride=2, gate=24),
            *(_Inverted(32, wide, 32, side=5, stride=1, gate=wide // 4) for wide in (128, 128, 96, 96)),
        )
        self.seen, self.asked = nn.Conv2d(32, 128, 1), nn.Conv2d(32, 128, 1)
        self.ups = nn.ModuleList([_Up(128, 24), _Up(24, 16), _Up(16, 16)])
        self.mask = nn.ConvTranspose2d(16, 1, 2, 2)

    def forward(self, x: Tensor) -> Tensor:
        stem = F.hardswish(self.stem(F.pad(x, (0, 1, 0, 1))))
        second = self.second(stem)
        fourth = self.fourth(second)
        eighth = self.eighth(fourth)
        y = F.relu(self.seen(eighth)) * torch.sigmoid(self.asked(eighth.mean((2, 3), keepdim=True)))
        for up, fine in zip(self.ups, (fourth, second, stem), strict=True):
            y = up(y, fine)
        return torch.sigmoid(self.mask(y))


@cache
def _network() -> nn.Module:
    return filled_in(PersonNetwork(), "person")
