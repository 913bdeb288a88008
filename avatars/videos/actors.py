"""The queue `render`: messages that only say what to look at. What decides is in the database; a lost message is made up
for by the clock (clock.py). The work is imported when it comes: who only sends needs no codecs."""

from __future__ import annotations

from uuid import UUID

import dramatiq
from django.db import transaction

from accounts.queue import broker

_HOUR_MS = 3_600_000


@dramatiq.actor(broker=broker, queue_name="render", max_retries=0, time_limit=_HOUR_MS, notify_shutdown=True)
def prepare_video(workspace_id: str, video_id: str) -> None:
    """Make a video's sound and face track, and cut it into segments."""
    from avatars.videos import pipeline

    pipeline.prepare(UUID(workspace_id), UUID(video_id))


@dramatiq.actor(broker=broker, queue_name="render", max_retries=0, time_limit=_HOUR_MS, notify_shutdown=True)
def render_segment(workspace_id: str, segment_id: str) -> None:
    """Draw and encode one segment."""
    from avatars.videos import pipeline

    pipeline.render(UUID(workspace_id), UUID(segment_id))


@dramatiq.actor(broker=broker, queue_name="render", max_retries=0, time_limit=_HOUR_MS, notify_shutdown=True)
def finish_video(workspace_id: str, video_id: str) -> None:
    """Join the segments and the sound."""
    from avatars.videos import pipeline

    pipeline.finish(UUID(workspace_id), UUID(video_id))


def send_on_commit(actor: dramatiq.Actor[[str, str], None], workspace_id: UUID, subject_id: UUID) -> None:
    """Send a message once the transaction has committed; a queue that is away can't undo what has been saved."""
    transaction.on_commit(lambda: actor.send(str(workspace_id), str(subject_id)), robust=True)
