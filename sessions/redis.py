"""The process's Redis connections: what they hold may be lost, Postgres holds the truth."""

from functools import cache

import redis
import redis.asyncio
from django.conf import settings

TIMEOUT_SECONDS = 5.0


@cache
def client() -> redis.Redis:
    """The shared synchronous client (a thread-safe pool)."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS)


def async_client() -> redis.asyncio.Redis:
    """A fresh asynchronous client; it belongs to the event loop that uses it.

    Without health checks: one that a subscriber sends while another task reads would wait for an answer that is not its own.
    """
    made: redis.asyncio.Redis = redis.asyncio.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=TIMEOUT_SECONDS, socket_keepalive=True
    )
    return made
