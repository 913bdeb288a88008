"""Reading sessions: every path from an id to an object is here, inside the workspace scope."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from accounts.errors import Gone, NotFound
from accounts.tenancy import TenantQuerySet
from sessions.models import OPEN_STATES, AvatarSession, SessionEvent, Turn


def access_session(session_id: UUID | str) -> AvatarSession:
    """The session; raises NotFound when it is absent or a stranger's."""
    return _found(AvatarSession.objects.get_queryset(), session_id)


def access_open_session(session_id: UUID | str) -> AvatarSession:
    """As access_session; raises Gone when the session is over."""
    session = access_session(session_id)
    if not session.is_open:
        raise Gone("This session is over.", code="session_over", hint="Create a new session.")
    return session


def lock_session(session_id: UUID) -> AvatarSession:
    """As access_session, its row locked until the transaction ends. Whoever moves its holds locks it first, before any
    allowance, so that no two wait for each other."""
    return _found(AvatarSession.objects.select_for_update(no_key=True), session_id)


def _found(rows: QuerySet[AvatarSession], session_id: UUID | str) -> AvatarSession:
    try:
        return rows.get(pk=session_id)
    except AvatarSession.DoesNotExist as error:
        raise NotFound("No such session in this workspace.", code="session_not_found") from error


def all_sessions() -> TenantQuerySet[AvatarSession]:
    """Newest first."""
    return AvatarSession.objects.get_queryset().select_related("created_by").order_by("-created_at", "-id")


def live_sessions() -> TenantQuerySet[AvatarSession]:
    """Open sessions, newest first."""
    return AvatarSession.objects.get_queryset().filter(state__in=OPEN_STATES).order_by("-created_at")


def turns_of(session: AvatarSession) -> TenantQuerySet[Turn]:
    """What was said, in order."""
    return Turn.objects.get_queryset().filter(session=session).order_by("number")


def events_of(session: AvatarSession) -> TenantQuerySet[SessionEvent]:
    """What happened, in order."""
    return SessionEvent.objects.get_queryset().filter(session=session).order_by("created_at", "id")
