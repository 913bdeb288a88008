"""Errors that reach a caller: one family with status, machine code, sentence and hint; rendered once (rest/problems.py)."""

from __future__ import annotations

from typing import Any


class Problem(Exception):
    """Something that the caller did or must know. Subclasses fix `status` and `code` (RFC 9457 rendering)."""

    status = 400
    code = "bad_request"
    title = "The request can't be carried out"
    hint = ""

    def __init__(self, detail: str = "", *, code: str | None = None, hint: str | None = None, **extra: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.code = code or self.code
        self.hint = self.hint if hint is None else hint
        self.extra = extra


class Invalid(Problem):
    status = 400
    code = "invalid"
    title = "Something in the request is not valid"


class NotFound(Problem):
    """Absent, or another workspace's: both look the same from outside."""

    status = 404
    code = "not_found"
    title = "No such object in this workspace"
    hint = "Check the id, and that the key belongs to the right workspace."


class Forbidden(Problem):
    status = 403
    code = "forbidden"
    title = "Your role or key does not allow this"


class Conflict(Problem):
    status = 409
    code = "conflict"
    title = "The object is not in a state that allows this"


class Gone(Problem):
    status = 410
    code = "gone"
    title = "This no longer exists"


class TooMany(Problem):
    status = 429
    code = "too_many_requests"
    title = "Too many requests"


class BusUnavailable(Problem):
    """Redis, which carries queue, bus and rate limits, does not answer."""

    status = 503
    code = "bus_unavailable"
    title = "The message bus does not answer"
    hint = "Try again in a few seconds, with the same Idempotency-Key where you sent one."

    def __init__(self, detail: str = "", **extra: Any) -> None:
        super().__init__(detail, **({"retry_after": 5} | extra))
