"""Who draws which session in this process: leases that one thread renews, also while a renderer takes seconds to load."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import redis.exceptions

from avatars.render.deadline import STUCK_SECONDS
from streaming.frames import bus as frames_bus

logger = logging.getLogger(__name__)
BEAT_SECONDS = 1.0


@dataclass(slots=True, eq=False)
class Lease:
    """The right to draw a session. `is_lost`: somebody else has it, or may."""

    session_id: str
    drawer: str
    is_lost: bool = False
    progress_at: float = field(default_factory=time.monotonic)

    def progress(self) -> None:
        """The drawing goes on."""
        self.progress_at = time.monotonic()

    def renew(self) -> None:
        """Keep it, unless nothing goes on."""
        is_stuck = time.monotonic() - self.progress_at > STUCK_SECONDS
        self.is_lost = self.is_lost or is_stuck or not frames_bus.renew_lease(self.session_id, self.drawer)


class Leases:
    """All leases of the process; the thread starts with the first one."""

    def __init__(self) -> None:
        self._held: set[Lease] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @contextmanager
    def hold(self, session_id: str, drawer: str) -> Iterator[Lease | None]:
        """The session's lease until the end of the block; None where another worker has it."""
        if not frames_bus.take_lease(session_id, drawer):
            yield None
            return
        lease = Lease(session_id, drawer)
        self._join(lease)
        try:
            yield lease
        finally:
            with self._lock:
                self._held.discard(lease)
            frames_bus.release_lease(session_id, drawer)

    def _join(self, lease: Lease) -> None:
        with self._lock:
            self._held.add(lease)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="leases", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(BEAT_SECONDS):
            with self._lock:
                held = list(self._held)
            try:
                for lease in held:
                    lease.renew()
            except redis.exceptions.RedisError:
                logger.warning("Could not renew %d leases.", len(held))
