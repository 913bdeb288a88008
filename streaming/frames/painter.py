"""A session's renderer and those that stand in for it: renderer → simpler renderer → still image, one step at a failure."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from avatars.render.base import Pictures, Renderer, RenderFailed, Table

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A way to draw: its name for people, and how to begin with it."""

    name: str
    begin: Callable[[], Renderer]


class StillRenderer:
    """The portrait, whatever the face does: the last resort."""

    most = 64

    def __init__(self, portrait: NDArray[np.uint8]) -> None:
        self._portrait = portrait
        self.size = (portrait.shape[1], portrait.shape[0])

    @classmethod
    def of(cls, data: bytes, side: int) -> StillRenderer:
        """The middle of an encoded picture, `side` pixels a side; what is transparent becomes white."""
        with Image.open(io.BytesIO(data)) as opened:
            picture = opened.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        white.alpha_composite(picture)
        return cls(np.asarray(_square(white.convert("RGB")).resize((side, side), Image.Resampling.LANCZOS)))

    def render(self, table: Table) -> Pictures:
        """See Renderer."""
        return np.broadcast_to(self._portrait, (len(table), *self._portrait.shape))


def _square(picture: Image.Image) -> Image.Image:
    side = min(picture.size)
    left = (picture.width - side) // 2
    return picture.crop((left, 0, left + side, side))


@dataclass(slots=True)
class Painter:
    """Draws with the best step that works. `failed` gets each step that does not, and what stands in for it. Belongs to the
    thread that draws. Raises RenderFailed when no step is left."""

    steps: Sequence[Step]
    failed: Callable[[str, str], None] = lambda _name, _detail: None
    _at: int = 0
    _renderer: Renderer | None = field(default=None)

    @property
    def name(self) -> str:
        """The step that draws now."""
        return self.steps[min(self._at, len(self.steps) - 1)].name

    @property
    def has_simpler(self) -> bool:
        """Whether anything is left to degrade to."""
        return self._at < len(self.steps) - 1

    def render(self, table: Table) -> Pictures:
        """Pictures (T, H, W, 3) of a table (T, 57), in pieces where the renderer takes fewer at a time."""
        while self._at < len(self.steps):
            try:
                return self._render(table)
            except Exception as error:  # noqa: BLE001  (whatever a renderer dies of: the next one takes over)
                self._degrade(error)
        raise RenderFailed("no_renderer", "Nothing is left that can draw this avatar.")

    def simplify(self, reason: str) -> None:
        """Go one step down, as this one is too slow; the last step stays."""
        if self.has_simpler:
            self._step_down(reason)

    def _render(self, table: Table) -> Pictures:
        renderer = self._renderer = self._renderer or self.steps[self._at].begin()
        if len(table) <= renderer.most:
            return renderer.render(table)
        pieces = [table[i : i + renderer.most] for i in range(0, len(table), renderer.most)]
        return np.concatenate([renderer.render(piece) for piece in pieces])

    def _degrade(self, error: Exception) -> None:
        logger.warning("The renderer %r failed.", self.name, exc_info=not isinstance(error, RenderFailed))
        self._step_down(str(error) or type(error).__name__)

    def _step_down(self, reason: str) -> None:
        failed, self._renderer = self.name, None
        self._at += 1
        self.failed(failed, reason)
