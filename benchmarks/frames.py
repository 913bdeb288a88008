"""How many sessions can be drawn at once, 512 × 512 at 25 pictures a second, before sound or pictures come late. On a graphics
card, where it draws (BENCH_FRAMES="4 8 16 32 64" has it try more of them).

The viewers are a process of their own on the same machine; they decode nothing.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

import httpx
import numpy as np

from avatars.render.choose import device
from benchmarks.figures import Figures
from benchmarks.frames_client import Order
from benchmarks.installation import Installation
from benchmarks.pictures import PHOTOS
from config.processes import frames

VIDEO = {"codecs": ["vp8", "jpeg"], "width": 512, "fps": 25}
STEPS = tuple(int(count) for count in os.environ.get("BENCH_FRAMES", "2 3 4 5 6 8").split())
SECONDS = 24.0
LEAST_FPS = 24.0  # the median turn shows at least so many pictures a second in time
HEAD = "omar"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What came of so many sessions."""

    sessions: int
    fps: tuple[float, ...]  # of each turn, pictures in time
    late_audio: int
    late: int
    in_time: int
    ahead_ms: tuple[float, ...]
    lowered: int  # sessions whose pictures became fewer or smaller
    cpu_ms: dict[str, float]  # by part, for each second spoken by all
    picture_ms: float  # CPU of the workers that draw, for each picture

    @property
    def is_clean(self) -> bool:
        """No sound late, and pictures as asked for."""
        return not self.late_audio and float(np.median(self.fps)) >= LEAST_FPS

    def __str__(self) -> str:
        fps = " ".join(f"p{p} {np.percentile(self.fps, p):.1f}" for p in (50, 5))
        counts = f"late audio {self.late_audio}, pictures late {self.late} of {self.late + self.in_time}, lowered {self.lowered}"
        cost = f"CPU ms a picture {self.picture_ms:.1f}, a second spoken {self.cpu_ms}"
        return f"{self.sessions} sessions: fps {fps}, {counts}, {cost}"


async def measure(place: Installation, figures: Figures) -> None:
    """live_frames_… for photo avatars, live_heads_sessions_2_cores for a head."""
    _start(place)
    photo = await asyncio.to_thread(photo_avatar, place)
    best, last = await _climb(place, photo)
    figures.value("live_frames_sessions_2_cores", best.sessions if best else 0, "photo sessions, 512², 25 fps", "≥ 4")
    step = best or last
    for share in (50, 5):
        figures.value(f"live_frames_fps_p{share}", float(np.percentile(step.fps, share)), "pictures a second in time, of a turn")
    figures.value("live_frames_late_audio", step.late_audio, "turns", "0")
    figures.value("live_frames_late_share", 100 * step.late / max(1, step.late + step.in_time), "% of pictures")
    figures.value("live_frames_ahead_ms", float(np.median(step.ahead_ms)), "ms before they are due, median")
    figures.value("live_frames_cpu_ms", step.picture_ms, "ms of CPU a picture, drawn, encoded and published")
    best, _ = await _climb(place, HEAD)
    figures.value("live_heads_sessions_2_cores", best.sessions if best else 0, f"sessions of {HEAD}, 512², 25 fps")


def _start(place: Installation) -> None:
    """A process for each core; on a graphics card one, which draws the frames of all sessions together."""
    if device() == "cuda":
        place.processes.start("frames", frames(processes=1, threads=max(STEPS) + 1))
    place.start_drawing("frames")


async def _climb(place: Installation, avatar: str) -> tuple[Step | None, Step]:
    """The last clean step, and the last one tried."""
    best = None
    for count in STEPS:
        step = await asyncio.to_thread(_step, place, avatar, count)
        print(f"  {avatar}: {step}", flush=True)
        if not step.is_clean:
            break
        best = step
    return best, step


def photo_avatar(place: Installation) -> str:
    """Made as anybody's: uploaded, and prepared by the worker for avatars."""
    from avatars.consent import VERSION  # Django is set up by now

    place.start_drawing("avatars")
    headers = {"Authorization": f"Bearer {place.key}"}
    with httpx.Client(base_url=place.url, headers=headers, timeout=60) as http:
        form, content = {"name": "Portrait", "consent": VERSION}, (PHOTOS / "astronaut.jpg").read_bytes()
        made: dict[str, Any] = http.post("/api/v1/avatars", data=form, files={"file": ("a.jpg", content)}).json()
        until = time.monotonic() + 120
        while made["state"] == "preparing" and time.monotonic() < until:
            time.sleep(0.2)
            made = http.get(f"/api/v1/avatars/{made['id']}").json()
    if made["state"] != "ready":
        raise RuntimeError(f"The photo avatar is {made['state']}.")
    return str(made["id"])


def _step(place: Installation, avatar: str, count: int) -> Step:
    order = Order(url=place.url, key=place.key, avatar=avatar, sessions=count, seconds=SECONDS, video=VIDEO)
    command = [sys.executable, "-m", "benchmarks.frames_client"]
    return asyncio.run(_seen(place, command, json.dumps(asdict(order)).encode(), count))


async def _seen(place: Installation, command: list[str], order: bytes, count: int) -> Step:
    pipe = asyncio.subprocess.PIPE
    client = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, limit=2**26)
    assert client.stdin is not None and client.stdout is not None
    client.stdin.write(order)
    client.stdin.write_eof()
    await client.stdout.readline()
    before = place.cpu_seconds()
    said = await client.stdout.readline()
    used = {name: after - before.get(name, 0.0) for name, after in place.cpu_seconds().items()}
    await client.wait()
    seen = json.loads(said)
    return _summed(seen, used | {"viewers": seen["cpu_s"]}, count)


def _summed(seen: dict[str, Any], used: dict[str, float], count: int) -> Step:
    turns = seen["turns"]
    spoken = sum(turn["audio_ms"] for turn in turns) / 1000
    full = {"width": VIDEO["width"], "fps": VIDEO["fps"]}
    return Step(
        sessions=count,
        fps=tuple(turn["in_time"] * 1000 / turn["audio_ms"] for turn in turns),
        late_audio=sum(turn["audio_late_ms"] > 0 for turn in turns),
        late=sum(turn["late"] for turn in turns),
        in_time=sum(turn["in_time"] for turn in turns),
        ahead_ms=tuple(ahead for turn in turns for ahead in turn["ahead_ms"]),
        lowered=sum(any(change | full != change for change in changes) for changes in seen["changes"]),
        cpu_ms={name: round(1000 * value / spoken, 1) for name, value in used.items() if value > 0.005 * spoken},
        picture_ms=1000 * used["frames"] / max(1, seen["pictures"]),
    )
