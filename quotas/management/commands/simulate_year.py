"""`manage.py simulate_year --workspaces 1000 --seed 1`: a simulated year's invoices against a recomputation.

It runs on scratch servers of its own (benchmarks/year), never on the database that the settings name.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "Simulate a year of traffic on scratch servers and compare every invoice with an independent recomputation."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--workspaces", type=int, default=1_000)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--days", type=int, default=366)
        parser.add_argument("--start", default="2027-12-31")
        parser.add_argument("--processes", type=int, default=2)

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError where an invoice differs."""
        wanted = [f"--{name}={options[name]}" for name in ("workspaces", "seed", "days", "start", "processes")]
        done = subprocess.run([sys.executable, "-m", "benchmarks.year", *wanted], cwd=settings.BASE_DIR, check=False)
        if done.returncode:
            raise CommandError("The simulated year does not add up.", returncode=done.returncode)
