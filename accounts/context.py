"""Who is acting, for audit and logs: set by middleware, consumers and workers, read anywhere below."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID


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
