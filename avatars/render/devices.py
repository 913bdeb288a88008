"""Where torch draws: how numbers get there, how many pictures it holds at once, and whether it still works."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_PIXELS: Final = 1 << 23
"""Of all pictures that a card draws at once: 32 of 512 × 512, so that its memory need not grow with their size."""


def sent(array: NDArray[Any], device: torch.device) -> Tensor:
    """The array on `device`. On a card nobody waits for what it does meanwhile: CUDA has copied the array when this returns."""
    return torch.from_numpy(array).to(device, non_blocking=True)


def at_once(device: torch.device, pixels: int, *, on_cpu: int, most: int) -> int:
    """Pictures of `pixels` pixels to draw in one go: a processor's caches hold few, a card is slow with few, up to `most`."""
    return on_cpu if device.type == "cpu" else int(np.clip(_PIXELS // pixels, 1, most))


def is_lost() -> bool:
    """Whether CUDA stopped working in this process: after some errors every later call fails, and only a new process helps.
    Waits for nothing; a card without room for something is not lost."""
    if not torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        return False
    try:
        torch.cuda.current_stream().query()
    except RuntimeError:
        return True
    return False
