"""Reading avatars and voices. What is the workspace's own needs its scope open."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from accounts.errors import Conflict, Gone, Invalid, NotFound
from accounts.tenancy import TenantQuerySet
from avatars.models import Avatar, AvatarState, StoredFile
from avatars.services.files import files_of, files_of_many
from avatars.stock import DEFAULT_VOICES, AvatarInfo, stock_avatar, stock_cast
from avatars.storage import link
from avatars.voice import VoiceInfo, catalogue


def avatars_available() -> tuple[AvatarInfo, ...]:
    """Every avatar that can be shown: the workspace's own, newest first, then the stock cast."""
    ready = list(own_avatars().filter(state=AvatarState.READY))
    return (*infos(ready), *stock_cast())


def own_avatars() -> TenantQuerySet[Avatar]:
    """The workspace's own in any state, newest first (their ids go with time)."""
    return Avatar.objects.get_queryset().order_by("-id")


def access_avatar(avatar_id: UUID) -> Avatar:
    """One of the workspace's own; raises NotFound when it is absent or a stranger's."""
    try:
        return Avatar.objects.get(pk=avatar_id)
    except Avatar.DoesNotExist as error:
        raise NotFound("No such avatar in this workspace.", code="avatar_not_found") from error


def lock_avatar(avatar_id: UUID) -> Avatar:
    """The avatar, its row locked until the transaction ends; raises NotFound when it is absent or a stranger's."""
    avatar = Avatar.objects.select_for_update(no_key=True).filter(pk=avatar_id).first()
    if avatar is None:
        raise NotFound("No such avatar in this workspace.", code="avatar_not_found")
    return avatar


def avatar(avatar_id: str) -> AvatarInfo:
    """One avatar that can be shown, own or stock. Raises Invalid (unknown_avatar), Conflict (avatar_not_ready)."""
    own = _own(avatar_id)
    if own is None:
        return stock_avatar(avatar_id)
    if own.state != AvatarState.READY:
        raise Conflict(f"The avatar {own.name} is {own.state}.", code="avatar_not_ready", hint="Wait until it is ready.")
    return info_of(own, files_of(own.pk))


def avatar_shown(avatar_id: str) -> AvatarInfo:
    """The avatar of a session that has been made; raises Gone when it was deleted since."""
    try:
        return avatar(avatar_id)
    except (Invalid, Conflict) as error:
        raise Gone("The session's avatar has been deleted.", code="avatar_deleted", hint="Create a new session.") from error


def lip_gap(avatar_id: str) -> dict[str, float]:
    """How far the lips of an avatar are apart (avatars.face.Rig); empty: as usual. Asks no database."""
    return {} if _uuid(avatar_id) else stock_avatar(avatar_id).gap


def infos(avatars: Iterable[Avatar]) -> list[AvatarInfo]:
    """`info_of` for many."""
    rows = list(avatars)
    files = files_of_many(row.pk for row in rows)
    return [info_of(row, files[row.pk]) for row in rows]


def faces(avatar_ids: Iterable[str]) -> dict[str, AvatarInfo]:
    """Those of these avatars that there are, own in any state or stock, in two queries at most; deleted ones are left out."""
    wanted = set(avatar_ids)
    found = {info.id: info for info in stock_cast() if info.id in wanted}
    own = [number for text in wanted - set(found) if (number := _uuid(text))]
    return found | ({info.id: info for info in infos(own_avatars().filter(pk__in=own))} if own else {})


def names(avatar_ids: Iterable[str]) -> dict[str, str]:
    """The names of those of these avatars that there are, own or stock, in one query at most."""
    wanted = set(avatar_ids)
    found = {info.id: info.name for info in stock_cast() if info.id in wanted}
    own = [number for text in wanted - set(found) if (number := _uuid(text))]
    return found | {str(pk): name for pk, name in own_avatars().filter(pk__in=own).values_list("pk", "name")} if own else found


def missing(avatar_ids: Iterable[str]) -> set[str]:
    """Those of these avatars that were somebody's own and are deleted, in one query at most; nobody asks where all are stock."""
    own = {text: number for text in set(avatar_ids) if (number := _uuid(text))}
    there = set(Avatar.objects.filter(pk__in=own.values()).values_list("pk", flat=True)) if own else set()
    return {text for text, number in own.items() if number not in there}


def info_of(avatar: Avatar, files: dict[str, StoredFile]) -> AvatarInfo:
    """An own avatar as everything that shows avatars knows them; its addresses are signed, empty for what is not there."""
    return AvatarInfo(
        id=str(avatar.pk),
        name=avatar.name,
        description="",
        gender="",
        kind=avatar.kind,
        asset_url=address(files, "head"),
        portrait_url=address(files, "portrait", "finding"),
        default_voice=avatar.voice or DEFAULT_VOICES["female"],
        gap={},
        is_own=True,
    )


def address(files: dict[str, StoredFile], *purposes: str) -> str:
    """A signed address of the first of these files that there is; empty when there is none."""
    return next((link(files[purpose]) for purpose in purposes if purpose in files), "")


def _own(avatar_id: str) -> Avatar | None:
    found = _uuid(avatar_id)
    return Avatar.objects.filter(pk=found).first() if found else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def voices_available() -> tuple[VoiceInfo, ...]:
    """Every voice that is known here, with what it needs where it can't speak yet."""
    return catalogue()


def voice(voice_id: str) -> VoiceInfo:
    """One voice that can speak; raises Invalid (unknown_voice) or Conflict (voice_unavailable)."""
    info = next((info for info in catalogue() if info.id == voice_id), None)
    if info is None:
        raise Invalid(f"There is no voice {voice_id!r}.", code="unknown_voice", hint="GET /api/v1/voices lists them.")
    if not info.available:
        raise Conflict(f"The voice {voice_id} is not installed here.", code="voice_unavailable", hint=info.needs or "")
    return info


def default_voice(info: AvatarInfo) -> str:
    """The avatar's own voice where it is installed, else the first voice that is."""
    voices = catalogue()
    ready = [voice.id for voice in voices if voice.available]
    return info.default_voice if info.default_voice in ready else ready[0]
