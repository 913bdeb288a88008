"""What the worker for pictures writes down: it draws for long and asks the database seldom, so each time is brief."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.tenancy import workspace_scope
from sessions import events
from sessions.models import AvatarSession
from streaming.frames.tasks import Assignment

logger = logging.getLogger(__name__)


@contextmanager
def brief_connection() -> Iterator[None]:
    """The database's connection goes back to the pool at the end."""
    try:
        yield
    finally:
        if not connection.in_atomic_block:
            connection.close()


@contextmanager
def brief_scope(assignment: Assignment) -> Iterator[None]:
    """The scope of the session's workspace, one transaction."""
    with brief_connection(), workspace_scope(UUID(assignment.workspace_id)):
        yield


def note(assignment: Assignment, *, code: str, detail: str, **more: Any) -> None:
    """Say something about the pictures in the session's events, which tell its clients."""
    logger.warning("Session %s: %s", assignment.session_id, detail)
    with brief_scope(assignment):
        session = AvatarSession.objects.get(pk=assignment.session_id)
        events.append(session, "session.notice", code=code, detail=detail, **more)
