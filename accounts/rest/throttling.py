"""Rate limits per key: an atomic moving window in Redis, announced in the standard headers.

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
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle


@cache
def limiter() -> MovingWindowRateLimiter:
    """The process's limiter; Redis makes it one limit for all processes."""
    return MovingWindowRateLimiter(storage_from_string(settings.REDIS_URL))


class AccessThrottle(BaseThrottle):
    """`API_RATE_LIMIT` requests per key or person."""

    def __init__(self) -> None:
        self.reset = 0.0

    def allow_request(self, request: Request, view: Any) -> bool:
        limit: RateLimitItem = parse(settings.API_RATE_LIMIT)
        key = request.auth.throttle_key if request.auth else self.get_ident(request)
        allowed = limiter().hit(limit, "api", key)
        window = limiter().get_window_stats(limit, "api", key)
        self.reset = max(0.0, window.reset_time - time.time())
        request._request.rate_limit = (limit, window.remaining, int(self.reset) + 1)  # type: ignore[attr-defined]
        return allowed

    def wait(self) -> float:
        return self.reset


def rate_limit_headers(request: Any) -> dict[str, str]:
    """Headers for a request that passed through AccessThrottle; none otherwise."""
    if (state := getattr(request, "rate_limit", None)) is None:
        return {}
    limit, remaining, reset = state
    return {
        "RateLimit-Policy": f'"default";q={limit.amount};w={limit.get_expiry()}',
        "RateLimit": f'"default";r={remaining};t={reset}',
    }
