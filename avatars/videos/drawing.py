"""Frames of a segment: the face over its background, what is written on it, encoded; a sign of life after each batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from PIL import Image

from avatars.render.base import Pictures, Renderer, RenderFailed, Spoken, Table
from avatars.render.lips import heard
from avatars.render.look import glancing
from avatars.videos.captions import captions
from avatars.videos.easel import easel
from avatars.videos.encoder import SegmentEncoder
from avatars.videos.overlay import Overlay
from avatars.videos.performance import Performance
from avatars.videos.wish import VideoWish
from avatars.voice import SAMPLE_RATE

BATCH = 8
_AHEAD_S = 0.5  # of sound beyond the last frame: a renderer that listens looks ahead
_THUMBNAIL_SIDE = 640


@runtime_checkable
class CutOut(Protocol):
    """A renderer that can leave the background out."""

    def render_rgba(self, table: Table) -> Pictures:
        """Pictures (T, H, W, 4) with straight alpha."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything that a segment's pictures are made of."""

    wish: VideoWish
    performance: Performance
    renderer: Renderer

    def overlay(self) -> Overlay:
        """What is written on the pictures."""
        burned = tuple(captions(self.performance.words)) if self.wish.captions == "burned" else ()
        return Overlay(size=self.wish.size, fps=self.wish.fps, label=self.wish.label, captions=burned)

    def frames(self, first: int, after: int) -> Iterator[Pictures]:
        """Finished pictures of frames [first, after), a few at a time. Raises RenderFailed."""
        overlay, step = self.overlay(), min(BATCH, self.renderer.most)
        for at in range(first, after, step):
            pictures = self._drawn(glancing(self.performance.table[at : min(at + step, after)], self.wish.gaze), at)
            overlay.draw(pictures, at)
            yield pictures

    def _drawn(self, table: Table, at: int) -> Pictures:
        if not self.wish.alpha and isinstance(self.renderer, Spoken):
            fps = self.wish.fps
            sound = heard(self.performance.sound, SAMPLE_RATE, at / fps, (at + len(table)) / fps + _AHEAD_S)
            return np.array(self.renderer.render_spoken(table, sound, fps))
        if not self.wish.alpha:
            return np.array(self.renderer.render(table))
        if not isinstance(self.renderer, CutOut):
            raise RenderFailed("no_cut_out", "This avatar can't be drawn without its background.")
        return np.array(self.renderer.render_rgba(table))


def draw_segment(scene: Scene, path: Path, first: int, after: int, *, keep: Callable[[int], None]) -> bytes:
    """Encode frames [first, after) into `path`; returns a JPEG of a frame a second in. `keep(frames drawn)` is called after
    each batch; what it raises ends the work."""
    wish, shown, drawn = scene.wish, b"", 0
    target = min(wish.fps, after - first - 1)
    with SegmentEncoder(path, size=wish.size, fps=wish.fps, kind=wish.format, alpha=wish.alpha) as encoder:
        for pictures in _drawn(scene.frames(first, after)):
            encoder.write(pictures)
            if drawn <= target < drawn + len(pictures):
                shown = thumbnail(pictures[target - drawn])
            drawn += len(pictures)
            keep(drawn)
    return shown


def _drawn(frames: Iterator[Pictures]) -> Iterator[Pictures]:
    """Each batch, drawn where its renderer stands."""
    while (pictures := easel().drawn(lambda: next(frames, None))) is not None:
        yield pictures


def thumbnail(picture: Pictures) -> bytes:
    """A picture (H, W, 3 or 4) as JPEG of at most 640 pixels a side, transparent parts over light grey."""
    image = Image.fromarray(picture)
    if image.mode == "RGBA":
        ground = Image.new("RGBA", image.size, (232, 234, 236, 255))
        image = Image.alpha_composite(ground, image).convert("RGB")
    image.thumbnail((_THUMBNAIL_SIDE, _THUMBNAIL_SIDE))
    file = BytesIO()
    image.save(file, "JPEG", quality=85)
    return file.getvalue()
