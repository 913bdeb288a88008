"""Heads of the cast, and tables of a single pose."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import torch

from avatars.face.channels import table_row
from avatars.render.base import Table
from avatars.render.head.model import Head, load_head
from avatars.render.head.torch_renderer import TorchHead

CAST = Path(__file__).parents[4] / "static" / "cast"
torch.set_num_threads(1)


@cache
def head(slug: str) -> Head:
    return load_head(CAST / f"{slug}.glb")


@cache
def renderer(slug: str = "omar", side: int = 128) -> TorchHead:
    return TorchHead(head(slug), (side, side))


def pose(**channels: float) -> Table:
    return table_row(channels)[None]
