"""The room behind a person, guessed from what is seen around them, so that a head may move off its place.

Method: push-pull interpolation (Gortler et al. 1996, "The Lumigraph", 4.3) of the pixels that are surely no person.
"""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor

from avatars.photo.analysis_pixels import interleaved, planes, resized, within
from avatars.photo.weights import one_core

SPREAD = 0.012
"""How far a person's colours may reach beyond the mask, as a part of the photo's longest side."""
SIDE = 256
"""Longest side at which the guess is made: it is smooth, so more would cost and not show."""


def filled(photo: NDArray[np.uint8], alpha: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The photo (H, W, 3) without the person of `alpha` (H, W) in 0–1: untouched far from them, softer behind them.

    Where nothing of the room is left to see, the whole is the photo's mean colour.
    """
    with one_core():
        picture = planes(photo).float()
        mask = torch.from_numpy(np.array(alpha, np.float32))[None, None]
        small = within(alpha.shape, SIDE)
        person = _grown((resized(mask, small) > 0.05).float())
        guess = _smoothed(_behind(resized(picture, small), 1 - person), person)
        hidden = resized(_blurred(_grown(person), _reach(small)).maximum(person), alpha.shape).maximum(mask)
        return interleaved(torch.lerp(picture, resized(guess, alpha.shape), hidden))


def _reach(size: tuple[int, int]) -> int:
    return max(2, round(SPREAD * max(size)))


def _grown(mask: Tensor) -> Tensor:
    """The mask, wider by the spread."""
    height, width = mask.shape[-2:]
    reach = _reach((height, width))
    return F.max_pool2d(mask, 2 * reach + 1, 1, reach)


def _behind(picture: Tensor, seen: Tensor) -> Tensor:
    """Colours for all pixels from those that are seen."""
    if not seen.any():
        return picture.mean((2, 3), keepdim=True).expand_as(picture)
    return _pushed_and_pulled(picture, seen)


def _pushed_and_pulled(picture: Tensor, weight: Tensor) -> Tensor:
    """Each level fills its holes from the next coarser one, which is a mean of what is seen."""
    if max(picture.shape[-2:]) == 1:
        return picture
    total = F.avg_pool2d(weight, 2, ceil_mode=True)
    half = F.avg_pool2d(picture * weight, 2, ceil_mode=True) / total.clamp(min=1e-6)
    coarse = _pushed_and_pulled(half, (total * 2).clamp(max=1))
    return torch.lerp(resized(coarse, picture.shape[-2:]), picture, weight)


def _smoothed(guess: Tensor, person: Tensor) -> Tensor:
    """The guess, blurred more the deeper it lies behind the person: the seams of the pyramid vanish."""
    reach = max(2, round(0.02 * max(guess.shape[-2:])))
    soft = _blurred(guess, reach)
    depth = _blurred(person, reach)
    return guess + (soft - guess) * depth


def _blurred(x: Tensor, reach: int) -> Tensor:
    """Three box means, which is nearly a Gaussian of that many pixels."""
    side = 2 * (reach // 2) + 1
    for _ in range(3):
        x = F.avg_pool2d(F.pad(x, (side // 2,) * 4, mode="replicate"), side, 1)
    return x
