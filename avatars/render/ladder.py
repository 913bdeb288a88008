"""Draw as well as one can: renderer, simpler renderer, still picture. Never raises; every step is told."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from avatars.render.base import Pictures, Renderer, RenderFailed, Spoken, Table
from avatars.render.steps import Governor, Rules, Step

_log = logging.getLogger(__name__)
STILL = "still"
Draw = Callable[[Renderer], Pictures]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A way to draw, made when it is first needed."""

    name: str
    make: Callable[[], Renderer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Degraded:
    """A step up or down, by the names of the rungs."""

    code: str
    origin: str
    target: str


class Ladder:
    """A renderer that takes what works: the rungs in order, at last `still` (H, W, 3), which gives the size.

    `told` hears of every step before the pictures come. Pictures of a rung of another size are resized.
    """

    most = 64

    def __init__(
        self,
        rungs: Sequence[Rung],
        still: Pictures,
        *,
        told: Callable[[Degraded], None],
        rules: Rules | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.size = (still.shape[1], still.shape[0])
        self._rungs, self._still, self._told, self._clock = tuple(rungs), still, told, clock
        self._governor = Governor(rules or Rules(), len(rungs) + 1)
        self._renderer: Renderer | None = None

    @property
    def rung(self) -> str:
        """The name of the rung that draws now."""
        return self._name(self._governor.rung)

    def render(self, table: Table) -> Pictures:
        """Pictures (T, H, W, 3) of a table (T, 57), whatever happens."""
        return self._stepping(table, lambda renderer: renderer.render(table))

    def render_spoken(self, table: Table, samples: NDArray[np.float32], fps: float) -> Pictures:
        """As render, with the sound (see base.Spoken) for rungs that listen."""

        def draw(renderer: Renderer) -> Pictures:
            return renderer.render_spoken(table, samples, fps) if isinstance(renderer, Spoken) else renderer.render(table)

        return self._stepping(table, draw)

    def close(self) -> None:
        """Free what the present rung holds; it is made again when it is needed."""
        _close(self._renderer)
        self._renderer = None

    def _stepping(self, table: Table, draw: Draw) -> Pictures:
        while self._governor.rung < len(self._rungs):
            begun = self._clock()
            try:
                pictures = self._drawn(table, draw)
            except Exception as problem:  # noqa: BLE001 — whatever a renderer raises, the caller gets pictures
                self._fell(problem)
            else:
                self._cost(begun, len(table))
                return pictures
        begun = self._clock()
        pictures = np.broadcast_to(self._still, (len(table), *self._still.shape)).copy()
        self._cost(begun, len(table))
        return pictures

    def _drawn(self, table: Table, draw: Draw) -> Pictures:
        if self._renderer is None:
            self._renderer = self._rungs[self._governor.rung].make()
        pictures = draw(self._renderer)
        width, height = self._renderer.size
        if pictures.shape != (len(table), height, width, 3) or pictures.dtype != np.uint8:
            raise RenderFailed("wrong_pictures", f"{self.rung} gave {pictures.shape} of {pictures.dtype}")
        return pictures if (width, height) == self.size else _resized(pictures, self.size)

    def _cost(self, begun: float, frames: int) -> None:
        now = self._clock()
        if frames:
            self._take(self._governor.drawn(frame_ms=(now - begun) * 1000 / frames, now=now))

    def _fell(self, problem: Exception) -> None:
        code = problem.code if isinstance(problem, RenderFailed) else "render_error"
        _log.warning("renderer %s failed: %s", self.rung, problem, exc_info=not isinstance(problem, RenderFailed))
        self._take(self._governor.failed(code=code, now=self._clock()))

    def _take(self, step: Step | None) -> None:
        if step is None:
            return
        self.close()
        try:
            self._told(Degraded(code=step.code, origin=self._name(step.origin), target=self._name(step.target)))
        except Exception:  # noqa: BLE001 — telling is not what the caller came for
            _log.exception("a step of the ladder could not be told")

    def _name(self, rung: int) -> str:
        return self._rungs[rung].name if rung < len(self._rungs) else STILL


def _close(renderer: Renderer | None) -> None:
    """Free what a renderer holds, where it knows how to."""
    close = getattr(renderer, "close", None)
    if close is None:
        return
    try:
        close()
    except Exception:  # noqa: BLE001 — it is thrown away anyhow
        _log.exception("a renderer could not be closed")


def _resized(pictures: Pictures, size: tuple[int, int]) -> Pictures:
    return np.stack([np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR)) for picture in pictures])
