"""For load balancers: is the process alive, and can it do its work?"""

from __future__ import annotations

from typing import Any

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


_OPEN = {"tags": ["Health"], "security": []}
_ALIVE = {"type": "object", "required": ["status"], "properties": {"status": {"type": "string", "enum": ["ok"]}}}
_CHECKS = {name: {"type": "boolean"} for name in ("postgres", "redis", "clock")}
_READY = {
    "type": "object",
    "required": ["checks"],
    "properties": {"checks": {"type": "object", "required": list(_CHECKS), "properties": _CHECKS}},
}


def described(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """drf-spectacular postprocessing hook: both addresses, which are no views of the API."""
    fine = {"checks": dict.fromkeys(_CHECKS, True)}
    broken = {"checks": fine["checks"] | {"redis": False, "clock": False}}
    alive_answers = {"200": _answer("The process answers", _ALIVE, {"status": "ok"})}
    ready_answers = {
        "200": _answer("It can do its work", _READY, fine),
        "503": _answer("What is false does not answer", _READY, broken),
    }
    result["paths"] |= {
        "/healthz": {"get": _described("getHealth", alive, alive_answers)},
        "/readyz": {"get": _described("getReadiness", ready, ready_answers)},
    }
    return result


def _described(name: str, view: Any, answers: dict[str, Any]) -> dict[str, Any]:
    return {"operationId": name, "description": view.__doc__, **_OPEN, "responses": answers}


def _answer(meaning: str, shape: dict[str, Any], example: dict[str, Any]) -> dict[str, Any]:
    examples = {"Usual": {"value": example}}
    return {"description": meaning, "content": {"application/json": {"schema": shape, "examples": examples}}}
