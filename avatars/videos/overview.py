"""Videos as pages and the API show them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from avatars.models import StoredFile
from avatars.services.files import files_of_many
from avatars.storage import link
from avatars.videos.models import Video, VideoState
from avatars.videos.selectors import error_of, progress_of

PRODUCTS = ("video", "thumbnail", "captions", "manifest")
_OF_THE_WISH = ("avatar", "voice", "script", "width", "height", "fps", "format", "captions", "background", "alpha")


def shapes(videos: Iterable[Video]) -> list[dict[str, Any]]:
    """Rows of `all_videos` as VideoOut shows them."""
    rows = list(videos)
    files = files_of_many({row.files_id for row in rows if row.state == VideoState.FINISHED})
    return [_shape(row, files.get(row.files_id, {})) for row in rows]


def shape(video: Video) -> dict[str, Any]:
    """`shapes` of one."""
    return shapes([video])[0]


def _shape(video: Video, files: dict[str, StoredFile]) -> dict[str, Any]:
    progress = progress_of(video)
    return {name: video.wish[name] for name in _OF_THE_WISH} | {
        "id": video.pk,
        "disclosure_text": video.wish["label"],
        "transcript": video.wish.get("transcript", ""),
        "title": video.title,
        "state": video.state,
        "progress": {"percent": progress.percent, "stage": progress.stage, "seconds_left": progress.seconds_left},
        "duration_ms": video.duration_ms,
        "size_bytes": video.size,
        "from_cache": video.from_cache,
        "error": error_of(video),
        "files": {f"{purpose}_url": link(files[purpose]) if purpose in files else None for purpose in PRODUCTS},
        "created_at": video.created_at,
        "finished_at": video.finished_at,
    }
