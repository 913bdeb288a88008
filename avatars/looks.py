"""How an avatar looks in a workspace unless somebody says otherwise: what its sessions start with."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts import audit
from accounts.errors import Invalid, NotFound
from avatars.blocks.models import AvatarLook, Framing
from avatars.selectors import access_avatar
from avatars.stock import stock_avatar

NEUTRAL = "neutral"
MOST_SIDE, MOST_UP = 30, 20  # degrees that eyes turn comfortably


def look_of(avatar_id: str) -> AvatarLook:
    """The look of an avatar, as it was set, or the usual one, which is not saved. Raises NotFound."""
    name = _known(avatar_id)
    return saved_look(name) or AvatarLook(avatar=name, emotion=NEUTRAL, intensity=Decimal(0), framing=Framing.HEAD)


def saved_look(avatar_id: str) -> AvatarLook | None:
    """What was set for an avatar; None where nothing was."""
    return AvatarLook.objects.filter(avatar=spelled(avatar_id)).first()


@transaction.atomic
def look_change(*, avatar_id: str, **changes: Any) -> AvatarLook:
    """Set some of `emotion`, `intensity`, `gaze_x`, `gaze_y`, `framing`; the rest stays. Raises NotFound."""
    name = _known(avatar_id)
    usual = {"emotion": NEUTRAL, "intensity": Decimal(0)}
    look, _ = AvatarLook.objects.update_or_create(avatar=name, defaults=changes, create_defaults=usual | changes)
    audit.record("avatar.look_changed", subject=name, changed=sorted(changes))
    return look


def look_forget(avatar_id: UUID) -> None:
    """Erase what was set for an avatar that is being deleted."""
    AvatarLook.objects.filter(avatar=str(avatar_id)).delete()


def spelled(avatar_id: str) -> str:
    """Ids in their usual form, anything else as it is."""
    try:
        return str(UUID(avatar_id))
    except ValueError:
        return avatar_id


def _known(avatar_id: str) -> str:
    """Its id as rows have it."""
    try:
        return str(access_avatar(UUID(avatar_id)).pk)
    except ValueError:  # no id of an own one
        _require_stock(avatar_id)
    return avatar_id


def _require_stock(avatar_id: str) -> None:
    try:
        stock_avatar(avatar_id)
    except Invalid as error:
        raise NotFound("No such avatar in this workspace.", code="avatar_not_found") from error
