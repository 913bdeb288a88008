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
    _require(avatar_id)
    return saved_look(avatar_id) or AvatarLook(avatar=avatar_id, emotion=NEUTRAL, intensity=Decimal(0), framing=Framing.HEAD)


def saved_look(avatar_id: str) -> AvatarLook | None:
    """What was set for an avatar; None where nothing was."""
    return AvatarLook.objects.filter(avatar=avatar_id).first()


@transaction.atomic
def look_change(*, avatar_id: str, **changes: Any) -> AvatarLook:
    """Set some of `emotion`, `intensity`, `gaze_x`, `gaze_y`, `framing`; the rest stays. Raises NotFound."""
    _require(avatar_id)
    usual = {"emotion": NEUTRAL, "intensity": Decimal(0)}
    look, _ = AvatarLook.objects.update_or_create(avatar=avatar_id, defaults=changes, create_defaults=usual | changes)
    audit.record("avatar.look_changed", subject=avatar_id, changed=sorted(changes))
    return look


def _require(avatar_id: str) -> None:
    try:
        access_avatar(UUID(avatar_id))
    except ValueError:  # no id of an own one
        _require_stock(avatar_id)


def _require_stock(avatar_id: str) -> None:
    try:
        stock_avatar(avatar_id)
    except Invalid as error:
        raise NotFound("No such avatar in this workspace.", code="avatar_not_found") from error
