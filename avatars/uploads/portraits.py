"""The portrait of a 3D head: one picture of it at rest, drawn here."""

from __future__ import annotations

import numpy as np
from PIL import Image

from avatars.face.channels import CHANNELS
from avatars.render.base import RenderFailed
from avatars.render.head.model import read_head
from avatars.render.head.torch_renderer import TorchHead

SIDE = 512
# What strangers' geometry may lead to in the middle of drawing it; a browser may still draw it well.
_FAILURES = (RenderFailed, ValueError, IndexError, RuntimeError, OSError)


class NoPortrait(Exception):
    """The head can't be drawn here."""


def portrait_of(glb: bytes) -> Image.Image:
    """The head of a GLB that has been checked, SIDE × SIDE pixels. Raises NoPortrait."""
    try:
        drawn = TorchHead(read_head(glb), (SIDE, SIDE)).render(np.zeros((1, len(CHANNELS)), np.float32))
    except _FAILURES as error:
        raise NoPortrait(str(error)) from error
    return Image.fromarray(drawn[0])
