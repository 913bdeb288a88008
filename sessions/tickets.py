"""One-time tickets: what a browser needs to open a websocket, and nothing else."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from django.utils import timezone

from accounts import tokens
from sessions.redis import client

LIFETIME = timedelta(seconds=30)
Role = Literal["driver", "viewer", "videos"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What a ticket is bound to; `origin` is empty for a client that is no browser or whose page is not fixed.

    With the role "videos" the subject, `session_id`, is no session: a video, or the workspace for all of its videos.
    """

    workspace_id: str
    session_id: str
    role: Role
    origin: str = ""


@dataclass(frozen=True, slots=True)
class IssuedTicket:
    """`text` is given out once; only its hash is kept, for 30 s."""

    text: str
    expires_at: datetime


def issue(*, workspace_id: UUID, session_id: UUID, role: Role, origin: str = "") -> IssuedTicket:
    """Make a ticket that works once within 30 s."""
    text = tokens.random_text(43)
    ticket = Ticket(workspace_id=str(workspace_id), session_id=str(session_id), role=role, origin=origin)
    client().set(_key(text), json.dumps(asdict(ticket)), px=LIFETIME, nx=True)
    return IssuedTicket(text, timezone.now() + LIFETIME)


def redeem(text: str) -> Ticket | None:
    """Consume a ticket; None when it is unknown, used or expired."""
    stored = client().getdel(_key(text))
    return Ticket(**json.loads(stored)) if stored else None


def _key(text: str) -> str:
    return f"ticket:{tokens.digest(text)}"
