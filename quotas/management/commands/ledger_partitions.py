"""`manage.py ledger_partitions`: make the ledger's partitions of the months to come. `migrate` does it, too."""

from typing import Any

from django.core.management.base import BaseCommand

from quotas.partitions import ensure_partitions


class Command(BaseCommand):
    help = "Create the ledger's missing monthly partitions. Run it as the role that owns the tables, once a year or more."

    def handle(self, *args: Any, **options: Any) -> None:
        made = ensure_partitions()
        self.stdout.write(f"{len(made)} partitions created: {', '.join(made) or 'all were there'}")
