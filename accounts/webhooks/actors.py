"""The queue `webhooks`: one message an attempt. A lost message is made up for by the clock (accounts/webhooks/clock.py)."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import dramatiq
from django.db import transaction

from accounts.queue import broker
from accounts.webhooks.addresses import Policy
from accounts.webhooks.delivery import Wake, attempt
from accounts.webhooks.wire import Wire


@dramatiq.actor(broker=broker, queue_name="webhooks", max_retries=0, time_limit=120_000)
def deliver_webhook(workspace_id: str, delivery_id: str) -> None:
    """Make the next attempt of a delivery, then see that others of its endpoint get their turn."""
    wire = Wire(policy=Policy.configured())
    wake(UUID(workspace_id), attempt(workspace_id=UUID(workspace_id), delivery_id=UUID(delivery_id), wire=wire))


def wake(workspace_id: UUID, wakes: Iterable[Wake]) -> None:
    """Ask workers to look at these deliveries of the workspace."""
    for one in wakes:
        arguments = (str(workspace_id), str(one.delivery_id))
        deliver_webhook.send_with_options(args=arguments, delay=one.delay_ms or None)


def wake_on_commit(workspace_id: UUID, delivery_ids: Iterable[UUID]) -> None:
    """The same, once the current transaction has committed; a queue that is away can't undo what has been saved."""
    wakes = [Wake(delivery_id=delivery_id) for delivery_id in delivery_ids]
    if wakes:
        transaction.on_commit(lambda: wake(workspace_id, wakes), robust=True)
