"""`manage.py import_statement FILE --provider NAME --number NO --month YYYY-MM`: import and compare in one go."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.errors import Problem
from quotas.billing.margin import months
from quotas.billing.reconciliation import reconcile
from quotas.billing.statements import StatementHead, import_statement


class Command(BaseCommand):
    help = "Import a provider's statement of a month (CSV: sku, metric, quantity, cost) and compare it with the ledger."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--provider", required=True)
        parser.add_argument("--number", required=True, help="the provider's own number of the statement")
        parser.add_argument("--month", required=True, type=_month, help="YYYY-MM, UTC")
        parser.add_argument("--currency", default="EUR")
        parser.add_argument("--tolerance-bp", type=int, default=100, help="hundredths of a percent")

    @transaction.atomic
    def handle(self, *args: Any, file: Path, month: Any, **options: Any) -> None:
        month = _month(month) if isinstance(month, str) else month
        start, end = months(month, month)
        names = ("provider", "number", "currency", "tolerance_bp")
        head = StatementHead(starts_at=start, ends_at=end, **{name: options[name] for name in names})
        try:
            statement = import_statement(head=head, text=file.read_text(encoding="utf-8"))
        except Problem as problem:
            raise CommandError(problem.detail) from problem
        for delta in reconcile(statement):
            state = "ok" if delta.within else f"off by {delta.quantity_delta:+}, {delta.cost_delta:+f} {head.currency}"
            self.stdout.write(f"{delta.sku or '-'}\t{delta.metric}\t{state}")
        self.stdout.write(f"{statement}: {statement.state}")


def _month(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m")
