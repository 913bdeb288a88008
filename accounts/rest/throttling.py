"""Rate limits: an atomic moving window in Redis, announced in the standard headers.

Headers follow draft-ietf-httpapi-ratelimit-headers: `RateLimit-Policy` and `RateLimit`.
"""

from __future__ import annotations

import time
from functools import cache
from typing import Any

from django.conf import settings
from limits import RateLimitItem, parse
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.addresses import client_ip

BAD_KEYS = parse("20/minute")


@cache
def limiter() -> MovingWindowRateLimiter:
    """The process's limiter; Redis makes it one limit for all processes."""
    return MovingWindowRateLimiter(storage_from_string(settings.REDIS_URL))


class AccessThrottle(BaseThrottle):
    """`API_RATE_LIMIT` requests per key, person or — before either is known — address."""

    def __init__(self) -> None:
        self.reset = 0.0

    def allow_request(self, request: Request, view: Any) -> bool:
        limit: RateLimitItem = parse(settings.API_RATE_LIMIT)
        access: Any = request.auth
        key = access.throttle_key if access else _address(request)
        allowed = limiter().hit(limit, "api", key)
        window = limiter().get_window_stats(limit, "api", key)
        self.reset = max(0.0, window.reset_time - time.time())
        request._request.rate_limit = (limit, window.remaining, int(self.reset) + 1)  # type: ignore[attr-defined]
        return bool(allowed)

    def wait(self) -> float:
        return self.reset


def refuse_guessers(request: Request) -> None:
    """Raise Throttled for an address that has sent too many bad keys; good keys from there wait, too."""
    if not limiter().test(BAD_KEYS, "bad-key", _address(request)):
        window = limiter().get_window_stats(BAD_KEYS, "bad-key", _address(request))
        raise Throttled(max(0.0, window.reset_time - time.time()), "Too many bad keys from this address.", "too_many_bad_keys")


def note_bad_key(request: Request) -> None:
    """Count a bad key against the address that sent it."""
    limiter().hit(BAD_KEYS, "bad-key", _address(request))


def _address(request: Request) -> str:
    return client_ip(request._request) or "unknown"


def rate_limit_state(request: Request) -> dict[str, int]:
    """Limit, window and what remains of it, for a request that passed through AccessThrottle."""
    limit, remaining, _ = request._request.rate_limit  # type: ignore[attr-defined]
    return {"limit": limit.amount, "window_seconds": limit.get_expiry(), "remaining": remaining}


def rate_limit_headers(request: Any) -> dict[str, str]:
    """Headers for a request that passed through AccessThrottle; none otherwise."""
    if (state := getattr(request, "rate_limit", None)) is None:
        return {}
    limit, remaining, reset = state
    return {
        "RateLimit-Policy": f'"default";q={limit.amount};w={limit.get_expiry()}',
        "RateLimit": f'"default";r={remaining};t={reset}',
    }
