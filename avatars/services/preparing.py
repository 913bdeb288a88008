"""What a worker does to an avatar: fetch its file, make it, and say how that went. The database knows the state; nothing is
held while it computes, so an avatar may be deleted meanwhile, and two workers may meet: one result counts."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.tenancy import workspace_scope
from accounts.webhooks.services import publish
from accounts.webhooks.wire import Wire
from avatars.models import Avatar, AvatarKind, AvatarState, StoredFile
from avatars.refusals import Refused
from avatars.services import files
from avatars.services.making import Making, Outcome, made, refused
from avatars.services.own import check_header, give_place_back
from avatars.services.room import fit_room
from avatars.services.waking import wake_on_commit
from avatars.storage import Write, content_of, writing
from avatars.uploads.fetch import fetched
from avatars.uploads.headers import GLB, media_type_of
from quotas.errors import QuotaExceeded

logger = logging.getLogger(__name__)
MOST_ATTEMPTS = 3
CHOOSABLE = "several_faces"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try at one avatar; `number` tells it from a later one."""

    workspace_id: UUID
    avatar_id: UUID
    number: int
    source_url: str = ""
    making: Making = field(default_factory=Making)


def avatar_prepare(*, workspace_id: UUID, avatar_id: UUID) -> None:
    """Make the avatar from its upload and keep what came of it. One that is not waiting for it stays as it is."""
    attempt = _begun(workspace_id, avatar_id)
    if attempt is None or attempt.source_url:
        return
    outcome = made(attempt.making)
    try:
        _keep(attempt, outcome)
    except QuotaExceeded:
        _keep(attempt, refused("storage_full"))


def avatar_fetch(*, workspace_id: UUID, avatar_id: UUID, wire: Wire) -> None:
    """Fetch the avatar's file from its address into the quarantine, and have it prepared."""
    attempt = _begun(workspace_id, avatar_id)
    if attempt is None or not attempt.source_url:
        return
    try:
        _keep_upload(attempt, _acceptable(attempt.source_url, wire))
    except Refused as error:
        _keep(attempt, refused(error.code))
    except QuotaExceeded:
        _keep(attempt, refused("storage_full"))


def avatar_give_up(*, workspace_id: UUID, avatar_id: UUID) -> None:
    """Every attempt at it has failed, and not by its upload."""
    with workspace_scope(workspace_id):
        avatar = Avatar.objects.filter(pk=avatar_id, state=AvatarState.PREPARING).first()
    if avatar is not None:
        logger.error("Avatar %s is given up after %d attempts.", avatar_id, avatar.attempts)
        _keep(Attempt(workspace_id=workspace_id, avatar_id=avatar_id, number=avatar.attempts), refused("failed"))


def _begun(workspace_id: UUID, avatar_id: UUID) -> Attempt | None:
    """The next attempt with all it needs; None for an avatar that is gone or done."""
    with workspace_scope(workspace_id):
        avatar = _waiting(avatar_id)
        if avatar is None:
            return None
        avatar.attempts, avatar.woken_at = avatar.attempts + 1, timezone.now()
        avatar.save(update_fields=["attempts", "woken_at"])
        kept = files.files_of(avatar.pk)
    source = kept.get("upload") or kept.get("photo")
    making = Making(
        kind=AvatarKind(avatar.kind),
        content=b"" if source is None else content_of(source),
        is_upload="upload" in kept,
        face=avatar.face,
    )
    return Attempt(
        workspace_id=workspace_id, avatar_id=avatar.pk, number=avatar.attempts, source_url=avatar.source_url, making=making
    )


def _waiting(avatar_id: UUID) -> Avatar | None:
    return Avatar.objects.select_for_update(no_key=True).filter(pk=avatar_id, state=AvatarState.PREPARING).first()


class _Outdated(Exception):
    """The avatar is gone, done, or a later attempt's."""


def _keep(attempt: Attempt, outcome: Outcome) -> None:
    """Replace the avatar's files by those of `outcome`, and say so; a later attempt's avatar is left alone. The storage may be
    slow: it is written to before the row is locked."""
    try:
        with writing() as write:
            rows = [_written(attempt, write, purpose, *file) for purpose, file in outcome.files.items()]
            with workspace_scope(attempt.workspace_id):
                _replace(_ours(attempt), outcome, rows)
    except _Outdated:
        logger.info("What came of avatar %s is not wanted any more.", attempt.avatar_id)


def _written(attempt: Attempt, write: Write, purpose: str, content: bytes, media_type: str) -> StoredFile:
    with workspace_scope(attempt.workspace_id):
        return write(owner_id=attempt.avatar_id, purpose=purpose, content=content, media_type=media_type)


def _ours(attempt: Attempt) -> Avatar:
    """The avatar, locked, while this attempt is the last one; raises _Outdated."""
    avatar = _waiting(attempt.avatar_id)
    if avatar is None or avatar.attempts != attempt.number:
        raise _Outdated
    return avatar


def _replace(avatar: Avatar, outcome: Outcome, rows: list[StoredFile]) -> None:
    files.doom(avatar.pk)
    for row in rows:
        row.save(force_insert=True)
    _conclude(avatar, outcome)
    fit_room(avatar, outcome.size)
    if outcome.refusal not in {"", CHOOSABLE}:
        give_place_back(avatar)
        avatar.place_hold = None
        avatar.save(update_fields=["place_hold"])


def _conclude(avatar: Avatar, outcome: Outcome) -> None:
    avatar.refusal_code, avatar.faces, avatar.report = outcome.refusal, list(outcome.faces), dict(outcome.report)
    avatar.state = AvatarState.REFUSED if outcome.refusal else AvatarState.READY
    avatar.ready_at = None if outcome.refusal else timezone.now()
    avatar.source_url = ""
    avatar.save(update_fields=["refusal_code", "faces", "report", "state", "ready_at", "source_url"])
    publish(f"avatar.{avatar.state}", _facts(avatar))


def _facts(avatar: Avatar) -> dict[str, Any]:
    refusal = {"refusal_code": avatar.refusal_code} if avatar.refusal_code else {}
    return {"avatar_id": avatar.pk, "name": avatar.name, "kind": avatar.kind, "state": avatar.state, **refusal}


def _acceptable(url: str, wire: Wire) -> bytes:
    content = fetched(url, wire=wire, most_bytes=max(settings.AVATAR_PHOTO_BYTES, settings.AVATAR_HEAD_BYTES))
    check_header(content, media_type_of(content))
    return content


def _keep_upload(attempt: Attempt, content: bytes) -> None:
    media_type = media_type_of(content)
    try:
        with writing() as write:
            row = _written(attempt, write, "upload", content, media_type)
            with workspace_scope(attempt.workspace_id), transaction.atomic():
                _adopt(_ours(attempt), row)
    except _Outdated:
        logger.info("What was fetched for avatar %s is not wanted any more.", attempt.avatar_id)


def _adopt(avatar: Avatar, upload: StoredFile) -> None:
    upload.save(force_insert=True)
    avatar.kind = AvatarKind.HEAD3D if upload.media_type == GLB else AvatarKind.PHOTO
    avatar.source_url, avatar.attempts = "", 0
    avatar.save(update_fields=["kind", "source_url", "attempts"])
    fit_room(avatar, upload.size)
    wake_on_commit(avatar)
