"""`manage.py rebuild_usage_daily [--since 2026-11-01]`: sum the ledger by day anew."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from quotas.daily import rebuild_usage_daily


class Command(BaseCommand):
    help = "Make the ledger's sums by day anew; they are derived and may be rebuilt at any time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", type=date.fromisoformat, default=date(1970, 1, 1), help="the first day (UTC) to rebuild")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = rebuild_usage_daily(now=timezone.now(), since=options["since"])
        self.stdout.write(f"{rows} sums written")
