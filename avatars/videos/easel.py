"""Where a worker draws: a thread of its own, and the renderer that stays there from one segment to the next, often of the same
video. What it shows may be somebody's own face, so nobody keeps it for later: idle, it is put away."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import TypeVar

from avatars.lanes import DeadlineLane
from avatars.render.base import Renderer

T = TypeVar("T")
IDLE_SECONDS = 10.0  # longer than from one segment to the next
_of_thread = threading.local()


def easel() -> Easel:
    """The one of the thread that asks: a process that has several to take segments draws each by itself."""
    if not hasattr(_of_thread, "easel"):
        _of_thread.easel = Easel()
    made: Easel = _of_thread.easel
    return made


class Easel:
    """Used by one thread at a time. Renderers are made, drawn with and closed on the drawing thread alone: OpenGL wants that."""

    def __init__(self) -> None:
        self._lane = DeadlineLane("drawing")
        self._key: Hashable = None
        self._renderer: Renderer | None = None
        self._visits = 0
        self._timer: threading.Timer | None = None

    def drawn(self, work: Callable[[], T]) -> T:
        """Do `work`, which draws."""
        return self._lane.run(0.0, work)

    def renderer(self, key: Hashable, prepared: Callable[[], Callable[[], Renderer]]) -> Renderer:
        """The renderer that stands here for `key`. Of another one's easel, `prepared` collects in this thread what is needed and
        gives what makes the renderer in the drawing one."""
        self._wait_no_more()
        standing = self.drawn(lambda: self._renderer if key == self._key else None)
        if standing is not None:
            return standing
        make = prepared()
        return self.drawn(lambda: self._put_up(key, make))

    def clear(self) -> None:
        """Put the renderer away."""
        self._wait_no_more()
        self.drawn(self._put_away)

    def rest(self) -> None:
        """Nobody draws at the moment: unless somebody does again within IDLE_SECONDS, the renderer is put away."""
        self._wait_no_more()
        if self._renderer is not None:
            visit = self._visits
            self._timer = threading.Timer(IDLE_SECONDS, self.drawn, [lambda: self._put_away_after(visit)])
            self._timer.daemon = True
            self._timer.start()

    def _wait_no_more(self) -> None:
        self._visits += 1  # a timer that can't be cancelled any more puts nothing away that is in use
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _put_away_after(self, visit: int) -> None:
        if visit == self._visits:
            self._put_away()

    def _put_up(self, key: Hashable, make: Callable[[], Renderer]) -> Renderer:
        self._put_away()
        self._renderer, self._key = make(), key
        return self._renderer

    def _put_away(self) -> None:
        """OpenGL contexts don't go by themselves."""
        close = getattr(self._renderer, "close", None)
        self._renderer = self._key = None
        if close is not None:
            close()
