"""The worker that draws in tests: `dramatiq tests.streaming.easel`. Its faces are bars, so that a picture tells its frame."""

from __future__ import annotations

import os
import time

import django
import numpy as np

from avatars.face import CHANNELS
from avatars.render.base import Pictures, Renderer, RenderFailed, Table
from avatars.render.choose import Recipe, build

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from accounts.queue import broker  # noqa: E402
from streaming.frames import studio, tasks, warm  # noqa: E402
from streaming.frames.place import Place  # noqa: E402

JAW = CHANNELS.index("jawOpen")


class Bars:
    """A white picture with a black bar from the left, as wide as the jaw is open; its last rows are darker by eight shades for
    each frame that is drawn in the same go."""

    most = 30

    def __init__(self, side: int) -> None:
        self.size = (side, side)

    def render(self, table: Table) -> Pictures:
        """See Renderer."""
        side = self.size[0]
        pictures = np.full((len(table), side, side, 3), 255, np.uint8)
        for picture, jaw in zip(pictures, table[:, JAW], strict=True):
            picture[:, : round(float(np.clip(jaw, 0, 1)) * side)] = 0
            picture[-8:] = 255 - 8 * len(table)
        return pictures


class Mortal(Bars):
    """Bars that give up after a second or so."""

    drawn = 0

    def render(self, table: Table) -> Pictures:
        """See Renderer."""
        self.drawn += len(table)
        if self.drawn > 12:
            raise RenderFailed("worn_out", "The bars are worn out.")
        return super().render(table)


class Slow(Bars):
    """Bars that need longer than any rate allows, unless they are small."""

    def render(self, table: Table) -> Pictures:
        """See Renderer."""
        time.sleep(0.2 * len(table) if self.size[0] > 200 else 0)
        return super().render(table)


def bars(recipe: Recipe) -> Renderer:
    """Kenji's do not last, Omar's are slow; who stands before something is drawn in earnest."""
    if recipe.look.background:
        return build(recipe)
    return {"kenji": Mortal, "omar": Slow}.get(recipe.asset.stem, Bars)(recipe.size[0])


warm.MAKE = bars
broker.add_middleware(Place())
__all__ = ["broker", "studio", "tasks"]
