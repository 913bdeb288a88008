"""What the clock does for avatars of every workspace: wake those that were forgotten, forget those that were refused."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db.models import Q

from accounts.errors import NotFound
from accounts.tenancy import unscoped, workspace_scope
from avatars.models import Avatar, AvatarState
from avatars.services import files
from avatars.services.own import avatar_delete
from avatars.services.preparing import MOST_ATTEMPTS, avatar_give_up
from avatars.services.waking import wake

logger = logging.getLogger(__name__)
PATIENCE = timedelta(minutes=3)
REFUSED_KEPT_FOR = timedelta(days=1)
TOO_OLD = timedelta(days=2)  # no worker has come for it
_AT_ONCE = 100


def sweep(now: datetime) -> None:
    """Go on with avatars whose message or worker was lost, delete refused ones after a day, erase doomed files."""
    for avatar in _left_behind(now):
        try:
            _go_on(avatar, now)
        except Exception:  # one that fails must not keep the others
            logger.exception("The clock could not go on with avatar %s.", avatar.pk)
    files.sweep(now)


def _go_on(avatar: Avatar, now: datetime) -> None:
    if avatar.state == AvatarState.REFUSED:
        _forget(avatar)
    elif avatar.attempts >= MOST_ATTEMPTS or avatar.created_at < now - TOO_OLD:
        avatar_give_up(workspace_id=avatar.workspace_id, avatar_id=avatar.pk)
    else:
        _wake_again(avatar, now)


def _left_behind(now: datetime) -> list[Avatar]:
    lost = Q(state=AvatarState.PREPARING, woken_at__lt=now - PATIENCE)
    old = Q(state=AvatarState.REFUSED, woken_at__lt=now - REFUSED_KEPT_FOR)
    with unscoped("avatars of every workspace are left behind"):
        return list(Avatar.objects.filter(lost | old).order_by("woken_at")[:_AT_ONCE])


def _wake_again(avatar: Avatar, now: datetime) -> None:
    with workspace_scope(avatar.workspace_id):
        woken = Avatar.objects.filter(pk=avatar.pk, state=AvatarState.PREPARING, woken_at=avatar.woken_at)
        changed = woken.update(woken_at=now)
    if changed:
        wake(str(avatar.workspace_id), str(avatar.pk), must_fetch=bool(avatar.source_url))


def _forget(avatar: Avatar) -> None:
    try:
        with workspace_scope(avatar.workspace_id):
            avatar_delete(avatar_id=avatar.pk)
    except NotFound:  # deleted meanwhile
        return
