"""Reading videos: every path from an id to a row is here, inside the workspace scope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.errors import NotFound
from accounts.tenancy import TenantQuerySet
from avatars.models import StoredFile
from avatars.services.files import files_of
from avatars.videos.hints import hint_for
from avatars.videos.models import Video, VideoSegment, VideoState

_PREPARED, _RENDERED = 4, 96  # percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """`percent` 0–100 of the whole; `seconds_left` None while nothing is known."""

    percent: int
    stage: str
    seconds_left: int | None


def all_videos() -> TenantQuerySet[Video]:
    """Newest first, each with `drawn`, the frames that are drawn by now."""
    parts = VideoSegment.objects.filter(video_id=OuterRef("pk")).order_by().values("video_id")
    drawn = Subquery(parts.annotate(total=Sum("drawn")).values("total"))
    rows: Any = Video.objects.get_queryset().annotate(drawn=Coalesce(drawn, 0))
    ordered: TenantQuerySet[Video] = rows.order_by("-created_at", "-id")
    return ordered


def access_video(video_id: UUID | str) -> Video:
    """The video, with `drawn`; raises NotFound when it is absent or a stranger's."""
    return _found(all_videos().filter(pk=video_id).first())


def lock_video(video_id: UUID) -> Video:
    """The video, its row locked until the transaction ends; raises NotFound."""
    return _found(Video.objects.select_for_update(no_key=True).filter(pk=video_id).first())


def file_of(video: Video, purpose: str) -> StoredFile:
    """One of a finished video's files: video, captions, thumbnail, manifest. Raises NotFound."""
    row = files_of(video.files_id).get(purpose) if video.state == VideoState.FINISHED else None
    if row is None:
        raise NotFound(f"The video has no {purpose} (yet).", code="file_not_found")
    return row


def progress_of(video: Video, now: datetime | None = None) -> Progress:
    """How far a video of `all_videos` is."""
    if video.state == VideoState.RENDERING and video.rendering_at is not None:
        drawn: int = getattr(video, "drawn", 0)
        spent = ((now or timezone.now()) - video.rendering_at).total_seconds()
        left = round(spent * (video.frames - drawn) / drawn) + 1 if drawn else None
        percent = _PREPARED + (_RENDERED - _PREPARED) * drawn // max(1, video.frames)
        return Progress(percent=percent, stage=video.state, seconds_left=left)
    percent = {VideoState.PREPARING: 2, VideoState.FINISHING: _RENDERED, VideoState.FINISHED: 100}.get(VideoState(video.state), 0)
    return Progress(percent=percent, stage=video.state, seconds_left=0 if not video.is_open else None)


def error_of(video: Video) -> dict[str, str] | None:
    """Why it failed, and what to do; None unless it did."""
    if not video.error:
        return None
    return {"code": video.error, "detail": video.error_detail, "hint": hint_for(video.error)}


def _found(video: Video | None) -> Video:
    if video is None:
        raise NotFound("No such video in this workspace.", code="video_not_found")
    return video
