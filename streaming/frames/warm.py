"""Renderers that stay loaded and draw for all sessions of a process: one at a time, or on CUDA many sessions' frames at once.

What draws needs torch and is imported when it is used, on the drawing thread: only workers for pictures do.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from functools import cache, partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from django.conf import settings

from avatars.lanes import DeadlineLane
from avatars.render.base import Pictures, Renderer, Table
from avatars.render.batching import Batcher
from avatars.render.choose import Recipe, build, device

T = TypeVar("T")
KEPT = 8  # renderers of a process that stay loaded
TOGETHER = 32  # frames drawn at once where sessions are batched
COMPANY_S = 0.03  # the longest that frames wait for those of other sessions
ANSWER_S = 30.0  # no renderer takes as long
MAKE: Callable[[Recipe], Renderer] = build
_LANE = DeadlineLane("drawing")
_renderers: dict[Recipe, Shared] = {}


class Shared:
    """A renderer that several sessions use; none of them closes it."""

    def __init__(self, renderer: Renderer) -> None:
        self.size, self.most, self._renderer = renderer.size, renderer.most, renderer

    def render(self, table: Table) -> Pictures:
        """See Renderer."""
        return self._renderer.render(table)


@cache
def batches() -> bool:
    """Whether frames of several sessions are drawn in one go: where torch draws on CUDA, or as the setting says."""
    wish = settings.RENDER_BATCH
    return device() == "cuda" if wish == "auto" else wish in {"1", "on"}


def drawn(due: float, work: Callable[[], T]) -> T:
    """Do `work`, which draws, in its turn among the sessions: what is due (monotonic seconds) first."""
    return work() if batches() else _LANE.run(due, work)


def busy_for() -> float:
    """Seconds that the renderer of the moment takes already."""
    return _LANE.busy_for()


def let_go(files: Collection[Path]) -> None:
    """Nobody draws from these files any more: the renderers that were made of them go. What they show is somebody's own, and
    whoever deletes it may count on that."""
    if files:
        _LANE.run(time.monotonic(), lambda: _drop(files))


def maker(due: Callable[[], float]) -> Callable[[Recipe], Renderer]:
    """What gives a session its renderers; `due` says when that which it draws at the moment is needed."""
    return partial(Seat, due=due) if batches() else _warm


class Seat:
    """One session's place among those that a recipe is drawn for together. It is left by close()."""

    most = TOGETHER

    def __init__(self, recipe: Recipe, *, due: Callable[[], float]) -> None:
        self.size, self._recipe, self._due = recipe.size, recipe, due
        self._batcher: Batcher | None = _COMPANY.join(recipe)

    def render(self, table: Table) -> Pictures:
        """See Renderer."""
        if self._batcher is None:
            self._batcher = _COMPANY.join(self._recipe)
        patience = min(COMPANY_S, max(0.0, self._due() - time.monotonic()))
        return self._batcher.submit(table, within_s=patience).result(ANSWER_S)

    def close(self) -> None:
        """Leave the others; the renderer stays warm."""
        if self._batcher is not None:
            self._batcher = None
            _COMPANY.leave(self._recipe)


class Company:
    """Who is drawn together: a batcher for each recipe, as long as anybody sits there."""

    def __init__(self) -> None:
        self._seats: dict[Recipe, tuple[Batcher, int]] = {}
        self._lock = threading.Lock()

    def join(self, recipe: Recipe) -> Batcher:
        """Sit down."""
        with self._lock:
            batcher, seats = self._seats.get(recipe) or (Batcher(partial(_together, recipe), most=TOGETHER), 0)
            self._seats[recipe] = batcher, seats + 1
            return batcher

    def leave(self, recipe: Recipe) -> None:
        """Get up; the last one turns off the light."""
        with self._lock:
            batcher, seats = self._seats.pop(recipe)
            if seats > 1:
                self._seats[recipe] = batcher, seats - 1
        if seats == 1:
            batcher.close()


_COMPANY = Company()


def _together(recipe: Recipe, table: Table) -> Pictures:
    """Frames of several sessions, on the drawing thread as it is one device."""
    return _LANE.run(time.monotonic(), lambda: _in_parts(_warm(recipe), table))


def _in_parts(renderer: Renderer, table: Table) -> Pictures:
    parts = [table[start : start + renderer.most] for start in range(0, len(table), renderer.most)]
    return np.concatenate([renderer.render(part) for part in parts])


def _drop(files: Collection[Path]) -> None:
    for recipe in [one for one in _renderers if one.asset in files or Path(one.look.background) in files]:
        del _renderers[recipe]


def _warm(recipe: Recipe) -> Renderer:
    """The renderer that is there already, or a new one in place of the one unused longest. On the drawing thread alone."""
    renderer = _renderers.pop(recipe, None) or Shared(MAKE(recipe))
    _renderers[recipe] = renderer
    while len(_renderers) > KEPT:
        del _renderers[next(iter(_renderers))]
    return renderer
