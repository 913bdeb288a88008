"""The workers' side of paying: events are worked off, open invoices collected, totals pushed."""

from __future__ import annotations

from uuid import UUID

import dramatiq
from django.utils import timezone

import accounts.queue  # noqa: F401  (actors belong to its broker)
from quotas.payment.collection import collect_invoice
from quotas.payment.events import process
from quotas.payment.usage import push_usage


@dramatiq.actor(queue_name="billing", max_retries=5, min_backoff=2_000, max_backoff=300_000, time_limit=180_000)
def process_stripe_event(event_id: str) -> None:
    """Work off one event. Retried here for some minutes, then by the clock for three days."""
    for workspace_id, invoice_id in process(event_id):
        collect.send(str(workspace_id), str(invoice_id))


@dramatiq.actor(queue_name="billing", max_retries=0, time_limit=180_000)
def collect(workspace_id: str, invoice_id: str) -> None:
    """Make the attempt that is due. What dies on the way is due again an hour later."""
    collect_invoice(workspace_id=UUID(workspace_id), invoice_id=UUID(invoice_id), now=timezone.now())


@dramatiq.actor(queue_name="billing", max_retries=0, time_limit=180_000)
def push(workspace_id: str) -> None:
    """Tell Stripe's meters the totals that have changed. What fails is pushed with the next round."""
    push_usage(workspace_id=UUID(workspace_id), now=timezone.now())
