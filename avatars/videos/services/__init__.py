"""Writes on videos: asking for one, the steps of its making, its end."""

from avatars.videos.services.asking import video_create
from avatars.videos.services.ending import video_cancel, video_delete, video_fail, video_finish
from avatars.videos.services.working import (
    Lost,
    Place,
    charge_transcript,
    keep_segment,
    keep_video,
    let_segment_go,
    let_video_go,
    segment_done,
    take_segment,
    take_video,
    video_prepared,
)

__all__ = [
    "Lost",
    "Place",
    "charge_transcript",
    "keep_segment",
    "keep_video",
    "let_segment_go",
    "let_video_go",
    "segment_done",
    "take_segment",
    "take_video",
    "video_cancel",
    "video_create",
    "video_delete",
    "video_fail",
    "video_finish",
    "video_prepared",
]
