"""Writes: endpoints, events to tell, replays. `publish` is what the other rooms call."""

from accounts.webhooks.services.endpoints import (
    Sealed,
    endpoint_create,
    endpoint_delete,
    endpoint_rotate,
    endpoint_update,
)
from accounts.webhooks.services.outbox import publish
from accounts.webhooks.services.replays import delivery_replay, endpoint_replay_failed, endpoint_test

__all__ = [
    "Sealed",
    "delivery_replay",
    "endpoint_create",
    "endpoint_delete",
    "endpoint_replay_failed",
    "endpoint_rotate",
    "endpoint_test",
    "endpoint_update",
    "publish",
]
