"""`manage.py seed_plans`: write the plans that are missing."""

from typing import Any

from django.core.management.base import BaseCommand

from quotas.plans import seed_plans


class Command(BaseCommand):
    help = "Write the plans of quotas/plans.py that are missing. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        written = seed_plans()
        self.stdout.write(f"{len(written)} plans written: {', '.join(map(str, written)) or 'all were there'}")
