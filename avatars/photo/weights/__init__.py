"""Weights of the four small networks that look at a photo, and the way to run one on a single core."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import torch
from safetensors.torch import load_file
from torch import nn

FOLDER = Path(__file__).resolve().parent
Network = TypeVar("Network", bound=nn.Module)


def filled_in(network: Network, name: str, *, folder: Path = FOLDER) -> Network:
    """`network` with the float16 weights of `name`.safetensors, as float32, ready to be asked.

    Raises FileNotFoundError, or RuntimeError when names or shapes don't fit exactly.
    """
    stored = load_file(folder / f"{name}.safetensors")
    network.load_state_dict({key: value.float() for key, value in stored.items()}, strict=True)
    return network.eval().requires_grad_(False)


@contextmanager
def one_core() -> Iterator[None]:
    """Inference on one thread: these networks are too small to gain from more, and neighbours need the cores."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.inference_mode():
            yield
    finally:
        torch.set_num_threads(threads)
