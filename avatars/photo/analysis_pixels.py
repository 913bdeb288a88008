"""Photos as tensors, and back."""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody knows it by
from numpy.typing import NDArray
from torch import Tensor


def planes(photo: NDArray[np.uint8]) -> Tensor:
    """A photo (H, W, 3) as a tensor of its own (1, 3, H, W), still uint8."""
    return torch.from_numpy(np.array(photo)).permute(2, 0, 1)[None]


def interleaved(picture: Tensor) -> NDArray[np.uint8]:
    """A tensor (1, 3, H, W) in 0–255 as a photo (H, W, 3)."""
    return picture[0].permute(1, 2, 0).round().clamp(0, 255).to(torch.uint8).numpy()


def resized(x: Tensor, size: Sequence[int]) -> Tensor:
    """Bilinear (N, C, H, W) of another size; without moiré when it gets smaller, itself when it has that size."""
    if tuple(x.shape[-2:]) == tuple(size):
        return x
    smaller = size[0] < x.shape[-2] or size[1] < x.shape[-1]
    return F.interpolate(x, size=list(size), mode="bilinear", align_corners=False, antialias=smaller)


def within(size: Sequence[int], longest: int) -> tuple[int, int]:
    """`size`, made smaller where its longest side is more than `longest`; no side below one."""
    scale = min(1.0, longest / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
