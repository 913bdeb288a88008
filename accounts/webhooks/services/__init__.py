"""Writes: endpoints, events to tell, replays. `publish` is what the other rooms call."""

from accounts.webhooks.services.outbox import publish

__all__ = ["publish"]
