"""What a process that makes videos does as it starts and ends: it watches itself, and ends if a step hangs."""

from __future__ import annotations

from typing import Any

from dramatiq.middleware import Middleware

from avatars.render.deadline import Deadline
from avatars.render.devices import is_lost
from avatars.videos import vigil


class Place(Middleware):
    """Of the processes of a worker for videos."""

    def __init__(self, limit_s: float = vigil.SILENT_SECONDS) -> None:
        self._deadline = Deadline(vigil.silent_for, limit_s=limit_s, is_lost=is_lost)

    def after_worker_boot(self, *_: Any) -> None:
        """Once in each process."""
        self._deadline.start()

    def before_worker_shutdown(self, *_: Any) -> None:
        """What is under way may take its time to end."""
        self._deadline.stop()
