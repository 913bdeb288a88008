"""The message broker. Actors that touch tenant-owned rows take `workspace_id` first and run inside its scope.

Figures behind the settings (polling, prefetch, redelivery): docs/performance.md.
"""

from __future__ import annotations

from typing import Any

import dramatiq
from django.conf import settings
from django.db import close_old_connections
from dramatiq.middleware import AgeLimit, Callbacks, CurrentMessage, Middleware, Retries, ShutdownNotifications, TimeLimit

from accounts.waking import WakingBroker


class DatabaseConnections(Middleware):
    """Gives broken or expired connections back before and after each message."""

    def before_process_message(self, *_: Any) -> None:
        close_old_connections()

    def after_process_message(self, *_: Any, **__: Any) -> None:
        close_old_connections()


broker = WakingBroker(  # type: ignore[no-untyped-call]
    url=settings.REDIS_URL,
    namespace="queue",
    heartbeat_timeout=10_000,
    maintenance_chance=1_000_000,  # look for messages of dead workers at every poll
    dead_message_ttl=3_600_000,  # they hold what people said
    middleware=[
        AgeLimit(),
        TimeLimit(),
        ShutdownNotifications(),
        Callbacks(),
        Retries(max_retries=5),
        CurrentMessage(),
        DatabaseConnections(),
    ],
)
dramatiq.set_broker(broker)
