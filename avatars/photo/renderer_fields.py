"""From what moves to where each pixel came from: movements are summed on the cells and inverted."""

import torch
from torch import Tensor

from avatars.photo.renderer_canvas import sample

_STEPS = 3
"""Fixed-point steps from where a cell is to where it came from; one more changes less than a tenth of a pixel."""


def inverse(moved: Tensor, middles: Tensor, turned: Tensor) -> Tensor:
    """Where cells came from as a shift, and the change of their light, (B, 3, rows, columns).

    `moved` (B, 3, rows, columns): where cells go, and light; `middles` (1, 2, rows, columns): where they are; `turned`
    (B, 2, rows, columns): where the head's turn takes them, which comes last and is therefore undone first.
    """
    start = middles - turned
    source = start - moved[:, :2]
    for _ in range(_STEPS - 1):
        source = start - sample(moved[:, :2], source)
    last = sample(moved, source)
    return torch.cat([start - last[:, :2] - middles, last[:, 2:]], 1)
