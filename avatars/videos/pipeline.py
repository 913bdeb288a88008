"""A video's making, as the actors run it: prepare, render each segment, finish. Every step can be taken again by another
worker; what a step leaves behind is stored before the step counts as done."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from django.db import connection
from dramatiq.middleware import Shutdown

from accounts.errors import NotFound, Problem
from accounts.tenancy import workspace_scope
from avatars.models import StoredFile
from avatars.render.base import Renderer, RenderFailed
from avatars.services.files import doom, files_of
from avatars.storage import content_of, writing
from avatars.videos import faces, services, vigil
from avatars.videos.alignment import Differs
from avatars.videos.captions import captions, webvtt
from avatars.videos.drawing import Scene, draw_segment
from avatars.videos.easel import easel
from avatars.videos.encoder import SUFFIX, CodecMissing, recipe
from avatars.videos.hearing import Unreadable, recorded
from avatars.videos.joining import join
from avatars.videos.models import Video, VideoSegment, VideoState
from avatars.videos.performance import Performance, TooLong, performance_of, segments, spoken
from avatars.videos.provenance import manifest, metadata
from avatars.videos.services import Lost, Place
from avatars.videos.wish import VideoWish
from avatars.voice import SpeechError

logger = logging.getLogger(__name__)
BEAT_SECONDS = 1.0
RendererFor = Callable[[VideoWish], Renderer]


def prepare(workspace_id: UUID, video_id: UUID) -> None:
    """Make and store the sound and the face track; cut the video into segments."""
    with workspace_scope(workspace_id):
        taken = services.take_video(video_id=video_id, states=[VideoState.QUEUED], state=VideoState.PREPARING)
    if taken is None:
        return
    video, place = taken
    with _guarded(workspace_id, video_id, lambda counts: services.let_video_go(place, counts=counts)):
        performance = _performance(workspace_id, video, place)
        with workspace_scope(workspace_id), writing() as write:
            _replace(video_id, "performance", write(**_stored(video_id, "performance", performance.as_bytes())))
            wish = VideoWish.of(video.wish)
            cuts = segments(len(performance.table), wish.fps)
            services.video_prepared(place, duration_ms=performance.duration_ms, cuts=cuts)


def render(workspace_id: UUID, segment_id: UUID, renderer_for: RendererFor = faces.renderer_for) -> None:
    """Draw, encode and store one segment."""
    with workspace_scope(workspace_id):
        taken = services.take_segment(segment_id=segment_id)
    if taken is None:
        return
    segment, place = taken
    with _guarded(workspace_id, segment.video_id, lambda counts: services.let_segment_go(place, counts=counts)):
        scene = _scene(workspace_id, segment.video, renderer_for)
        keep = _Beat(workspace_id, place)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"segment.{SUFFIX}"
            shown = draw_segment(scene, path, segment.first, segment.after, keep=keep)
            _keep_segment(workspace_id, segment, place, path.read_bytes(), shown)
    easel().rest()


def finish(workspace_id: UUID, video_id: UUID) -> None:
    """Join the segments and the sound; store the file with what belongs to it."""
    with workspace_scope(workspace_id):
        taken = services.take_video(video_id=video_id, states=[VideoState.RENDERING], state=VideoState.FINISHING)
    if taken is None:
        return
    video, place = taken
    with _guarded(workspace_id, video_id, lambda counts: services.let_video_go(place, counts=counts)):
        content, performance = _joined(workspace_id, video, place)
        with workspace_scope(workspace_id), writing() as write:
            services.video_finish(place, files=[write(**parts) for parts in _products(video, performance, content)])


def _performance(workspace_id: UUID, video: Video, place: Place) -> Performance:
    wish = VideoWish.of(video.wish)
    with workspace_scope(workspace_id):
        rig = faces.rig_of(wish.avatar)
        recording = content_of(files_of(video.pk)["audio"]) if wish.audio else b""
    beat = _Beat(workspace_id, place)

    def charge() -> None:
        with workspace_scope(workspace_id):
            services.charge_transcript(place)

    return recorded(recording, wish, rig, heard=beat, reading=charge) if wish.audio else spoken(wish, rig, heard=beat)


def _scene(workspace_id: UUID, video: Video, renderer_for: RendererFor) -> Scene:
    wish = VideoWish.of(video.wish)
    with workspace_scope(workspace_id):
        performance = performance_of(content_of(files_of(video.pk)["performance"]))
        renderer = renderer_for(wish)
    return Scene(wish=wish, performance=performance, renderer=renderer)


def _keep_segment(workspace_id: UUID, segment: VideoSegment, place: Place, content: bytes, shown: bytes) -> None:
    video_id = segment.video_id
    with workspace_scope(workspace_id), writing() as write:
        purpose = f"segment.{segment.number}"
        _replace(video_id, purpose, write(**_stored(video_id, purpose, content)))
        if segment.number == 0:
            _replace(video_id, "thumbnail", write(**_stored(video_id, "thumbnail", shown, "image/jpeg")))
        services.segment_done(place, video_id=video_id)


def _joined(workspace_id: UUID, video: Video, place: Place) -> tuple[bytes, Performance]:
    wish = VideoWish.of(video.wish)
    with tempfile.TemporaryDirectory() as folder:
        with workspace_scope(workspace_id):
            parts = list(_fetched(video, Path(folder)))
            performance = performance_of(content_of(files_of(video.pk)["performance"]))
        out, told = Path(folder) / f"video.{wish.format}", metadata(wish)
        keep = _Beat(workspace_id, place)
        join(out, parts, performance.sound, fps=wish.fps, kind=wish.format, metadata=told, keep=keep)
        return out.read_bytes(), performance


def _fetched(video: Video, folder: Path) -> Iterator[tuple[Path, int]]:
    """The segments in order, as files, with how many frames each has."""
    files = files_of(video.pk)
    for cut in VideoSegment.objects.filter(video=video).order_by("number"):
        path = folder / f"{cut.number}.{SUFFIX}"
        path.write_bytes(content_of(files[f"segment.{cut.number}"]))
        yield path, cut.after - cut.first


def _products(video: Video, performance: Performance, content: bytes) -> Iterator[dict[str, object]]:
    wish = VideoWish.of(video.wish)
    mime = recipe(wish.format).mime
    yield _stored(video.pk, "video", content, mime)
    if wish.captions == "vtt":
        yield _stored(video.pk, "captions", webvtt(captions(performance.words)).encode(), "text/vtt")
    told = manifest(wish, created_at=video.created_at.isoformat(), content=content, media_type=mime)
    yield _stored(video.pk, "manifest", told, "application/json")


def _stored(video_id: UUID, purpose: str, content: bytes, media_type: str = "application/octet-stream") -> dict[str, object]:
    return {"owner_id": video_id, "purpose": purpose, "content": content, "media_type": media_type}


def _replace(video_id: UUID, purpose: str, row: StoredFile) -> None:
    """Keep `row`; one of the same purpose that a lost worker left behind goes."""
    if purpose in files_of(video_id):
        doom(video_id, purpose)
    row.save(force_insert=True)


class _Beat:
    """A sign of life once a second; raises Lost when the work is not ours any more."""

    def __init__(self, workspace_id: UUID, place: Place) -> None:
        self._workspace_id, self._place, self._next = workspace_id, place, 0.0

    def __call__(self, drawn: int = -1) -> None:
        vigil.sign()
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + BEAT_SECONDS
        with workspace_scope(self._workspace_id):
            if drawn < 0:
                services.keep_video(self._place)
            else:
                services.keep_segment(self._place, drawn=drawn)
        if not connection.in_atomic_block:
            connection.close()  # back to the pool: drawing goes on for seconds


@contextmanager
def _guarded(workspace_id: UUID, video_id: UUID, let_go: Callable[[bool], None]) -> Iterator[None]:
    """What can't be made fails the video; what may work another time is given back, to be tried again."""
    try:
        with vigil.kept():
            yield
    except (Lost, NotFound):
        logger.info("Video %s is not ours to make any more.", video_id)
    except (SpeechError, RenderFailed, Problem) as error:
        _fail(workspace_id, video_id, error.code, str(error))
    except (Unreadable, Differs) as error:
        _fail(workspace_id, video_id, error.code, str(error))
    except TooLong as error:
        _fail(workspace_id, video_id, "too_long", str(error))
    except CodecMissing as error:
        _fail(workspace_id, video_id, "format_unavailable", str(error))
    except Shutdown:
        with workspace_scope(workspace_id):
            let_go(False)
        raise
    except Exception:
        logger.exception("A step of video %s failed; it will be tried again.", video_id)
        with workspace_scope(workspace_id):
            let_go(True)


def _fail(workspace_id: UUID, video_id: UUID, code: str, detail: str) -> None:
    with workspace_scope(workspace_id):
        services.video_fail(video_id=video_id, code=code, detail=detail)
