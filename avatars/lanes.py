"""One thread that computes or draws for all that a process has to do: what is due first is done first.

Turns hold a thread each, and nearly all of them sleep. Were each to compute in its own, a burst of beginnings would divide
the processor among all of them and every one would be late (docs/performance.md). Threads are as many as one process can
keep busy: Python's lock leaves it one core.

Dramatiq interrupts a turn's thread by an asynchronous exception, anywhere. Therefore a caller shares with the computing
thread no lock that it could leave locked, but a queue that is atomic and a gate that only the computing thread opens.
"""

from __future__ import annotations

import threading
import time
from _thread import start_new_thread
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from queue import SimpleQueue
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")
WAKE_SECONDS = 1.0  # an asynchronous exception is raised only in a thread that runs
LEAVE_SECONDS = 4.0  # less than what a worker that stops leaves its threads (config/processes.py)


class Lane(Protocol):
    """Where work is done."""

    def run(self, due: float, work: Callable[[], T]) -> T:
        """Do `work` and hand its result or exception on; of what waits, the smallest `due` (monotonic seconds) goes first."""
        ...


class DeadlineLane:
    """Earliest deadline first, one at a time, each to its end."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._arriving: SimpleQueue[tuple[float, int, Call[Any]]] = SimpleQueue()
        self._order = count()  # equal deadlines: first come, first served
        self._starting = threading.Lock()
        self._is_started = False
        self._begun_at: float | None = None

    def busy_for(self) -> float:
        """Seconds that the work of the moment takes already."""
        begun_at = self._begun_at
        return 0.0 if begun_at is None else time.monotonic() - begun_at

    def run(self, due: float, work: Callable[[], T]) -> T:
        """See Lane. Of a caller that is interrupted meanwhile, the work is dropped, or awaited for LEAVE_SECONDS."""
        self._start()
        call = Call(work)
        try:
            self._arriving.put((due, next(self._order), call))
            return call.result()
        finally:
            call.leave()

    def _start(self) -> None:
        """On the first use, so that a process that forks before it has a thread of its own.

        Thread.start waits until the new thread has said so; interrupted there, it could leave that one waiting for good.
        """
        with self._starting:
            if not self._is_started:
                start_new_thread(self._work, ())
                self._is_started = True

    def _work(self) -> None:
        threading.current_thread().name = self._name
        waiting: list[tuple[float, int, Call[Any]]] = []
        while True:
            while not waiting or not self._arriving.empty():
                heappush(waiting, self._arriving.get())
            self._begun_at = time.monotonic()
            heappop(waiting)[2].carry_out()
            self._begun_at = None


class Call(Generic[T]):
    """Work on its way through a lane, and what became of it."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._gate = threading.Lock()
        self._gate.acquire()
        self._begun = self._done = self._dropped = False
        self._result: T
        self._error: BaseException | None = None

    def carry_out(self) -> None:
        """Do the work, unless nobody waits for it; its error belongs to who does."""
        self._begun = True  # before the look at `_dropped`, as `leave` does it the other way round
        try:
            if not self._dropped:
                self._result = self._work()
        except BaseException as error:  # noqa: BLE001  (whatever it is)
            self._error = error
        finally:
            self._done = True
            self._gate.release()

    def result(self) -> T:
        """Wait for the end; returns what the work returned, or raises what it raised."""
        while not self._gate.acquire(timeout=WAKE_SECONDS):
            continue
        if self._error is not None:
            raise self._error
        return self._result

    def leave(self) -> None:
        """Nobody waits any more: what has not begun never will, what has may end first."""
        self._dropped = True
        if self._begun and not self._done:
            self._gate.acquire(timeout=LEAVE_SECONDS)


class OwnThread:
    """For what takes the processor for seconds: the caller's own thread, so that nothing else waits for it."""

    def run(self, due: float, work: Callable[[], T]) -> T:
        """See Lane; nothing waits here."""
        return work()
