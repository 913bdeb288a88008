"""The steps of a video's making: who works on what (leases), and what follows when a step is done.

A worker takes a video or a segment by compare-and-set, keeps it by a sign of life every few seconds, and loses it when the
video is cancelled or the worker was silent for too long: then it can't write anything any more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from avatars.services.files import files_of
from avatars.services.room import fit_room
from avatars.videos.actors import finish_video, send_on_commit
from avatars.videos.models import SegmentState, Video, VideoSegment, VideoState
from avatars.videos.services.measures import bytes_while_made
from avatars.videos.services.sharing import WAKE_AGAIN, send_next_on_commit
from avatars.videos.telling import tell
from avatars.videos.wish import VideoWish
from quotas.billing.costs import LOCAL
from quotas.errors import refusal
from quotas.services import renew, settle
from quotas.values import UsageAttributes

LEASE = timedelta(seconds=30)
RETRY_AFTER = timedelta(seconds=5)
MOST_TRIES = 3


class Lost(Exception):
    """The video was cancelled or deleted, or somebody else works on it by now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a worker took: the row's id and the lease that proves it."""

    id: UUID
    lease: UUID


def usage_of(video: Video) -> UsageAttributes:
    """What the ledger remembers about a video's usage."""
    return UsageAttributes(occurred_at=timezone.now(), avatar=video.wish["avatar"], api_key_id=video.api_key_id, provider=LOCAL)


@transaction.atomic
def take_video(*, video_id: UUID, states: Iterable[VideoState], state: VideoState) -> tuple[Video, Place] | None:
    """Begin to prepare or finish a video that nobody works on; None where there is nothing to do."""
    now, lease = timezone.now(), uuid4()
    rows = Video.objects.filter(_free(now), pk=video_id, state__in=[*states, state])
    if state == VideoState.FINISHING and VideoSegment.objects.filter(_undone(), video_id=video_id).exists():
        return None
    if not rows.update(state=state, lease=lease, leased_until=now + LEASE, tries=F("tries") + 1):
        return None
    tell(video_id)
    return Video.objects.get(pk=video_id), Place(id=video_id, lease=lease)


@transaction.atomic
def keep_video(place: Place) -> None:
    """A sign of life. Raises Lost."""
    rows = Video.objects.filter(pk=place.id, lease=place.lease)
    if not rows.update(leased_until=timezone.now() + LEASE):
        raise Lost


@transaction.atomic
def let_video_go(place: Place, *, counts: bool) -> None:
    """Give it back, to be taken again in a moment; `counts` as a try where it failed."""
    rows = Video.objects.filter(pk=place.id, lease=place.lease)
    rows.update(lease=None, leased_until=timezone.now() + RETRY_AFTER, tries=F("tries") - (0 if counts else 1))


@transaction.atomic
def charge_transcript(place: Place) -> None:
    """Settle the characters of a transcript that is about to be spoken, once however often that happens: whatever becomes of the
    video then, nobody is read to for nothing. Raises Lost."""
    video = _locked(place)
    if video.characters_hold is not None:
        used = len(VideoWish.of(video.wish).transcript)
        settle(hold_id=video.characters_hold, used=used, sequence=1, usage=usage_of(video))


@transaction.atomic
def video_prepared(place: Place, *, duration_ms: int, cuts: Iterable[tuple[int, int]]) -> None:
    """The sound and the track are stored: hold exactly what is needed, cut into segments, send what is next.

    Raises Lost; QuotaExceeded when the video turns out longer than what is left.
    """
    video = _locked(place)
    upload = files_of(video.pk).get("audio")
    fit_room(video, bytes_while_made(VideoWish.of(video.wish), duration_ms, upload.size if upload is not None else 0))
    _hold_exactly(video, duration_ms)
    segments = [VideoSegment(video=video, number=n, first=first, after=after) for n, (first, after) in enumerate(cuts)]
    VideoSegment.objects.bulk_create(segments)
    video.state, video.rendering_at, video.tries = VideoState.RENDERING, timezone.now(), 0
    video.duration_ms, video.frames, video.lease, video.leased_until = duration_ms, segments[-1].after, None, None
    video.save()
    send_next_on_commit()
    tell(video.pk)


def _hold_exactly(video: Video, duration_ms: int) -> None:
    if video.render_hold is None:
        return
    renewal = renew(
        hold_id=video.render_hold,
        used=0,
        sequence=1,
        next_amount=duration_ms,
        lease=timedelta(hours=26),
        usage=usage_of(video),
    )
    if renewal.shortage:
        raise refusal(renewal.shortage)


@transaction.atomic
def take_segment(*, segment_id: UUID) -> tuple[VideoSegment, Place] | None:
    """Begin a segment that nobody works on; None where there is nothing to do."""
    now, lease = timezone.now(), uuid4()
    rows = VideoSegment.objects.filter(_free(now), pk=segment_id, video__state=VideoState.RENDERING)
    rows = rows.exclude(state=SegmentState.DONE)
    fresh = {"state": SegmentState.RUNNING, "lease": lease, "leased_until": now + LEASE, "drawn": 0}
    if not rows.update(tries=F("tries") + 1, **fresh):
        return None
    return VideoSegment.objects.select_related("video").get(pk=segment_id), Place(id=segment_id, lease=lease)


@transaction.atomic
def keep_segment(place: Place, *, drawn: int) -> None:
    """A sign of life, and how many frames are drawn. Raises Lost."""
    rows = _mine(place).filter(video__state=VideoState.RENDERING)
    if not rows.update(drawn=drawn, leased_until=timezone.now() + LEASE):
        raise Lost
    tell(VideoSegment.objects.values_list("video_id", flat=True).get(pk=place.id))


@transaction.atomic
def let_segment_go(place: Place, *, counts: bool) -> None:
    """As let_video_go."""
    waiting: dict[str, Any] = {"state": SegmentState.WAITING, "lease": None, "leased_until": timezone.now() + RETRY_AFTER}
    _mine(place).update(drawn=0, tries=F("tries") - (0 if counts else 1), **waiting)


@transaction.atomic
def segment_done(place: Place, *, video_id: UUID) -> None:
    """A segment's file is stored: send the next one, or have the video finished. Raises Lost."""
    # The video's row is the lock: two segments that end at once see each other.
    video = Video.objects.select_for_update(no_key=True).filter(pk=video_id, state=VideoState.RENDERING).first()
    done = {"state": SegmentState.DONE, "lease": None, "leased_until": None}
    if video is None or not _mine(place).update(drawn=F("after") - F("first"), **done):
        raise Lost
    if not VideoSegment.objects.filter(_undone(), video=video).exists():
        wake_to_finish(video)
    send_next_on_commit()
    tell(video.pk)


def wake_to_finish(video: Video) -> None:
    """Every segment is there: ask a worker to join them."""
    Video.objects.filter(pk=video.pk).update(lease=None, leased_until=timezone.now() + WAKE_AGAIN)
    send_on_commit(finish_video, video.workspace_id, video.pk)


def _mine(place: Place) -> Any:
    return VideoSegment.objects.filter(pk=place.id, lease=place.lease, state=SegmentState.RUNNING)


def _undone() -> Q:
    return ~Q(state=SegmentState.DONE)


def _free(now: datetime) -> Q:
    return Q(lease=None) | Q(leased_until__lt=now)


def _locked(place: Place) -> Video:
    video = Video.objects.select_for_update(no_key=True).filter(pk=place.id, lease=place.lease).first()
    if video is None:
        raise Lost
    return video
