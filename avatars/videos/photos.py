"""Photo avatars in videos: over another background, cut out, and larger than their renderer draws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from PIL import Image

from avatars.photo.renderer import PhotoRenderer
from avatars.photo.rig import BadRig, PhotoRig
from avatars.render.base import Pictures, Renderer, RenderFailed, Table

_MOST_SIDE, _LEAST_SIDE = 1024, 64


def photo_renderer(data: bytes, size: tuple[int, int], behind: Pictures | None, *, transparent: bool) -> Renderer:
    """Draws the photo whose rig is `data` at `size`, over `behind` (H, W, 3) or its own background. Raises RenderFailed."""
    try:
        rig = PhotoRig.from_bytes(data)
    except BadRig as error:
        raise RenderFailed("rig_unreadable", str(error)) from error
    if transparent:
        return CutOutPhoto(rig, size)
    return LargePhoto(rig if behind is None else replace(rig, background=square(behind, len(rig.photo))), size)


def square(picture: Pictures, side: int) -> Pictures:
    """`picture` (H, W, 3) as the part of a square (side, side, 3) that a photo renderer of its size shows of it."""
    height, width = picture.shape[:2]
    longest = max(height, width)
    top, left = (longest - height) // 4, (longest - width) // 2
    edges = ((top, longest - height - top), (left, longest - width - left), (0, 0))
    whole = Image.fromarray(np.pad(picture, edges, mode="edge"))
    return np.asarray(whole.resize((side, side), Image.Resampling.BICUBIC))


class LargePhoto:
    """A photo at any size: drawn at the size that the renderer has, and enlarged."""

    def __init__(self, rig: PhotoRig, size: tuple[int, int]) -> None:
        self.size = size
        scale = min(1.0, _MOST_SIDE / max(size))
        width, height = (max(_LEAST_SIDE, round(side * scale)) for side in size)
        device = "cuda" if torch.cuda.is_available() else "cpu"
        self._renderer = PhotoRenderer(rig, (width, height), device)
        self.most = self._renderer.most

    def render(self, table: Table) -> Pictures:
        """As Renderer has it."""
        pictures = self._renderer.render(table)
        if self._renderer.size == self.size:
            return pictures
        large = [Image.fromarray(picture).resize(self.size, Image.Resampling.BICUBIC) for picture in pictures]
        return np.stack([np.asarray(picture) for picture in large])


class CutOutPhoto:
    """A photo without its background. What is drawn over black and over white tells how much of each pixel is the person:
    alpha = 1 - (white - black), as in triangulation matting (Smith and Blinn 1996)."""

    def __init__(self, rig: PhotoRig, size: tuple[int, int]) -> None:
        self.size = size
        grounds = (np.full_like(rig.background, level) for level in (0, 255))
        self._black, self._white = (LargePhoto(replace(rig, background=ground), size) for ground in grounds)
        self.most = self._black.most

    def render(self, table: Table) -> Pictures:
        """Over black."""
        return self._black.render(table)

    def render_rgba(self, table: Table) -> Pictures:
        """Pictures (T, H, W, 4) with straight alpha."""
        black = self._black.render(table).astype(np.int16)
        difference = (self._white.render(table).astype(np.int16) - black).mean(-1, keepdims=True)
        cover = np.clip(255 - difference, 0, 255)
        straight = np.where(cover > 0, black * 255 / np.maximum(cover, 1), 0)
        return np.concatenate([np.clip(straight, 0, 255), cover], axis=-1).astype(np.uint8)
