"""The viewers of the picture benchmark, a process of their own: `python -m benchmarks.frames_client < order.json`.

Opens the sessions of the order, lets each speak one text after the other, notes what comes and when, prints it as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Any

import httpx

from benchmarks.listener import BUFFER_SECONDS, HEADER, Listener, Spoken
from benchmarks.load import keep_talking

PICTURES = range(4, 7)  # JPEG, WebP, VP8 and H.264 are the kinds from 4 on
TELL_SECONDS = 0.25  # as the SDK tells what was played and what pictures came


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to open: so many sessions of an avatar, what pictures they want, and for how long they speak."""

    url: str
    key: str
    avatar: str
    sessions: int
    seconds: float
    video: dict[str, Any]


@dataclass(slots=True)
class Shown:
    """The pictures of one turn: how many in time, how many late, how far ahead each came (ms)."""

    in_time: int = 0
    late: int = 0
    ahead_ms: list[float] = field(default_factory=list)


class Viewer(Listener):
    """A session's driver that wants pictures."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.shown: dict[int, Shown] = {}
        self.received = self.pictures = 0
        self.changes: list[dict[str, Any]] = []
        self.drawn = asyncio.Event()
        self.teller = asyncio.create_task(self._tell())

    def _media(self, message: bytes, now: float) -> None:
        _, kind, _, number, pts_ms, _ = HEADER.unpack_from(message)
        if kind not in PICTURES:
            super()._media(message, now)
            return
        self.received += len(message)
        self.pictures += 1
        if number:
            self._picture(self.turns[number], self.shown.setdefault(number, Shown()), pts_ms, now)

    def _picture(self, turn: Spoken, shown: Shown, pts_ms: int, now: float) -> None:
        """A picture that comes before the first sound is in time."""
        begun = turn.first_audio or now
        ahead = begun + BUFFER_SECONDS + pts_ms / 1000 - now
        shown.ahead_ms.append(ahead * 1000)
        shown.in_time += ahead >= 0
        shown.late += ahead < 0

    def _event(self, event: dict[str, Any]) -> None:
        super()._event(event)
        if event["type"] == "video.changed":
            self.changes.append(event)
            if event["renderer"] != "still":
                self.drawn.set()

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(TELL_SECONDS)
            await self.send({"type": "video.seen", "bytes": self.received})
            await self._tell_played()

    async def _tell_played(self) -> None:
        number = len(self.turns)
        turn = self.turns.get(number)
        if turn is None or not turn.first_audio or number in self.finished:
            return
        heard = (time.perf_counter() - turn.first_audio - BUFFER_SECONDS) * 1000
        if 0 < heard < turn.audio_ms:
            late = self.shown[number].late if number in self.shown else 0
            await self.send({"type": "played", "turn": number, "pts_ms": round(heard), "late_frames": late})


async def main() -> None:
    """Read the order, carry it out, print what was seen."""
    order = Order(**json.load(sys.stdin))
    headers = {"Authorization": f"Bearer {order.key}"}
    async with httpx.AsyncClient(base_url=order.url, headers=headers, timeout=60) as http:
        wish = {"avatar": order.avatar, "voice": "hibari-heart", "render": "server", "video": order.video}
        viewers = [await Viewer.open(http, wish) for _ in range(order.sessions)]
        await asyncio.wait_for(asyncio.gather(*(viewer.drawn.wait() for viewer in viewers)), 60)
        print("ready", flush=True)
        began, pictures = time.process_time(), sum(viewer.pictures for viewer in viewers)
        said = await asyncio.gather(*(keep_talking(viewer, order.seconds) for viewer in viewers))
        cpu, pictures = time.process_time() - began, sum(viewer.pictures for viewer in viewers) - pictures
        for viewer in viewers:
            viewer.teller.cancel()
        seen = [turn for viewer, turns in zip(viewers, said, strict=True) for turn in _turns(viewer, turns)]
        changes = [viewer.changes for viewer in viewers]
        print(json.dumps({"turns": seen, "changes": changes, "cpu_s": cpu, "pictures": pictures}), flush=True)
        await asyncio.gather(*(viewer.close() for viewer in viewers))


def _turns(viewer: Viewer, turns: list[Spoken]) -> list[dict[str, Any]]:
    return [
        {"audio_ms": turn.audio_ms, "audio_late_ms": turn.worst_late_ms} | asdict(viewer.shown.get(number, Shown()))
        for number, turn in enumerate(turns, start=1)
    ]


if __name__ == "__main__":
    asyncio.run(main())
