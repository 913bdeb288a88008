"""Session events: a row in the transaction of the write, and a signal once it has committed."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.dispatch import Signal

from sessions.models import AvatarSession, SessionEvent

# Sent after commit with `session`, `kind`, `data`, `extra` (what subscribers need but the trail doesn't keep).
happened = Signal()


def append(session: AvatarSession, kind: str, *, extra: dict[str, Any] | None = None, **data: Any) -> None:
    """Record `kind` (dotted noun and participle, as in `turn.finished`) and announce it on commit."""
    SessionEvent.objects.create(session=session, kind=kind, data=data)
    transaction.on_commit(lambda: happened.send(AvatarSession, session=session, kind=kind, data=data, extra=extra or {}))
