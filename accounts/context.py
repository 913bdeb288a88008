"""Who is acting, for audit and logs: set by middleware, consumers and workers, read anywhere below."""

from __future__ import annotations

import re
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from accounts.identifiers import uuid7

_REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{1,36}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The person or key behind the current work; empty for the system itself."""

    user_id: UUID | None = None
    api_key_id: UUID | None = None
    ip: str | None = None
    request_id: str = ""


_actor: ContextVar[Actor] = ContextVar("actor", default=Actor())  # noqa: B039  (frozen)


def current_actor() -> Actor:
    """The actor of the current request, connection or message."""
    return _actor.get()


def set_actor(**changes: Any) -> None:
    """Replace fields of the current actor for the rest of this context."""
    _actor.set(replace(_actor.get(), **changes))


def request_id_of(given: str) -> str:
    """The X-Request-ID that came along, where it may stand in logs and headers; else a new one."""
    return given if _REQUEST_ID.fullmatch(given) else str(uuid7())
