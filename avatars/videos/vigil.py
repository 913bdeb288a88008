"""Since when a step of a video gives no sign of life: what hangs in native code can't be interrupted, so its process must end
(avatars/render/deadline.py). The step is taken again by another one once its lease has run out."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

SILENT_SECONDS = 60.0  # longer than a lease, so that a slow storage alone ends nobody
_lock = threading.Lock()
_signs: dict[int, float] = {}  # when the step of a thread gave its last one, monotonic


@contextmanager
def kept() -> Iterator[None]:
    """A step of this thread, until the end of the block."""
    sign()
    try:
        yield
    finally:
        with _lock:
            _signs.pop(threading.get_ident(), None)


def sign() -> None:
    """The step of this thread goes on."""
    with _lock:
        _signs[threading.get_ident()] = time.monotonic()


def silent_for() -> float:
    """Seconds since the last sign of the process's most silent step; 0 where there is none."""
    with _lock:
        return time.monotonic() - min(_signs.values()) if _signs else 0.0
