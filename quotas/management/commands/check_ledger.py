"""`manage.py check_ledger`: ask whether every counter is what the ledger and the open holds say."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from quotas.checks import report_differences


class Command(BaseCommand):
    help = "Compare every counter with the ledger and the open reservations. Exits with 1, and logs each, if any differ."

    def handle(self, *args: Any, **options: Any) -> None:
        found = report_differences()
        for one in found:
            self.stdout.write(f"{one.workspace_id} {one.metric}: {one.counter} is {one.counted}, should be {one.expected}")
        self.stdout.write(f"{len(found)} differences")
        if found:
            sys.exit(1)
