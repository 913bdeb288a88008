"""Warm renderer processes: one torch thread each, a bounded queue, a limit on every wait, the dead replaced."""

from __future__ import annotations

import logging
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Any, Final, TypeVar

import numpy as np

from avatars.render.base import Pictures, Renderer, RenderFailed, Spoken, Table
from avatars.render.memory import keep_freed

_log = logging.getLogger(__name__)
_SPAWN: Final = multiprocessing.get_context("spawn")
_KEPT: Final = 4
"""Renderers a process keeps warm."""
_ROWS: Final = 64
"""Rows sent at once: their pictures are as much as a pipe should carry in one piece."""
_RATE: Final = 16_000
_AFTER_S: Final = 0.5
"""Sound sent beyond the last row of a part: a frame looks ahead, by 0.2 s at most."""

Build = Callable[[Any], Renderer]
Kept = TypeVar("Kept")


class Died(Exception):
    """A process ended while it drew."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Work:
    """What a process is asked to draw; `samples` (n,) at 16 kHz sound from the first row on, at `fps` rows a second."""

    recipe: Hashable
    table: Table
    samples: Table | None = None
    fps: float = 0.0

    def parts(self) -> Iterator[Work]:
        """The same in pieces of a few rows, each with the sound that its rows hear."""
        for start in range(0, max(1, len(self.table)), _ROWS):
            rows = self.table[start : start + _ROWS]
            yield replace(self, table=rows, samples=self._heard(start, len(rows)))

    def _heard(self, start: int, rows: int) -> Table | None:
        if self.samples is None:
            return None
        begin, end = start / self.fps, (start + rows) / self.fps + _AFTER_S
        return self.samples[round(begin * _RATE) : round(end * _RATE)]

    def drawn_by(self, renderer: Renderer) -> Pictures:
        """By one that hears nothing, without the sound."""
        if self.samples is not None and isinstance(renderer, Spoken):
            return renderer.render_spoken(self.table, self.samples, self.fps)
        return renderer.render(self.table)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`processes` draw; `waiting` callers may wait for one, `wait_s` at most; a batch may take `draw_s`, the first of a
    renderer, which loads it, `load_s`."""

    processes: int = 1
    waiting: int = 16
    wait_s: float = 10.0
    draw_s: float = 30.0
    load_s: float = 120.0


class RenderPool:
    """Draws for many threads. `build` makes a renderer of a recipe; both must pickle, the recipe must hash."""

    def __init__(self, build: Build, limits: Limits | None = None) -> None:
        self._build, self._limits = build, limits or Limits()
        self._free = [_Process(build) for _ in range(self._limits.processes)]
        self._waiting = 0
        self._closed = False
        self._changed = threading.Condition()

    @property
    def busy(self) -> bool:
        """Whether no process is free."""
        return not self._free

    def render(self, recipe: Hashable, table: Table) -> Pictures:
        """Pictures (T, H, W, 3).

        Raises RenderFailed: the renderer's own, or `busy`, `timeout`, `died` (twice on the same work), `closed`.
        """
        return self._drawn(Work(recipe=recipe, table=table))

    def render_spoken(self, recipe: Hashable, table: Table, samples: Table, fps: float) -> Pictures:
        """As render, while `samples` sound (see base.Spoken). Raises what render raises."""
        return self._drawn(Work(recipe=recipe, table=table, samples=samples, fps=fps))

    def _drawn(self, work: Work) -> Pictures:
        return np.concatenate([self._twice(part) for part in work.parts()])

    def close(self) -> None:
        """End all processes; those that draw end with their batch."""
        with self._changed:
            self._closed = True
            free, self._free = self._free, []
            self._changed.notify_all()
        for process in free:
            process.stop()

    def _twice(self, work: Work) -> Pictures:
        try:
            return self._once(work)
        except Died:
            _log.warning("a renderer process died; its work is repeated once")
        try:
            return self._once(work)
        except Died as problem:
            raise RenderFailed("died", "the renderer's process died twice on the same work") from problem

    def _once(self, work: Work) -> Pictures:
        process = self._taken(work.recipe)
        limit = self._limits.draw_s if work.recipe in process.warm else self._limits.load_s
        try:
            return process.draw(work, limit)
        finally:
            self._give_back(process)

    def _taken(self, recipe: Hashable) -> _Process:
        """A free process, one that has the recipe warm before others."""
        until = time.monotonic() + self._limits.wait_s
        with self._changed:
            if self._waiting >= self._limits.waiting:
                raise RenderFailed("busy", f"{self._waiting} others wait for a renderer")
            self._waiting += 1
            try:
                while not self._free:
                    if self._closed:
                        break
                    if not self._changed.wait(until - time.monotonic()):
                        raise RenderFailed("busy", f"no renderer was free for {self._limits.wait_s} s")
            finally:
                self._waiting -= 1
            if self._closed:
                raise RenderFailed("closed", "the pool was closed")
            best = max(range(len(self._free)), key=lambda i: recipe in self._free[i].warm)
            return self._free.pop(best)

    def _give_back(self, process: _Process) -> None:
        whole = process if process.alive else self._replaced(process)
        with self._changed:
            if not self._closed:
                self._free.append(whole)
                self._changed.notify()
                return
        whole.stop()

    def _replaced(self, dead: _Process) -> _Process:
        """A new process; when the system has none to give, the dead one, which will be replaced when it is asked to draw."""
        try:
            return _Process(self._build)
        except OSError:
            _log.exception("a renderer process could not be started")
            return dead


class Pooled:
    """A recipe of a pool as a Renderer, to be put into a ladder. `size`: width and height of the recipe's pictures."""

    most = _ROWS

    def __init__(self, pool: RenderPool, recipe: Hashable, size: tuple[int, int]) -> None:
        self.size = size
        self._pool, self._recipe = pool, recipe

    def render(self, table: Table) -> Pictures:
        """As RenderPool.render."""
        return self._pool.render(self._recipe, table)

    def render_spoken(self, table: Table, samples: Table, fps: float) -> Pictures:
        """As RenderPool.render_spoken."""
        return self._pool.render_spoken(self._recipe, table, samples, fps)


class _Process:
    """One process and its pipe, used by one thread at a time."""

    def __init__(self, build: Build) -> None:
        self._pipe, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_serve, args=(theirs, build), daemon=True, name="renderer")
        self._process.start()
        theirs.close()
        self.alive = True
        self.warm: dict[Hashable, None] = {}

    def draw(self, work: Work, limit_s: float) -> Pictures:
        """Raises Died, or RenderFailed (`timeout` when the limit passes: the process is ended)."""
        answer = self._asked(work, limit_s)
        if isinstance(answer, RenderFailed):
            raise answer
        _remember(self.warm, work.recipe, None)
        return answer

    def _asked(self, work: Work, limit_s: float) -> Pictures | RenderFailed:
        """What the process answers. One that does not even listen is ended as well: sound is more than a pipe's buffer holds."""
        deaf = threading.Timer(limit_s, self._process.kill)
        deaf.start()
        try:
            self._pipe.send(work)
            if self._pipe.poll(limit_s):
                answer: Pictures | RenderFailed = self._pipe.recv()
                return answer
        except (EOFError, OSError) as problem:
            self.stop()
            if deaf.finished.is_set():
                raise _too_late(limit_s) from problem
            raise Died from problem
        finally:
            deaf.cancel()
        self.stop()
        raise _too_late(limit_s)

    def stop(self) -> None:
        """End the process and wait for its end."""
        self.alive = False
        self._pipe.close()
        self._process.kill()
        self._process.join(5)


def _too_late(limit_s: float) -> RenderFailed:
    return RenderFailed("timeout", f"no pictures within {limit_s} s")


def _serve(pipe: Connection, build: Build) -> None:
    """A process's life: draw what comes until the other end is closed."""
    os.environ |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "LP_NUM_THREADS": "1"}  # torch, and OpenGL in software
    keep_freed()
    kept: dict[Hashable, Renderer] = {}
    while True:
        try:
            pipe.send(_answer(kept, build, pipe.recv()))
        except (EOFError, OSError):
            return


def _answer(kept: dict[Hashable, Renderer], build: Build, work: Work) -> Pictures | RenderFailed:
    try:
        renderer = kept[work.recipe] if work.recipe in kept else build(work.recipe)
        _remember(kept, work.recipe, renderer)
        return work.drawn_by(renderer)
    except RenderFailed as problem:
        return problem
    except Exception as problem:  # noqa: BLE001 — the caller, in another process, gets it
        _log.exception("a renderer failed")
        return RenderFailed("render_error", f"{type(problem).__name__}: {problem}")


def _remember(kept: dict[Hashable, Kept], recipe: Hashable, value: Kept) -> None:
    """Put it last, and let go of the one not used for longest. Both ends of the pipe count alike."""
    kept.pop(recipe, None)
    kept[recipe] = value
    while len(kept) > _KEPT:
        close = getattr(kept.pop(next(iter(kept))), "close", None)
        if close is not None:
            close()
