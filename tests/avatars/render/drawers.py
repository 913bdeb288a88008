"""Small renderers whose behaviour is written in the table: for pools, ladders and batches."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from avatars.render.base import Pictures, Renderer, RenderFailed, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a renderer of the pool behaves. `marks`: a folder in which it counts its starts."""

    marks: Path
    name: str = "plain"
    wrong: bool = False


class Painter:
    """Paints each frame in 100 times its first number. The second number: 1 fails, 2 hangs, 3 dies, 4 dies once."""

    size = (8, 6)
    most = 64

    def __init__(self, plan: Plan) -> None:
        if plan.wrong:
            raise RenderFailed("glb_missing", "there is no such head")
        self._plan = plan
        self._mark("made")
        (plan.marks / f"{plan.name}.pid").write_text(str(os.getpid()))

    def render(self, table: Table) -> Pictures:
        what = int(table[:, 1].max(initial=0))
        if what == 1:
            raise ValueError("this can't be painted")
        if what == 2:
            time.sleep(60)
        if what == 3 or (what == 4 and self._mark("died") == 1):
            os._exit(3)
        return np.repeat((table[:, 0] * 100).astype(np.uint8), 6 * 8 * 3).reshape(-1, 6, 8, 3)

    def render_spoken(self, table: Table, samples: Table, fps: float) -> Pictures:
        """Each frame in 100 times the loudest of what sounds while it is shown."""
        self.render(table)
        pieces = [samples[round(row * 16_000 / fps) : round((row + 1) * 16_000 / fps)] for row in range(len(table))]
        loudest = np.array([np.abs(piece).max(initial=0) for piece in pieces])
        return np.repeat((loudest * 100).round().astype(np.uint8), 6 * 8 * 3).reshape(-1, 6, 8, 3)

    def _mark(self, what: str) -> int:
        """Count that it happened, across processes; how often it has."""
        with (self._plan.marks / f"{self._plan.name}.{what}").open("a") as file:
            file.write("x")
        return (self._plan.marks / f"{self._plan.name}.{what}").stat().st_size


def make(plan: Plan) -> Renderer:
    return Painter(plan)


class Deaf:
    """Paints everything in the same shade, whatever is said."""

    size = (8, 6)
    most = 64

    def render(self, table: Table) -> Pictures:
        return np.full((len(table), 6, 8, 3), 7, np.uint8)


def make_deaf(plan: Plan) -> Renderer:
    return Deaf()


def rows(*pairs: tuple[float, float]) -> Table:
    table = np.zeros((len(pairs), 57), np.float32)
    table[:, :2] = pairs
    return table
