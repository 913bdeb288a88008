"""One renderer for every error: RFC 9457 `application/problem+json` with a machine code and a hint."""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response

from accounts.context import current_actor
from accounts.errors import Problem

logger = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
_HINTS = {
    "not_authenticated": "Send 'Authorization: Bearer <API key>'.",
    "authentication_failed": "Create a key under Developers, and send it as 'Authorization: Bearer <API key>'.",
    "throttled": "Wait for the seconds in Retry-After.",
    "parse_error": "Send a JSON object, with Content-Type: application/json.",
}


def problem(status: int, code: str, title: str, detail: str, *, hint: str = "", **extra: Any) -> dict[str, Any]:
    """The body of an error (RFC 9457 members plus code, hint and request_id)."""
    body = {
        "type": f"/docs/errors#{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": current_actor().request_id,
    }
    return body | ({"hint": hint} if hint else {}) | extra


def problem_of(error: Problem) -> dict[str, Any]:
    """The body for one of our own errors."""
    return problem(error.status, error.code, error.title, error.detail, hint=error.hint, **error.extra)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER."""
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, Problem):
        return _answer(problem_of(error), error.status, _retry_after(error.extra))
    if isinstance(error, exceptions.APIException):
        return _answer(_api_problem(error), error.status_code, _api_headers(error))
    return None


def _answer(body: dict[str, Any], status: int, headers: dict[str, str]) -> Response:
    return Response(body, status=status, headers=headers, content_type=MEDIA_TYPE)


def _retry_after(extra: dict[str, Any]) -> dict[str, str]:
    return {"Retry-After": str(extra["retry_after"])} if "retry_after" in extra else {}


def _api_headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if (wait := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(int(wait) + 1)
    return headers


def _api_problem(error: exceptions.APIException) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        return problem(400, "invalid", "Something in the request is not valid", _first(error.detail), errors=error.detail)
    code = str(error.get_codes()) if isinstance(error.detail, str) else error.default_code
    hint = _HINTS.get(code) or _HINTS.get(error.default_code, "")
    return problem(error.status_code, code, str(error.default_detail), str(error.detail), hint=hint)


def _first(detail: Any, path: str = "") -> str:
    """The first message of nested field errors, with its path."""
    if isinstance(detail, dict):
        key, inner = next(iter(detail.items()))
        return _first(inner, path if key == "non_field_errors" else f"{path}.{key}".lstrip("."))
    if isinstance(detail, list):
        return _first(next((item for item in detail if item), ""), path)
    return f"{path}: {detail}" if path else str(detail)


def json_404(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:
    """Unknown API paths answer as problems, too."""
    return JsonResponse(
        problem(404, "not_found", "No such page", "There is nothing at this address."), status=404, content_type=MEDIA_TYPE
    )


def json_500(request: HttpRequest) -> JsonResponse:
    """Our own fault: the trace is in the log under the request id, never in the answer."""
    body = problem(500, "internal", "Something went wrong on our side", "Nothing was changed.", hint="Quote the request_id.")
    return JsonResponse(body, status=500, content_type=MEDIA_TYPE)
