"""Sessions whose avatar is deleted end with it: the person that it shows has a right to that, whoever is watching."""

from __future__ import annotations

import logging
from uuid import UUID

from django.db import transaction
from django.dispatch import receiver

from accounts.tenancy import current_workspace_id, workspace_scope
from avatars.departures import deleted
from sessions.models import OPEN_STATES, AvatarSession
from sessions.services import session_end

logger = logging.getLogger(__name__)


@receiver(deleted, dispatch_uid="sessions.departures")
def end_sessions(*, avatar_id: UUID, **_: object) -> None:
    """Once the deletion has committed, so that nothing about a session can undo it."""
    workspace_id = current_workspace_id()
    transaction.on_commit(lambda: _end_all(workspace_id, avatar_id), robust=True)


def _end_all(workspace_id: UUID, avatar_id: UUID) -> None:
    """Each in a transaction of its own. What fails here, or begins just now, the clock ends within a second."""
    with workspace_scope(workspace_id):
        showing = AvatarSession.objects.filter(avatar=str(avatar_id), state__in=OPEN_STATES).order_by("id")
        session_ids = list(showing.values_list("pk", flat=True))
    for session_id in session_ids:
        try:
            with workspace_scope(workspace_id):
                session_end(session_id=session_id, reason="avatar_deleted")
        except Exception:
            logger.exception("Session %s could not be ended with its avatar; the clock tries again.", session_id)
