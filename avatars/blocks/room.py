"""Room to compute: a web process also carries live sessions, so few calls compute at once and the others wait."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from avatars.blocks.errors import Busy

T = TypeVar("T")
AT_ONCE = 2
PATIENCE_SECONDS = 20.0
_places = threading.BoundedSemaphore(AT_ONCE)
_thread = threading.local()


@contextmanager
def room() -> Iterator[None]:
    """One of the process's places for the work inside; raises Busy when none becomes free in time.

    Who has a place has it for what is nested, too: two that wait for a second one would wait for each other.
    """
    if getattr(_thread, "has_place", False):
        yield
        return
    if not _places.acquire(timeout=PATIENCE_SECONDS):
        raise Busy
    _thread.has_place = True
    try:
        yield
    finally:
        _thread.has_place = False
        _places.release()


def each_in_room(steps: Iterator[T]) -> Iterator[T]:
    """`steps`, each computed in a place that is given back before it is handed on: a slow reader keeps none."""
    while True:
        with room():
            step = next(steps, None)
        if step is None:
            return
        yield step
