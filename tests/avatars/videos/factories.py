"""Videos for tests: a painter in place of a face, and the actors' steps one after another."""

from __future__ import annotations

import wave
from io import BytesIO
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from accounts.tenancy import workspace_scope
from avatars.face.channels import INDEX
from avatars.models import StoredFile
from avatars.render.base import Pictures, Table
from avatars.services.files import files_of
from avatars.storage import content_of
from avatars.videos import pipeline
from avatars.videos.models import Video, VideoSegment
from avatars.videos.services import video_create
from avatars.videos.wish import VideoWish

SCRIPT = "Papa bought a big brown bottle. Mama may move it."
JAW = INDEX["jawOpen"]


class Painter:
    """A renderer whose pictures are as bright as the jaw is open, transparent in their left half."""

    most = 8

    def __init__(self, wish: VideoWish) -> None:
        self.size = wish.size
        self.rendered = 0

    def render(self, table: Table) -> Pictures:
        self.rendered += len(table)
        width, height = self.size
        level = np.clip(table[:, JAW] * 255, 0, 255).astype(np.uint8)
        return np.broadcast_to(level[:, None, None, None], (len(table), height, width, 3)).copy()

    def render_rgba(self, table: Table) -> Pictures:
        pictures = self.render(table)
        cover = np.full((*pictures.shape[:3], 1), 255, np.uint8)
        cover[:, :, : self.size[0] // 2] = 0
        return np.concatenate([pictures, cover], axis=-1)


def a_wish(**changes: Any) -> VideoWish:
    """A short script in a small picture."""
    fields: dict[str, Any] = {"avatar": "ada", "script": SCRIPT, "voice": "hibari-heart", "width": 128, "height": 128}
    return VideoWish(**fields | changes)


def wav(sound: NDArray[np.int16]) -> bytes:
    """(n,) int16 mono at 24 kHz as a .wav file."""
    file = BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(24_000)
        writer.writeframes(sound.astype("<i2").tobytes())
    return file.getvalue()


def asked(workspace_id: UUID, *, title: str = "", **changes: Any) -> Video:
    """A video that waits for a worker."""
    with workspace_scope(workspace_id):
        return video_create(wish=a_wish(**changes), title=title)


def segments_of(workspace_id: UUID, video: Video) -> list[VideoSegment]:
    """In order."""
    with workspace_scope(workspace_id):
        return list(VideoSegment.objects.filter(video=video).order_by("number"))


def made(workspace_id: UUID, video: Video) -> Video:
    """The video after every step that is left has been done."""
    pipeline.prepare(workspace_id, video.pk)
    for segment in segments_of(workspace_id, video):
        pipeline.render(workspace_id, segment.pk, Painter)
    pipeline.finish(workspace_id, video.pk)
    return now(workspace_id, video)


def now(workspace_id: UUID, video: Video) -> Video:
    """The video as it is stored."""
    with workspace_scope(workspace_id):
        return Video.objects.get(pk=video.pk)


def files(workspace_id: UUID, video: Video) -> dict[str, StoredFile]:
    with workspace_scope(workspace_id):
        return files_of(video.files_id)


def content(workspace_id: UUID, video: Video, purpose: str = "video") -> bytes:
    return content_of(files(workspace_id, video)[purpose])
