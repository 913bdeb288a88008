"""Signs of life from a worker for the turns that it performs, also while it is busy with a long clause."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import redis.exceptions

from streaming import bus

logger = logging.getLogger(__name__)
BEAT_SECONDS = 1.0
STUCK_SECONDS = 30.0  # no clause takes as long on a machine that can speak at all


class Heartbeat:
    """Beats for every turn of this process from one thread, which starts with the first turn. A turn that makes no progress
    is beaten for no more, so that its session learns that it is lost."""

    def __init__(self) -> None:
        self._turns: dict[tuple[str, int], float] = {}  # when each made progress last, monotonic
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @contextmanager
    def of(self, session_id: str, turn: int) -> Iterator[Callable[[], None]]:
        """Beat for a turn, at once and then every second, while it calls what it is given: its sign of progress."""
        self._join(session_id, turn)
        try:
            bus.beat([(session_id, turn)])
            yield lambda: self._progress(session_id, turn)
        finally:
            with self._lock:
                self._turns.pop((session_id, turn), None)

    def _join(self, session_id: str, turn: int) -> None:
        self._progress(session_id, turn)
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
                self._thread.start()

    def _progress(self, session_id: str, turn: int) -> None:
        with self._lock:
            self._turns[session_id, turn] = time.monotonic()

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(BEAT_SECONDS):
            turns = self._alive(time.monotonic())
            try:
                bus.beat(turns)
            except redis.exceptions.RedisError:
                logger.warning("Could not beat for %d turns.", len(turns))

    def _alive(self, now: float) -> list[tuple[str, int]]:
        with self._lock:
            silent = {turn: now - last for turn, last in self._turns.items()}
        for (session_id, turn), seconds in silent.items():
            if STUCK_SECONDS < seconds <= STUCK_SECONDS + BEAT_SECONDS:
                logger.error("Turn %d of session %s is stuck: no progress for %.0f s.", turn, session_id, seconds)
        return sorted(turn for turn, seconds in silent.items() if seconds <= STUCK_SECONDS)
