"""Ends a process whose drawing hangs or whose graphics card is lost, so that its supervisor starts it anew: no thread of it could
free the one that draws."""

from __future__ import annotations

import faulthandler
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

STUCK_SECONDS = 30.0  # no renderer takes as long; another process may do better
BEAT_SECONDS = 1.0
_STDERR = 2  # Python's own may be a pipe that needs a thread to empty it


def _never() -> bool:
    return False


@dataclass(slots=True)
class Deadline:
    """`busy_for`: how many seconds the work of the moment takes already. A process ends, with what each of its threads does on
    its standard error, when that exceeds `limit_s`, when this can't run for as long (native code may hold Python's lock), or
    when `is_lost` says that nothing can be drawn in it any more."""

    busy_for: Callable[[], float]
    limit_s: float = STUCK_SECONDS
    beat_s: float = BEAT_SECONDS
    is_lost: Callable[[], bool] = _never
    _stopping: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """From now on."""
        threading.Thread(target=self._run, name="deadline", daemon=True).start()

    def stop(self) -> None:
        """No longer."""
        self._stopping.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            left = self.limit_s - self.busy_for()
            faulthandler.dump_traceback_later(max(0.01, left), exit=True, file=_STDERR)
            if self.is_lost():
                _end()
            self._stopping.wait(self.beat_s)
        faulthandler.cancel_dump_traceback_later()


def _end() -> None:
    os.write(_STDERR, b"The graphics card is lost to this process.\n")
    faulthandler.dump_traceback(_STDERR)
    os._exit(1)
