"""Sessions for tests, made by the services themselves. Call these inside a workspace's scope."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from avatars.models import Avatar, AvatarKind, AvatarState
from quotas.models import Reservation, ReservationState
from sessions.models import AvatarSession
from sessions.services import session_connect, session_create


def waiting(**wish: Any) -> AvatarSession:
    """A session that nobody has connected to."""
    return session_create(**{"avatar_id": "ada"} | wish)


def own_avatar(name: str = "Mira") -> Avatar:
    """A head of the workspace's own that is ready, without files."""
    now = timezone.now()
    return Avatar.objects.create(name=name, kind=AvatarKind.HEAD3D, state=AvatarState.READY, woken_at=now, ready_at=now)


def live(**wish: Any) -> AvatarSession:
    """A session with a driver."""
    return session_connect(session_id=waiting(**wish).pk, role="driver")


def open_holds() -> int:
    """How many holds of the scope's workspace are open."""
    return Reservation.objects.filter(state=ReservationState.OPEN).count()
