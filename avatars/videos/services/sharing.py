"""How workers are shared: of each workspace so many steps are in the queue or at work, the others wait in the database.

The queue is first come, first served. Whoever comes therefore waits for AHEAD steps of each workspace that is busy, however
many videos it has asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import dramatiq
from django.db import connection, transaction
from django.db.models import Count, Q
from django.utils import timezone

from accounts.tenancy import current_workspace_id, workspace_scope
from avatars.videos.actors import prepare_video, render_segment, send_on_commit
from avatars.videos.models import OPEN_STATES, SegmentState, Video, VideoSegment, VideoState

AHEAD = 4
WAKE_AGAIN = timedelta(minutes=2)
_UNSENT = Q(leased_until=None)
_PREPARING = (VideoState.QUEUED, VideoState.PREPARING)


def send_next_on_commit() -> None:
    """As `send_next`, once this transaction has committed: it holds no lock that another one may wait for with one of ours."""
    workspace_id = current_workspace_id()
    transaction.on_commit(lambda: send_next(workspace_id), robust=True)


def send_next(workspace_id: UUID) -> None:
    """Send as many of a workspace's steps as are its share: one video to prepare at a time, as that may take minutes; then
    segments, of the video of which the fewest are at work, and the fewest are drawn: a short one is not kept by a long one."""
    with workspace_scope(workspace_id):
        one_at_a_time("sharing")
        room = AHEAD - _at_work()
        room -= _prepare_one(workspace_id) if room > 0 else 0
        _render_some(workspace_id, room)


def one_at_a_time(what: str) -> None:
    """Until this transaction ends, no other one of the workspace does the same."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"avatars.videos.{what}:{current_workspace_id()}"])


def waiting_workspaces() -> set[UUID]:
    """Those where something waits to be sent; every workspace's, unscoped."""
    segments = VideoSegment.objects.filter(_UNSENT, state=SegmentState.WAITING, video__state=VideoState.RENDERING)
    videos = Video.objects.filter(_UNSENT, state=VideoState.QUEUED)
    return {found for rows in (segments, videos) for found in rows.values_list("workspace_id", flat=True).distinct()}


def _at_work() -> int:
    """Steps in the queue, with a worker, or to be tried again in a moment."""
    videos = Video.objects.filter(state__in=OPEN_STATES).exclude(leased_until=None).count()
    segments = VideoSegment.objects.filter(video__state=VideoState.RENDERING).exclude(state=SegmentState.DONE)
    return videos + segments.exclude(leased_until=None).count()


def _prepare_one(workspace_id: UUID) -> int:
    if Video.objects.filter(state__in=_PREPARING).exclude(leased_until=None).exists():
        return 0
    waiting = Video.objects.filter(_UNSENT, state=VideoState.QUEUED).order_by("id")
    return _send(prepare_video, workspace_id, waiting.first())


def _render_some(workspace_id: UUID, room: int) -> None:
    shares = _shares()
    while room > 0 and shares:
        share = min(shares, key=lambda one: (one.at_work, one.done, one.video_id))
        waiting = VideoSegment.objects.filter(_UNSENT, video_id=share.video_id, state=SegmentState.WAITING).order_by("number")
        sent = _send(render_segment, workspace_id, waiting.first())
        room, share.at_work = room - sent, share.at_work + sent
        shares = shares if sent else [one for one in shares if one is not share]


@dataclass(slots=True, kw_only=True)
class _Share:
    """Segments of a video that workers have been told of, and those that they have drawn."""

    video_id: UUID
    at_work: int
    done: int


def _shares() -> list[_Share]:
    is_done = Q(state=SegmentState.DONE)
    rows = VideoSegment.objects.filter(video__state=VideoState.RENDERING).order_by().values("video_id")
    counted = rows.annotate(at_work=Count("pk", filter=~is_done & ~_UNSENT), done=Count("pk", filter=is_done))
    return [_Share(**row) for row in counted]


def _send(actor: dramatiq.Actor[[str, str], None], workspace_id: UUID, row: Video | VideoSegment | None) -> int:
    """Whether it was still there and waiting."""
    if row is None:
        return 0
    waiting = type(row).objects.filter(_UNSENT, pk=row.pk, state=row.state)
    sent = waiting.update(leased_until=timezone.now() + WAKE_AGAIN)
    if sent:
        send_on_commit(actor, workspace_id, row.pk)
    return sent
