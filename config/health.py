"""For load balancers: is the process alive, and can it do its work?"""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from redis.exceptions import RedisError

from sessions.clock import LEADER_KEY
from sessions.redis import client


def alive(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    """Postgres and Redis answer and a clock leads; 503 names what does not."""
    checks = {"postgres": _postgres(), "redis": _redis(), "clock": _clock()}
    return JsonResponse({"checks": checks}, status=200 if all(checks.values()) else 503)


def _postgres() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _redis() -> bool:
    try:
        return bool(client().ping())
    except RedisError:
        return False


def _clock() -> bool:
    try:
        return bool(client().exists(LEADER_KEY))
    except RedisError:
        return False
