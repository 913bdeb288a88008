"""Signs of life from a worker for the turns that it performs, also while it is busy with a long clause."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import redis.exceptions

from streaming import bus

logger = logging.getLogger(__name__)
BEAT_SECONDS = 1.0


class Heartbeat:
    """Beats for every turn of this process from one thread, which starts with the first turn."""

    def __init__(self) -> None:
        self._turns: set[tuple[str, int]] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @contextmanager
    def of(self, session_id: str, turn: int) -> Iterator[None]:
        """Beat for a turn, at once and then every second."""
        self._join(session_id, turn)
        try:
            bus.beat([(session_id, turn)])
            yield
        finally:
            with self._lock:
                self._turns.discard((session_id, turn))

    def _join(self, session_id: str, turn: int) -> None:
        with self._lock:
            self._turns.add((session_id, turn))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(BEAT_SECONDS):
            with self._lock:
                turns = sorted(self._turns)
            try:
                bus.beat(turns)
            except redis.exceptions.RedisError:
                logger.warning("Could not beat for %d turns.", len(turns))
