"""How a video ends: finished and settled, failed or cancelled and given back, deleted with its files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.webhooks.services import publish
from avatars.models import StoredFile
from avatars.services.files import doom, files_of
from avatars.services.room import fit_room, give_room_back
from avatars.videos.models import Video, VideoSegment, VideoState
from avatars.videos.selectors import lock_video
from avatars.videos.services.sharing import send_next_on_commit
from avatars.videos.services.working import Lost, Place, usage_of
from avatars.videos.telling import tell, tell_deleted
from avatars.videos.wish import VideoWish
from quotas.services import release

KEPT = ("video", "captions", "thumbnail", "manifest")


@transaction.atomic
def video_finish(place: Place, *, files: Sequence[StoredFile]) -> None:
    """Keep the finished files, settle what was made and said, take away what was only needed on the way.

    Raises Lost; QuotaExceeded when the storage has no room.
    """
    video = lock_video(place.id)
    if video.lease != place.lease or video.state != VideoState.FINISHING:
        raise Lost
    for row in files:
        row.save(force_insert=True)
    video.size = sum(row.size for purpose, row in files_of(video.pk).items() if purpose in KEPT)
    fit_room(video, video.size)  # before the others: the lock order of quotas
    _release(video, rendered_ms=video.duration_ms, characters=len(VideoWish.of(video.wish).script))
    _close(video, VideoState.FINISHED)
    if passing := [purpose for purpose in files_of(video.pk) if purpose not in KEPT]:
        doom(video.pk, *passing)
    audit.record("video.finished", subject=video.pk, duration_ms=video.duration_ms)
    publish("video.finished", facts(video))


@transaction.atomic
def video_fail(*, video_id: UUID, code: str, detail: str) -> bool:
    """End an open video that can't be made; what is held is given back. Returns whether this call ended it."""
    video = lock_video(video_id)
    if not video.is_open:
        return False
    video.error, video.error_detail = code[:60], detail[:300]
    _give_up(video, VideoState.FAILED)
    audit.record("video.failed", subject=video.pk, error=video.error)
    publish("video.failed", facts(video))
    return True


@transaction.atomic
def video_cancel(*, video_id: UUID) -> Video:
    """Stop the making of a video, also in the middle of a segment; everything is given back. One that is over stays as it is."""
    video = lock_video(video_id)
    if video.is_open:
        _give_up(video, VideoState.CANCELLED)
        audit.record("video.cancelled", subject=video.pk)
    return video


@transaction.atomic
def video_delete(*, video_id: UUID) -> None:
    """Take a video away, its files too unless another one was copied from it: then that one keeps them, and their room."""
    _lock_sharers(video_id)
    video = video_cancel(video_id=video_id)
    heir = Video.objects.filter(files_id=video.files_id).exclude(pk=video.pk).order_by("created_at").first()
    if heir is None:
        doom(video.files_id)
        give_room_back(video)
    elif video.storage_hold is not None:
        heir.storage_hold, heir.storage_step = video.storage_hold, video.storage_step
        heir.save(update_fields=["storage_hold", "storage_step"])
    audit.record("video.deleted", subject=video.pk)
    tell_deleted(video)
    video.delete()


def _lock_sharers(video_id: UUID) -> None:
    """Lock all videos that share this one's files, in the order of their ids: of two that go at once one sees the other."""
    shared = Video.objects.filter(pk=video_id).values("files_id")
    list(Video.objects.select_for_update(no_key=True).filter(files_id__in=shared).order_by("id").values_list("pk"))


def facts(video: Video) -> dict[str, Any]:
    """What webhooks tell of a video."""
    return {
        "video_id": video.pk,
        "title": video.title,
        "state": video.state,
        "avatar": video.wish["avatar"],
        "duration_ms": video.duration_ms,
        "error": video.error,
        "detail": video.error_detail,
        "created_at": video.created_at,
        "finished_at": video.finished_at,
    }


def _give_up(video: Video, state: VideoState) -> None:
    give_room_back(video)
    video.storage_hold = None
    _release(video, rendered_ms=0, characters=0)
    _close(video, state)
    doom(video.pk)


def _release(video: Video, *, rendered_ms: int, characters: int) -> None:
    """Charge so much; a transcript was charged when it was read (working.charge_transcript)."""
    if video.render_hold is not None:
        release(hold_id=video.render_hold, used=rendered_ms, sequence=2, usage=usage_of(video))
    if video.characters_hold is not None:
        release(hold_id=video.characters_hold, used=characters, sequence=2, usage=usage_of(video))
    video.render_hold = video.characters_hold = None


def _close(video: Video, state: VideoState) -> None:
    video.state, video.finished_at, video.lease, video.leased_until = state, timezone.now(), None, None
    video.save()
    VideoSegment.objects.filter(video=video).delete()
    send_next_on_commit()
    tell(video.pk)
