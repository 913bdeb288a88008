"""What a process that draws does as it starts and ends: it yields to what speaks, joins the roster, and ends if it hangs."""

from __future__ import annotations

import os
from typing import Any

from dramatiq.middleware import Middleware

from avatars.render.deadline import Deadline
from avatars.render.devices import is_lost
from streaming.frames import warm
from streaming.frames.tasks import roster

NICENESS = 5  # of 19: where the processor is full, a spoken second is ready before a drawn one


class Place(Middleware):
    """Of the processes of a worker for pictures."""

    def __init__(self) -> None:
        self._deadline = Deadline(warm.busy_for, is_lost=is_lost)

    def after_worker_boot(self, *_: Any) -> None:
        """Once in each process."""
        os.nice(NICENESS)
        roster.start()
        self._deadline.start()

    def before_worker_shutdown(self, *_: Any) -> None:
        """Sessions go elsewhere from now on."""
        roster.stop()
        self._deadline.stop()
