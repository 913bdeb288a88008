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

    def render(self, table: Table) -> Pictures:
        what = int(table[:, 1].max(initial=0))
        if what == 1:
            raise ValueError("this can't be painted")
        if what == 2:
            time.sleep(60)
        if what == 3 or (what == 4 and self._mark("died") == 1):
            os._exit(3)
        return np.repeat((table[:, 0] * 100).astype(np.uint8), 6 * 8 * 3).reshape(-1, 6, 8, 3)

    def _mark(self, what: str) -> int:
        """Count that it happened, across processes; how often it has."""
        with (self._plan.marks / f"{self._plan.name}.{what}").open("a") as file:
            file.write("x")
        return (self._plan.marks / f"{self._plan.name}.{what}").stat().st_size


def make(plan: Plan) -> Renderer:
    return Painter(plan)


def rows(*pairs: tuple[float, float]) -> Table:
    table = np.zeros((len(pairs), 57), np.float32)
    table[:, :2] = pairs
    return table
