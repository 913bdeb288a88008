"""One renderer for every error: RFC 9457 `application/problem+json` with a machine code and a hint."""

from __future__ import annotations

import logging
from typing import Any

import redis
from django.core.exceptions import PermissionDenied, SuspiciousOperation, ValidationError
from django.db import DataError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response

from accounts.context import current_actor
from accounts.errors import BusUnavailable, Problem

logger = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
_HINTS = {
    "not_authenticated": "Send 'Authorization: Bearer <API key>'.",
    "authentication_failed": "Create a key under Developers, and send it as 'Authorization: Bearer <API key>'.",
    "throttled": "Wait for the seconds in Retry-After.",
    "parse_error": "Send a JSON object, with Content-Type: application/json.",
    "unsupported_media_type": "Send Content-Type: application/json.",
    "not_acceptable": "Send Accept: application/json, or leave it out.",
    "too_large": "Send a smaller file or less text.",
    "method_not_allowed": "The Allow header lists what this address can do.",
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
    return extra | body | ({"hint": hint} if hint else {})


def problem_of(error: Problem) -> dict[str, Any]:
    """The body for one of our own errors."""
    return error.extra | problem(error.status, error.code, error.title, error.detail, hint=error.hint)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER; None leaves the error to Django, which logs it and answers by json_500."""
    if isinstance(error, redis.ConnectionError | redis.TimeoutError):
        logger.error("Redis does not answer: %s", error)
        error = BusUnavailable()
    if isinstance(error, Problem):
        return _answer(problem_of(error), error.status, _retry_after(error.extra))
    known = _known(error)
    return None if known is None else _answer(api_problem(known), known.status_code, _api_headers(known))


def _known(error: Exception) -> exceptions.APIException | None:
    """Errors of Django and Postgres that the caller's input caused, as DRF's."""
    match error:
        case exceptions.APIException():
            return error
        case Http404():
            return exceptions.NotFound()
        case PermissionDenied():
            return exceptions.PermissionDenied()
        case ValidationError():
            return exceptions.ValidationError(error.messages)
        case SuspiciousOperation():
            return exceptions.ParseError()
        case DataError():
            logger.warning("Input reached Postgres that it can't store", exc_info=error)
            return exceptions.ValidationError("A value is out of range or can't be stored.")
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


def api_problem(error: exceptions.APIException) -> dict[str, Any]:
    """The body for one of DRF's errors, and of ours that are such."""
    if isinstance(error, exceptions.ValidationError):
        return problem(400, "invalid", "Something in the request is not valid", _first(error.detail), errors=error.detail)
    code = str(error.get_codes()) if isinstance(error.detail, str) else error.default_code
    hint = _HINTS.get(code) or _HINTS.get(error.default_code, "")
    return problem(error.status_code, code, _sentence(error.default_detail), str(error.detail), hint=hint)


def _sentence(template: Any) -> str:
    """DRF's default detail as a title: the same for each occurrence, so without its parameters and full stop."""
    return str(template).replace(' "{method}"', "").replace(' "{media_type}" in request', "").rstrip(".")


def _first(detail: Any, path: str = "") -> str:
    """The first message of nested field errors, with its path."""
    if isinstance(detail, dict):
        key, inner = next(iter(detail.items()))
        return _first(inner, path if key == "non_field_errors" else f"{path}.{key}".lstrip("."))
    if isinstance(detail, list):
        return _first(next((item for item in detail if item), ""), path)
    return f"{path}: {detail}" if path else str(detail)


def is_api(request: HttpRequest) -> bool:
    """Whether `request` is answered in JSON even when no view has been found for it."""
    return request.path.startswith("/api/")


def json_400(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:
    """Requests that Django refuses before a view runs."""
    return _json(problem(400, "bad_request", "The request can't be carried out", "The request is malformed."))


def json_403(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:
    """Refusals outside of REST views."""
    return _json(problem(403, "forbidden", "Your role or key does not allow this", str(exception or "Forbidden.")))


def json_404(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:
    """Unknown API paths answer as problems, too."""
    return _json(problem(404, "not_found", "No such page", "There is nothing at this address."))


def json_500(request: HttpRequest) -> JsonResponse:
    """Our own fault: the trace is in the log under the request id, never in the answer."""
    title = "Something went wrong on our side"
    hint = "Try again, with the same Idempotency-Key where you sent one; quote the request_id."
    return _json(problem(500, "internal", title, "The cause is in our log.", hint=hint))


def _json(body: dict[str, Any]) -> JsonResponse:
    return JsonResponse(body, status=body["status"], content_type=MEDIA_TYPE)
