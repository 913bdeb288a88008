"""What only time brings: work that nobody does because a message or a worker was lost, and videos that never end."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from accounts.tenancy import unscoped, workspace_scope
from avatars.videos.actors import finish_video, prepare_video, render_segment, send_on_commit
from avatars.videos.models import OPEN_STATES, SegmentState, Video, VideoSegment, VideoState
from avatars.videos.services import video_fail
from avatars.videos.services.sharing import WAKE_AGAIN, send_next, waiting_workspaces
from avatars.videos.services.working import MOST_TRIES

logger = logging.getLogger(__name__)
TOO_OLD = timedelta(hours=24)
_BATCH = 200
_PREPARED_BY = (VideoState.QUEUED, VideoState.PREPARING)


def sweep(now: datetime) -> int:
    """Wake what waits for nobody and fail what can't be made; returns how many rows needed something."""
    with unscoped("videos of every workspace wait for workers"):
        videos = Video.objects.filter(state__in=OPEN_STATES)
        segments = VideoSegment.objects.filter(video__state=VideoState.RENDERING, leased_until__lt=now)
        late = segments.exclude(state=SegmentState.DONE)
        failing = _failing(videos, late, now)
        waking = list(videos.filter(leased_until__lt=now).values_list("workspace_id", "pk", "state")[:_BATCH])
        cut = list(late.values_list("workspace_id", "pk")[:_BATCH])
        waiting = waiting_workspaces()
    for (workspace_id, video_id), code in failing.items():
        _one(workspace_id, partial(video_fail, video_id=video_id, code=code, detail=_DETAILS[code]))
    for workspace_id, video_id, state in waking:
        _one(workspace_id, partial(_wake_video, video_id, state, now))
    for workspace_id, segment_id in cut:
        _one(workspace_id, partial(_wake_segment, segment_id, now))
    for workspace_id in waiting:
        _one(workspace_id, partial(send_next, workspace_id))
    return len(failing) + len(waking) + len(cut)


def _failing(videos: Any, late: Any, now: datetime) -> dict[tuple[UUID, UUID], str]:
    """(workspace, video) → the code of its error. A lease that nobody gave back is of a worker that died, or hung."""
    tried = videos.filter(tries__gte=MOST_TRIES, leased_until__lt=now) | videos.filter(created_at__lt=now - TOO_OLD)
    rows = list(tried.values_list("workspace_id", "pk", "lease")[:_BATCH])
    rows += late.filter(tries__gte=MOST_TRIES).values_list("workspace_id", "video_id", "lease")[:_BATCH]
    return {(workspace_id, video_id): "worker_lost" if lease else "render_failed" for workspace_id, video_id, lease in rows}


_DETAILS = {
    "render_failed": "The video could not be made: its making failed several times. The server's log has the cause.",
    "worker_lost": "The video could not be made: several workers died or hung over it. The server's log has the cause.",
}


def _one(workspace_id: UUID, act: Callable[[], object]) -> None:
    try:
        with workspace_scope(workspace_id):
            act()
    except Exception:
        logger.exception("The clock could not look after a video.")


def _wake_video(video_id: UUID, state: str, now: datetime) -> None:
    rows = Video.objects.filter(pk=video_id, state=state, leased_until__lt=now)
    if rows.update(lease=None, leased_until=now + WAKE_AGAIN):
        actor = prepare_video if state in _PREPARED_BY else finish_video
        send_on_commit(actor, Video.objects.get(pk=video_id).workspace_id, video_id)


def _wake_segment(segment_id: UUID, now: datetime) -> None:
    rows = VideoSegment.objects.filter(pk=segment_id, leased_until__lt=now).exclude(state=SegmentState.DONE)
    if rows.update(state=SegmentState.WAITING, lease=None, leased_until=now + WAKE_AGAIN):
        send_on_commit(render_segment, VideoSegment.objects.get(pk=segment_id).workspace_id, segment_id)
