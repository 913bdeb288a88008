"""What is agreed to before a face becomes an avatar. A changed text gets a new version; old records keep theirs."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from accounts.context import current_actor
from accounts.errors import Problem
from avatars.models import Avatar, AvatarConsent

VERSION = "2026-11"
TEXT = (
    "I am the person in this picture, or that person has agreed to it: it may be made into an avatar that speaks, and the "
    "avatar may be shown by this workspace. I have the right to use the picture. I will not use the avatar to deceive "
    "anybody about who is speaking. The consent can be withdrawn at any time by deleting the avatar, which erases the "
    "picture and everything made from it."
)


class ConsentMissing(Problem):
    """The body carries `version` and `text`, so that a client can show what is to be agreed to."""

    status = 422
    code = "consent_required"
    title = "Nobody has agreed that this face becomes an avatar"
    hint = "Show `text` to the person, and send `consent` with its `version` once they have agreed."

    def __init__(self, detail: str = "", **extra: Any) -> None:
        super().__init__(detail, **({"version": VERSION, "text": TEXT} | extra))


def require_consent(version: str) -> None:
    """Raises ConsentMissing unless the current text was agreed to."""
    if not version:
        raise ConsentMissing()
    if version != VERSION:
        raise ConsentMissing("The consent is to another text than the current one.", code="consent_outdated")


def record_consent(avatar: Avatar) -> AvatarConsent:
    """Who, when, what text, from where."""
    actor = current_actor()
    return AvatarConsent.objects.create(
        avatar_id=avatar.pk, version=VERSION, text=TEXT, given_by_id=actor.user_id, api_key_id=actor.api_key_id, ip=actor.ip
    )


def end_consent(avatar: Avatar) -> None:
    """Keep that and when it was given and ended, but not by whom and from where."""
    AvatarConsent.objects.filter(avatar_id=avatar.pk).update(ended_at=timezone.now(), given_by=None, api_key=None, ip=None)
