"""Photo avatars in videos: over another background, cut out, larger and wider than their renderer draws."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from django.conf import settings
from PIL import Image, ImageFilter, ImageOps

from avatars.photo.renderer import PhotoRenderer
from avatars.photo.rig import BadRig, PhotoRig
from avatars.render.base import Pictures, Renderer, RenderFailed, Spoken, Table
from avatars.render.lips import lipped
from avatars.render.look import FRAMING
from avatars.render.portrait import around, closer, elsewhere

_MOST_SIDE, _LEAST_SIDE = 1024, 64


def photo_renderer(
    data: bytes, size: tuple[int, int], behind: Pictures | None, *, transparent: bool, framing: str = "head"
) -> Renderer:
    """Draws the photo whose rig is `data` at `size`, over `behind` (H, W, 3) or its own background. Raises RenderFailed."""
    try:
        rig = closer(PhotoRig.from_bytes(data), FRAMING[framing])
    except BadRig as error:
        raise RenderFailed("rig_unreadable", str(error)) from error
    return CutOutPhoto(rig, size) if transparent else LargePhoto(rig, size, behind)


class LargePhoto:
    """A photo at any size: drawn at the size that the renderer has, and enlarged. A picture that is wider than high shows
    the whole portrait in its middle: cut to the width it would lose the chin."""

    def __init__(self, rig: PhotoRig, size: tuple[int, int], behind: Pictures | None = None) -> None:
        self.size = size
        width, height = self._shown = min(size), size[1]
        self._left = (size[0] - width) // 2
        self._wide = _beside(rig, size) if behind is None else behind
        if behind is not None:
            rig = elsewhere(rig, around(behind[:, self._left : self._left + width], rig.side))
        scale = min(1.0, _MOST_SIDE / max(self._shown))
        drawn = (max(_LEAST_SIDE, round(width * scale)), max(_LEAST_SIDE, round(height * scale)))
        device = "cuda" if torch.cuda.is_available() else "cpu"
        plain, weights = PhotoRenderer(rig, drawn, device), settings.WAV2LIP_WEIGHTS
        self._renderer = lipped(plain, rig, Path(weights), device) if weights else plain
        self.most = self._renderer.most

    def render(self, table: Table) -> Pictures:
        """As Renderer has it."""
        return self._placed(self._renderer.render(table))

    def render_spoken(self, table: Table, samples: Table, fps: float) -> Pictures:
        """As Spoken has it; the same as `render` without the operator's Wav2Lip."""
        if not isinstance(self._renderer, Spoken):
            return self.render(table)
        return self._placed(self._renderer.render_spoken(table, samples, fps))

    def _placed(self, pictures: Pictures) -> Pictures:
        if self._renderer.size != self._shown:
            large = [Image.fromarray(picture).resize(self._shown, Image.Resampling.BICUBIC) for picture in pictures]
            pictures = np.stack([np.asarray(picture) for picture in large])
        if self._shown == self.size:
            return pictures
        wide = np.repeat(self._wide[None], len(pictures), axis=0)
        wide[:, :, self._left : self._left + self._shown[0]] = pictures
        return wide


def _beside(rig: PhotoRig, size: tuple[int, int]) -> Pictures:
    """What stands beside a portrait in a wide picture: itself, out of focus."""
    whole = ImageOps.fit(Image.fromarray(rig.photo), size, Image.Resampling.BICUBIC)
    return np.asarray(whole.filter(ImageFilter.GaussianBlur(size[1] / 16)))


class CutOutPhoto:
    """A photo without its background. What is drawn over black and over white tells how much of each pixel is the person:
    alpha = 1 - (white - black), as in triangulation matting (Smith and Blinn 1996)."""

    def __init__(self, rig: PhotoRig, size: tuple[int, int]) -> None:
        self.size = size
        grounds = (np.full((size[1], size[0], 3), level, np.uint8) for level in (0, 255))
        self._black, self._white = (LargePhoto(rig, size, ground) for ground in grounds)
        self.most = self._black.most

    def render(self, table: Table) -> Pictures:
        """Over black."""
        return self._black.render(table)

    def render_rgba(self, table: Table) -> Pictures:
        """Pictures (T, H, W, 4) with straight alpha."""
        black = self._black.render(table).astype(np.float32)
        difference = (self._white.render(table) - black).mean(-1, keepdims=True)
        cover = np.clip(255 - difference, 0, 255)
        straight = np.where(cover > 0, black * 255 / np.maximum(cover, 1), 0)
        return np.concatenate([np.clip(straight, 0, 255), cover], axis=-1).astype(np.uint8)
