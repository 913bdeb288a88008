"""What a websocket connection needs besides messages: admission, limits, and a way to the database."""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import close_old_connections

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from avatars.assets import background_shown
from avatars.selectors import avatar_shown
from avatars.stock import AvatarInfo
from sessions.look import SessionLook
from sessions.models import AvatarSession
from sessions.services import session_connecting
from sessions.tickets import Ticket, redeem
from streaming import bus
from streaming.protocol import MAX_MESSAGES_PER_SECOND, STRIKE_SECONDS, STRIKES, SUBPROTOCOL, TICKET_PREFIX, Close

T = TypeVar("T")
UNKNOWN_TICKET = "The ticket is unknown, used or expired."
_pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="gateway-db")


class Refused(Exception):
    """The connection may not be opened; `close` says why."""

    def __init__(self, close: Close, reason: str) -> None:
        super().__init__(reason)
        self.close = close


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """A redeemed ticket and the session it opened."""

    ticket: Ticket
    session: AvatarSession
    avatar: AvatarInfo
    emotion: tuple[str, float]
    background: dict[str, str] | None


async def in_database(function: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
    """Run blocking work on the gateway's small pool, in the caller's context."""
    context = contextvars.copy_context()
    call = partial(context.run, _with_fresh_connection, partial(function, *args, **kwargs))
    return await asyncio.get_running_loop().run_in_executor(_pool, call)


def _with_fresh_connection(call: Callable[[], T]) -> T:
    close_old_connections()
    try:
        return call()
    finally:
        close_old_connections()


async def in_workspace(workspace_id: str, function: Callable[..., T], /, **kwargs: Any) -> T:
    """Run a service or selector inside the workspace's scope."""
    return await in_database(_scoped, UUID(workspace_id), function, kwargs)


def _scoped(workspace_id: UUID, function: Callable[..., T], kwargs: dict[str, Any]) -> T:
    with workspace_scope(workspace_id):
        return function(**kwargs)


def admit(session_id: str, subprotocols: list[str], origin: str | None) -> Admission:
    """Turn a ticket into a connection; raises Refused (ticket, origin) or Gone."""
    ticket = redeemed(subprotocols)
    if ticket.session_id != session_id:
        raise Refused(Close.TICKET, UNKNOWN_TICKET)
    with workspace_scope(UUID(ticket.workspace_id)):
        check_origin(origin, ticket)
        session = session_connecting(session_id=UUID(session_id), role=ticket.role)
        avatar = avatar_shown(session.avatar)
        background = background_shown(SessionLook.from_json(session.look).background)
    mood = bus.emotion(session_id)
    return Admission(ticket=ticket, session=session, avatar=avatar, emotion=mood, background=background)


def redeemed(subprotocols: list[str]) -> Ticket:
    """The ticket that a client offers; it is used up by this. Raises Refused."""
    offered = [name.removeprefix(TICKET_PREFIX) for name in subprotocols if name.startswith(TICKET_PREFIX)]
    if SUBPROTOCOL not in subprotocols or len(offered) != 1:
        raise Refused(Close.TICKET, f"Offer the subprotocols {SUBPROTOCOL} and {TICKET_PREFIX}<ticket>.")
    ticket = redeem(offered[0])
    if ticket is None:
        raise Refused(Close.TICKET, UNKNOWN_TICKET)
    return ticket


def check_origin(origin: str | None, ticket: Ticket) -> None:
    """A browser always sends its page's origin: it must be ours or one of the workspace's, and the ticket's own if it
    names one. A client that is no browser sends none and is trusted with its unbound ticket."""
    allowed = {ticket.origin} if ticket.origin else {None, _own_origin(), *_embed_origins(ticket.workspace_id)}
    if origin not in allowed:
        raise Refused(Close.ORIGIN_OR_ROLE, "This page may not open this session: add its origin under Settings.")


def _own_origin() -> str:
    parts = urlsplit(settings.BASE_URL)
    return f"{parts.scheme}://{parts.netloc}"


def _embed_origins(workspace_id: str) -> list[str]:
    origins: list[str] = Workspace.objects.values_list("embed_origins", flat=True).get(pk=workspace_id)
    return origins


class Limits:
    """Counts messages and strikes of one connection. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._messages: deque[float] = deque(maxlen=MAX_MESSAGES_PER_SECOND)
        self._strikes: deque[float] = deque(maxlen=STRIKES)

    def too_fast(self, now: float) -> bool:
        """Count a message; whether it is one too many in this second."""
        full = len(self._messages) == MAX_MESSAGES_PER_SECOND and now - self._messages[0] < 1.0
        if not full:
            self._messages.append(now)
        return full

    def strike(self, now: float) -> bool:
        """Count an offence; whether it is the third within ten seconds."""
        self._strikes.append(now)
        return len(self._strikes) == STRIKES and now - self._strikes[0] < STRIKE_SECONDS
