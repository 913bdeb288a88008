"""`manage.py clock`: the session clock. Run as many as you like; one leads, the others stand by."""

import signal
from typing import Any

from django.core.management.base import BaseCommand

from sessions.clock import Clock


class Command(BaseCommand):
    help = "Run the session clock until SIGINT or SIGTERM."

    def handle(self, *args: Any, **options: Any) -> None:
        clock = Clock()
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: clock.stopping.set())
        clock.run()
