"""OpenGL without a window: contexts, targets, textures."""

from __future__ import annotations

from typing import Any

import numpy as np

from avatars.render.base import RenderFailed
from avatars.render.head.glb import Floats


def open_context() -> Any:
    """A standalone OpenGL 3.3 context. Raises RenderFailed `gl_missing` without moderngl or a driver."""
    try:
        import moderngl
    except ImportError as problem:
        raise RenderFailed("gl_missing", "moderngl is not installed (extra `gl`)") from problem
    try:
        how: Any = {"standalone": True, "backend": "egl", "require": 330}
        return moderngl.create_context(**how)
    except Exception as problem:
        raise RenderFailed("gl_missing", f"no OpenGL context: {problem}") from problem


def target(context: Any, size: tuple[int, int], *, depth: bool) -> Any:
    """A framebuffer whose colours can be looked up."""
    picture = context.texture(size, 4)
    picture.repeat_x = picture.repeat_y = False
    return context.framebuffer([picture], context.depth_renderbuffer(size) if depth else None)


def texture(context: Any, values: Floats) -> Any:
    """Values (H, W, k) in 0–1 as bytes: many times faster to look up in software than floating point."""
    height, width, depth = values.shape
    made = context.texture((width, height), depth, (np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8).tobytes(), alignment=1)
    made.repeat_x = made.repeat_y = False
    return made
