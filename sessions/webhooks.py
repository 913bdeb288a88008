"""Session events become webhooks: in the transaction of the event, so that none is lost and none is told too early."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from accounts.webhooks.catalog import EVENT_TYPES
from accounts.webhooks.services import publish
from sessions.models import AvatarSession, SessionEvent


@receiver(post_save, sender=SessionEvent, dispatch_uid="sessions.webhooks")
def tell(*, instance: SessionEvent, **_: Any) -> None:
    """Publish the kinds that are in the catalogue. What people said is not sent: it can be read through the API."""
    if instance.kind in EVENT_TYPES:
        about = _facts(instance.session) if instance.kind.startswith("session.") else {}
        publish(instance.kind, {"session_id": instance.session_id, **about, **instance.data})


def _facts(session: AvatarSession) -> dict[str, Any]:
    return {
        "state": session.state,
        "avatar": session.avatar,
        "voice": session.voice,
        "created_at": session.created_at,
        "live_at": session.live_at,
        "ended_at": session.ended_at,
    }
