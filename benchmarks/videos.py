"""How fast a finished video is made, as somebody who asks for it over REST sees it, and whether its sound fits its lips."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from uuid import UUID

import httpx
import numpy as np

from benchmarks.figures import Figures
from benchmarks.frames import photo_avatar
from benchmarks.installation import Installation
from benchmarks.synchrony import offset_ms

HEAD = "ada"  # with long hair: the slowest of the cast
SENTENCES = "The bakery opens at seven in the morning. Fresh bread comes out of the oven every hour, and coffee is always warm. "
SHORT, LONG = SENTENCES, SENTENCES * 4
PATIENCE_SECONDS = 600.0
_UNDER_WAY = ("queued", "preparing", "rendering", "finishing")


async def measure(place: Installation, figures: Figures) -> None:
    """video_speed_photo_512, video_speed_head_512, video_core_s_…, video_av_offset_ms."""
    await asyncio.to_thread(_measure, place, figures)


def _measure(place: Installation, figures: Figures) -> None:
    place.start_drawing("videos")
    photo = photo_avatar(place)
    headers = {"Authorization": f"Bearer {place.key}"}
    with httpx.Client(base_url=place.url, headers=headers, timeout=60) as http:
        for name, avatar in (("photo", photo), ("head", HEAD)):
            _made(http, avatar=avatar, script=SHORT, title="to warm up")
            began, before = time.perf_counter(), place.cpu_seconds()
            seconds = _made(http, avatar=avatar, script=LONG)["duration_ms"] / 1000
            figures.value(
                f"video_speed_{name}_512", seconds / (time.perf_counter() - began), f"× real time, {seconds:.0f} s, WebM"
            )
            used = place.cpu_seconds()["videos"] - before["videos"]  # tells more than the clock where others use the machine, too
            figures.value(f"video_core_s_{name}_512", used / seconds, "s of a core a second of video, of the workers")
        videos = [_made(http, avatar=photo, script=SHORT, format=form) for form in ("webm", "mp4")]
        offsets = [_offset_ms(video["id"], http.get(video["files"]["video_url"]).content) for video in videos]
    figures.value("video_av_offset_ms", max(offsets, key=abs), "ms, the worse of WebM and MP4", "-20 to 20")


def _made(http: httpx.Client, **wish: Any) -> dict[str, Any]:
    """A video that was asked for, once it is finished."""
    row = http.post("/api/v1/videos", json={"voice": "hibari-heart"} | wish).raise_for_status().json()
    until = time.monotonic() + PATIENCE_SECONDS
    while row["state"] in _UNDER_WAY and time.monotonic() < until:
        time.sleep(0.25)
        row = http.get(f"/api/v1/videos/{row['id']}").raise_for_status().json()
    if row["state"] != "finished":
        raise RuntimeError(f"The video is {row['state']}: {row['error']}")
    found: dict[str, Any] = row
    return found


def _offset_ms(video_id: str, file: bytes) -> float:
    """Of a finished file, against what its wish makes of itself."""
    from accounts.models import Workspace
    from accounts.tenancy import workspace_scope
    from avatars.videos.drawing import Scene
    from avatars.videos.faces import renderer_for, rig_of
    from avatars.videos.models import Video
    from avatars.videos.performance import spoken
    from avatars.videos.wish import VideoWish

    with workspace_scope(Workspace.objects.get().pk):
        wish = VideoWish.of(Video.objects.get(pk=UUID(video_id)).wish)
        performance, renderer = spoken(wish, rig_of(wish.avatar)), renderer_for(wish)
    scene = Scene(wish=wish, performance=performance, renderer=renderer)
    return offset_ms(file, performance, np.concatenate(list(scene.frames(0, len(performance.table)))), wish.fps)
