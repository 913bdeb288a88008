"""The process's Redis connections: what they hold may be lost, Postgres holds the truth."""

import socket
from functools import cache
from typing import Any

import redis
import redis.asyncio
import redis.asyncio.retry
from django.conf import settings
from redis.backoff import ExponentialWithJitterBackoff, NoBackoff
from redis.retry import Retry

TIMEOUT_SECONDS = 5.0
# A connection whose other end vanished without a word is given up after half a minute: an idle one by the probes, one with
# something on its way by the user timeout (milliseconds). Names that a system lacks are left out.
_KEEPALIVE = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 30_000}


@cache
def client() -> redis.Redis:
    """The shared synchronous client (a thread-safe pool). It tries once more on a connection that Redis has closed; what
    timed out is not repeated, so no call takes longer than about ten seconds."""
    once_more = Retry(ExponentialWithJitterBackoff(cap=0.2, base=0.05), 1, supported_errors=(redis.ConnectionError,))
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=TIMEOUT_SECONDS, retry=once_more, **_connecting())


def async_client() -> redis.asyncio.Redis:
    """A fresh asynchronous client for subscribers; it belongs to the event loop that uses it.

    A lost connection is an error at once: to reconnect in silence would hide that messages were missed. No read timeout,
    as there may be nothing to hear for hours. No health checks: one that a subscriber sends while another task reads
    would wait for an answer that is not its own. RESP2: for RESP3 redis-py writes every message out as text for a log
    that nobody reads, a fifth of a gateway's time.
    """
    never = redis.asyncio.retry.Retry(NoBackoff(), 0)
    made: redis.asyncio.Redis = redis.asyncio.Redis.from_url(settings.REDIS_URL, protocol=2, retry=never, **_connecting())
    return made


def _connecting() -> dict[str, Any]:
    if settings.REDIS_URL.startswith("unix:"):
        return {}
    options = {getattr(socket, name): value for name, value in _KEEPALIVE.items() if hasattr(socket, name)}
    return {"socket_connect_timeout": TIMEOUT_SECONDS, "socket_keepalive": True, "socket_keepalive_options": options}
