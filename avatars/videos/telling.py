"""Tells who watches how far a workspace's videos are: over Redis, at best once. What must not be lost is in the database."""

from __future__ import annotations

import json
import logging
from functools import partial
from typing import Any
from uuid import UUID

import redis
from django.db import transaction

from accounts.queue import broker
from avatars.videos.models import Video
from avatars.videos.selectors import access_video, error_of, progress_of

logger = logging.getLogger(__name__)


def channel(workspace_id: object) -> str:
    """The name, below `media:`, under which gateways listen."""
    return f"videos:{workspace_id}"


def tell(video_id: UUID) -> None:
    """What this transaction made of the video is told once it has committed."""
    video = access_video(video_id)
    transaction.on_commit(partial(_publish, video.workspace_id, told(video)), robust=True)


def tell_deleted(video: Video) -> None:
    """The video is gone once this transaction has committed."""
    transaction.on_commit(partial(_publish, video.workspace_id, {"video": str(video.pk)}), robust=True)


def told(video: Video) -> dict[str, Any]:
    """A row of `all_videos` as `video.progress` tells it."""
    progress = progress_of(video)
    return {
        "video": str(video.pk),
        "state": video.state,
        "progress": {"percent": progress.percent, "stage": progress.stage, "seconds_left": progress.seconds_left},
        "error": error_of(video),
    }


def _publish(workspace_id: UUID, facts: dict[str, Any]) -> None:
    try:
        broker.client.publish(f"media:{channel(workspace_id)}", json.dumps(facts))
    except redis.RedisError as error:
        logger.warning("Nobody was told how far video %s is: %s", facts["video"], error)
