"""What the leading clock does beside the sessions, in a thread of its own: a month's invoices must not delay a renewal."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import close_old_connections
from django.utils import timezone

from accounts.webhooks import clock as webhooks
from avatars.services import orphans
from avatars.services import sweeping as avatars
from avatars.videos import clock as videos
from quotas import checks
from quotas.billing import clock as billing

logger = logging.getLogger(__name__)
LOOK_SECONDS = 1.0
STOP_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """Something to be done every so many seconds. Done twice at once, by two clocks, it does no harm."""

    name: str
    every_seconds: float
    work: Callable[[datetime], Any]


CHORES = (
    Chore(name="webhooks", every_seconds=5, work=webhooks.sweep),
    Chore(name="billing", every_seconds=15, work=lambda now: billing.sweep(now=now)),
    Chore(name="avatars", every_seconds=30, work=avatars.sweep),
    Chore(name="videos", every_seconds=5, work=videos.sweep),
    Chore(name="orphans", every_seconds=3_600, work=orphans.sweep),
    Chore(name="daily", every_seconds=600, work=checks.daily),
)


@dataclass
class Chores:
    """Does chores while `leads()`; one that fails is logged and comes again in its time."""

    leads: Callable[[], bool]
    chores: Sequence[Chore] = CHORES
    _stopping: threading.Event = field(default_factory=threading.Event)
    _due: dict[str, float] = field(default_factory=dict)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="chores", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish what is under way, within STOP_SECONDS."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)

    def look(self, moment: float) -> None:
        """Do what is due at `moment` (monotonic seconds)."""
        for chore in self.chores:
            if self.leads() and not self._stopping.is_set() and moment >= self._due.get(chore.name, 0.0):
                self._due[chore.name] = moment + chore.every_seconds
                self._do(chore)

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            self.look(time.monotonic())

    def _do(self, chore: Chore) -> None:
        try:
            chore.work(timezone.now())
        except Exception:
            logger.exception("The clock could not do %s; it tries again in %d s.", chore.name, chore.every_seconds)
        finally:
            close_old_connections()
