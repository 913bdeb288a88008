"""What time does to payments: the clock calls `sweep` as often as it likes."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.cache import cache

from quotas.payment import inbox, tasks
from quotas.payment.collection import due_collections
from quotas.payment.usage import pushing_workspaces

MINUTE, HOUR = 60, 3600


def sweep(*, now: datetime) -> int:
    """Once a minute, hand to the workers what is to be collected and what the inbox still holds; once an hour, the totals
    to be pushed. Returns how many messages were sent. Sent twice, they do no harm."""
    if not settings.BILLING_ENABLED:
        return 0
    sent = _hand_over(now) if cache.add("payments:swept", True, MINUTE) else 0
    return sent + (_push_all() if cache.add("payments:pushed", True, HOUR) else 0)


def _hand_over(now: datetime) -> int:
    events, invoices = inbox.waiting(now), due_collections(now)
    for event_id in events:
        tasks.process_stripe_event.send(event_id)
    for workspace_id, invoice_id in invoices:
        tasks.collect.send(str(workspace_id), str(invoice_id))
    return len(events) + len(invoices)


def _push_all() -> int:
    workspaces = pushing_workspaces()
    for workspace_id in workspaces:
        tasks.push.send(str(workspace_id))
    return len(workspaces)
