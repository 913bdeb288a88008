"""`manage.py close_periods`: close what is due, now. The clock does the same all the time."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from quotas.billing.closing import close_due


class Command(BaseCommand):
    help = "Close every period that has ended, and issue its invoice."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--at-once", type=int, default=100, help="how many to claim at a time")

    def handle(self, *args: Any, **options: Any) -> None:
        """Rounds until nothing is due: a period that was missed long ago is followed by others."""
        now, closed = timezone.now(), 0
        while step := close_due(now=now, limit=options["at_once"]):
            closed += step
        self.stdout.write(f"{closed} periods closed.")
