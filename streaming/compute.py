"""One thread that computes for all turns of a process: what is due first is done first.

Turns hold a thread each, and nearly all of them sleep. Were each to compute in its own, a burst of beginnings would divide
the processor among all of them and every one would be late (docs/performance.md). Threads are as many as one process can
keep busy: Python's lock leaves it one core.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from itertools import count
from queue import PriorityQueue
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Lane(Protocol):
    """Where work is done."""

    def run(self, due: float, work: Callable[[], T]) -> T:
        """Do `work` and hand its result or exception on; of what waits, the smallest `due` (monotonic seconds) goes first."""
        ...


class DeadlineLane:
    """Earliest deadline first, one at a time, each to its end."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._waiting: PriorityQueue[tuple[float, int, Callable[[], Any], Future[Any]]] = PriorityQueue()
        self._order = count()  # equal deadlines: first come, first served
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def run(self, due: float, work: Callable[[], T]) -> T:
        """See Lane. A caller that is interrupted meanwhile leaves nothing running: its work is dropped or awaited."""
        self._start()
        done: Future[T] = Future()
        try:
            self._waiting.put((due, next(self._order), work, done))
            return done.result()
        finally:
            if not done.cancel():
                done.exception()  # waits for its end

    def _start(self) -> None:
        """On the first use, so that a process that forks before it has a thread of its own."""
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            _, _, work, done = self._waiting.get()
            if done.set_running_or_notify_cancel():
                _carry_out(work, done)


class OwnThread:
    """For what takes the processor for seconds: the caller's own thread, so that nothing else waits for it."""

    def run(self, due: float, work: Callable[[], T]) -> T:
        """See Lane; nothing waits here."""
        return work()


def _carry_out(work: Callable[[], Any], done: Future[Any]) -> None:
    try:
        done.set_result(work())
    except BaseException as error:  # noqa: BLE001  (whatever it is, it belongs to the caller)
        done.set_exception(error)
