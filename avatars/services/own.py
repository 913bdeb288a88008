"""Avatars of a workspace's own: make, change, choose a face, delete. What a worker does to them is in preparing.py."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.context import current_actor
from accounts.errors import Conflict, Invalid
from accounts.webhooks.addresses import Policy, clean_url
from avatars import departures
from avatars.consent import end_consent, record_consent, require_consent
from avatars.looks import look_forget
from avatars.models import Avatar, AvatarKind, AvatarState
from avatars.refusals import Refused
from avatars.selectors import lock_avatar
from avatars.selectors import voice as voice_named
from avatars.services import files
from avatars.services.room import give_room_back, hold_place, take_room
from avatars.services.waking import wake_on_commit
from avatars.storage import writing
from avatars.uploads.headers import GLB, check_picture, media_type_of
from avatars.videos.models import Video
from avatars.videos.services import video_delete
from quotas.metrics import Metric
from quotas.services import release

PURPOSE = "avatar"
_NO_NAME = "Avatar"


@transaction.atomic
def avatar_upload(*, content: bytes, name: str, consent: str, voice: str = "") -> Avatar:
    """A new avatar from a photo or a GLB head; a worker goes on with it. Without a `voice` it gets the one that the
    workspace chose last.

    Only the header is looked at here: nothing is decoded in a process that serves others. Raises ConsentMissing, Refused,
    QuotaExceeded, Invalid or Conflict for a voice that can't speak here.
    """
    require_consent(consent)
    media_type = media_type_of(content)
    check_header(content, media_type)
    avatar = _new(name, AvatarKind.HEAD3D if media_type == GLB else AvatarKind.PHOTO, voice)
    with writing() as write:
        upload = write(owner_id=avatar.pk, purpose="upload", content=content, media_type=media_type)
        _begin(avatar, len(content))
        upload.save(force_insert=True)
    return avatar


@transaction.atomic
def avatar_from_url(*, url: str, name: str, consent: str, voice: str = "") -> Avatar:
    """As `avatar_upload`, with a file that a worker fetches. Room for the largest file is held until it is there. Raises
    ConsentMissing, Invalid, Conflict, QuotaExceeded."""
    require_consent(consent)
    avatar = _new(name, AvatarKind.PHOTO, voice)
    avatar.source_url = clean_url(url, Policy.configured())
    _begin(avatar, settings.AVATAR_PHOTO_BYTES)
    return avatar


@transaction.atomic
def avatar_change(*, avatar_id: UUID, name: str | None = None, voice: str | None = None) -> Avatar:
    """Give it another name or voice. Raises Invalid, and Conflict for a voice that can't speak here."""
    avatar = lock_avatar(avatar_id)
    avatar.name = avatar.name if name is None else _clean_name(name)
    avatar.voice = avatar.voice if voice is None else voice_named(voice).id
    avatar.save(update_fields=["name", "voice"])
    audit.record("avatar.changed", subject=avatar.pk, changed=[what for what, new in (("name", name), ("voice", voice)) if new])
    return avatar


def voice_chosen_last() -> str:
    """The voice that the workspace's newest avatar with one has; empty where nobody has chosen yet."""
    return Avatar.objects.exclude(voice="").order_by("-id").values_list("voice", flat=True).first() or ""


@transaction.atomic
def avatar_choose(*, avatar_id: UUID, face: int) -> Avatar:
    """Go on with one of several faces. Raises Conflict when there is nothing to choose, Invalid for a face not found."""
    avatar = lock_avatar(avatar_id)
    if avatar.state != AvatarState.REFUSED or avatar.refusal_code != "several_faces":
        raise Conflict("There are no faces to choose from.", code="nothing_to_choose")
    if not 1 <= face <= len(avatar.faces):
        raise Invalid(f"Choose a face from 1 to {len(avatar.faces)}.", code="unknown_face")
    avatar.face, avatar.state, avatar.refusal_code, avatar.attempts = face, AvatarState.PREPARING, "", 0
    avatar.woken_at = timezone.now()
    avatar.save(update_fields=["face", "state", "refusal_code", "attempts", "woken_at"])
    wake_on_commit(avatar)
    return avatar


@transaction.atomic
def avatar_delete(*, avatar_id: UUID) -> None:
    """Erase the avatar, its files, its videos in any state, its look, and what the consent says about a person; give back
    its room and its place. Live sessions that show it end (sessions/departures.py)."""
    avatar = lock_avatar(avatar_id)
    videos = _lock_videos(avatar.pk)
    files.doom(avatar.pk)
    look_forget(avatar.pk)
    end_consent(avatar)
    audit.record("avatar.deleted", subject=avatar.pk, videos=len(videos))
    give_room_back(avatar)
    give_place_back(avatar)
    for video_id in videos:
        video_delete(video_id=video_id)
    departures.deleted.send(Avatar, avatar_id=avatar.pk)
    avatar.delete()


def give_place_back(avatar: Avatar) -> None:
    """One avatar fewer counts against the plan. After the room: the lock order of quotas."""
    if avatar.place_hold is not None:
        release(hold_id=avatar.place_hold, sequence=1)


def _lock_videos(avatar_id: UUID) -> list[UUID]:
    """Videos of the avatar in any state. Rows are locked before quotas, here as wherever a video ends."""
    rows = Video.objects.select_for_update(no_key=True).filter(wish__avatar=str(avatar_id))
    return [video.pk for video in rows.order_by("id")]


def check_header(content: bytes, media_type: str) -> None:
    """What can be said about a file without decoding it. Raises Refused."""
    if len(content) > (settings.AVATAR_HEAD_BYTES if media_type == GLB else settings.AVATAR_PHOTO_BYTES):
        raise Refused("too_large")
    if media_type != GLB:
        check_picture(content, media_type, most_pixels=settings.AVATAR_PHOTO_PIXELS)


def _new(name: str, kind: AvatarKind, voice: str) -> Avatar:
    actor = current_actor()
    return Avatar(
        name=_clean_name(name) if name else _NO_NAME,
        kind=kind,
        voice=voice_named(voice).id if voice else voice_chosen_last(),
        woken_at=timezone.now(),
        created_by_id=actor.user_id,
        api_key_id=actor.api_key_id,
    )


def _begin(avatar: Avatar, size: int) -> None:
    """Save it with its consent, hold its room and its place, and have a worker look at it."""
    take_room(avatar, size, purpose=PURPOSE)
    avatar.place_hold = hold_place(Metric.AVATARS, avatar.pk, purpose=PURPOSE)
    avatar.save(force_insert=True)
    record_consent(avatar)
    audit.record("avatar.created", subject=avatar.pk, kind=avatar.kind)
    wake_on_commit(avatar)


def _clean_name(name: str) -> str:
    clean = " ".join(name.split())
    if not clean:
        raise Invalid("The name is empty.", code="empty_name")
    return clean[:60]
