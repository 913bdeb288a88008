"""`manage.py push_usage`: tell Stripe's meters the totals now, as the clock does every hour."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from quotas.payment.usage import push_usage, pushing_workspaces


class Command(BaseCommand):
    help = "Pushes the totals of every workspace that pays by Stripe (STRIPE_PUSH_USAGE=on). Repeats change nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        totals = sum(push_usage(workspace_id=workspace_id, now=now) for workspace_id in pushing_workspaces())
        self.stdout.write(f"{totals} totals pushed.")
