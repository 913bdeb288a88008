"""The gateway's side of pictures: asks for a worker that draws, sends what it makes, and tells it how that went.

Pictures have a task of their own, so sound never waits in their queue. What they need is never allowed to end a connection.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sessions.video import VideoWish
from streaming import bus
from streaming.connection import Admission, in_database
from streaming.frames import bus as frames_bus
from streaming.frames.outbox import LEAST_WINDOW, Outbox
from streaming.frames.tasks import MESSAGE_SECONDS, Assignment, draw_session
from streaming.hub import Hub, Mailbox
from streaming.protocol import HEADER, Kind, control

if TYPE_CHECKING:
    from streaming.consumers import SessionConsumer

logger = logging.getLogger(__name__)
KINDS = {"vp8": Kind.VP8, "webp": Kind.WEBP, "jpeg": Kind.JPEG}
REPORT_SECONDS = 0.5
ENSURE_SECONDS = 1.0
PICKUP_SECONDS = 10.0  # as for a turn that no worker takes
KEY_SECONDS = 0.5  # between two wishes for a key


class FrameBox(Mailbox):
    """The hub's mailbox for pictures: what is too much is dropped by the outbox, and nobody is present by it."""

    counts = False

    def __init__(self, session_id: str, connection: str, outbox: Outbox) -> None:
        super().__init__(frames_bus.mailbox_name(session_id), connection, is_driver=False)
        self.outbox = outbox
        self.news = asyncio.Event()

    def put(self, data: bytes) -> None:
        """See Mailbox."""
        self.outbox.put(data)
        self.news.set()


@dataclass(slots=True)
class Heard:
    """What the client has reported since the worker was told."""

    turn: int = 0
    pts_ms: int = 0
    late: int = 0
    late_before: int = 0
    is_new: bool = False

    def note(self, turn: int, pts_ms: int, late_frames: int) -> None:
        """`late_frames` counts from the turn's beginning."""
        before = self.late_before if turn == self.turn else 0
        self.late += max(0, late_frames - before)
        self.turn, self.pts_ms, self.late_before, self.is_new = turn, pts_ms, late_frames, True


class FramesRelay:
    """Pictures for one connection. The driver's wish rules; a viewer gets what it can decode of that."""

    def __init__(self, consumer: SessionConsumer, assignment: Assignment, *, is_driver: bool) -> None:
        self.consumer, self.assignment, self.is_driver = consumer, assignment, is_driver
        self.session_id = assignment.session_id
        self.outbox = Outbox(frozenset[Kind]())
        self.box: FrameBox | None = None
        self.heard = Heard()
        self._first: tuple[int, float] = (0, 0.0)  # the turn of the newest picture, and when its first one was sent
        self._dropped_before = 0
        self._key_asked = 0.0
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self, stored: dict[str, Any]) -> None:
        """Begin where the session was created to be drawn on the server; `stored` is its wish, or empty. What a driver said
        before it lost its connection goes on."""
        if stored:
            await self._safely(self._reopen(VideoWish.from_json(stored)))

    async def _reopen(self, stored: VideoWish) -> None:
        await self._want(await in_database(frames_bus.wish, self.session_id) or stored)

    async def want(self, wish: VideoWish | None) -> None:
        """Pictures as wished from now on; None: no more of them."""
        await self._safely(self._want(wish))

    async def _want(self, wish: VideoWish | None) -> None:
        if self.is_driver:
            await in_database(frames_bus.set_wish, self.session_id, wish)
        if wish is None:
            await self.stop()
            return
        self.outbox.kinds = frozenset(KINDS[codec] for codec in (wish.codecs if self.is_driver else (*wish.codecs, "jpeg")))
        self.outbox.window = max(LEAST_WINDOW, wish.kbps * 1000 // 8 // 2)
        if self.box is None:
            await self._begin(FrameBox(self.session_id, self.consumer.connection, self.outbox))
        await self.ask_for_key()

    async def ask_for_key(self) -> None:
        """The next picture of a stream shall stand alone."""
        if time.monotonic() - self._key_asked >= KEY_SECONDS:
            self._key_asked = time.monotonic()
            await in_database(bus.tell, self.session_id, kind="video.key")

    def played(self, turn: int, pts_ms: int, late_frames: int) -> None:
        """The listener's ear and eye."""
        self.heard.note(turn, pts_ms, late_frames)

    def seen(self, total_bytes: int) -> None:
        """The client has got so many bytes of pictures."""
        self.outbox.received(total_bytes)
        if self.box is not None:
            self.box.news.set()

    def silence(self, turn: int) -> None:
        """`turn` is over."""
        self.outbox.silence(turn)

    async def stop(self) -> None:
        """End sending; the worker stops by itself."""
        box, self.box = self.box, None
        current = asyncio.current_task()
        for task in self._tasks:
            if task is not current:
                task.cancel()
        self._tasks = []
        if box is not None:
            await Hub.current().leave(box)

    async def _begin(self, box: FrameBox) -> None:
        self.box = box
        await Hub.current().join(box)
        works = [self._pump(box)]
        works += [self._every(REPORT_SECONDS, self._report), self._ensure()] if self.is_driver else []
        self._tasks = [asyncio.create_task(self._safely(work)) for work in works]

    async def _safely(self, work: Any) -> None:
        """Without pictures the sound goes on."""
        try:
            await work
        except Exception:
            logger.exception("The pictures of session %s failed.", self.session_id)
            await self._notice("video_unavailable", "The pictures failed; sound and words go on.")

    async def _pump(self, box: FrameBox) -> None:
        while True:
            await box.news.wait()
            box.news.clear()
            while (message := self.outbox.take()) is not None:
                await self.consumer.send(bytes_data=message)
                self._note(message)
            if self.outbox.needs_key:
                await self.ask_for_key()

    def _note(self, message: bytes) -> None:
        turn = HEADER.unpack_from(message)[3]
        if turn not in (0, self._first[0]):
            self._first = (turn, time.monotonic())

    def first_picture(self, turn: int) -> float | None:
        """When the first picture of `turn` was sent, on the monotonic clock; None where none was."""
        return self._first[1] if turn == self._first[0] else None

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(seconds)
            await work()

    async def _report(self) -> None:
        heard, dropped = self.heard, self.outbox.dropped - self._dropped_before
        if not heard.is_new and not dropped:
            return
        self._dropped_before += dropped
        late, heard.late, heard.is_new = heard.late, 0, False
        about = {"kind": "video.report", "pts_ms": heard.pts_ms, "late": late, "dropped": dropped}
        await in_database(bus.tell, self.session_id, heard.turn, **about)

    async def _ensure(self) -> None:
        """Ask for a worker where none draws; tell the client once when none comes. One that gave up told by itself."""
        missing_since, asked_at, told = time.monotonic(), float("-inf"), False
        while True:
            now = time.monotonic()
            if await in_database(self._needs_nobody):
                missing_since, told = now, False
            elif now - asked_at >= MESSAGE_SECONDS:  # until then the last message waits for whoever is free
                asked_at = now
                await in_database(draw_session.send, **self.assignment.as_fields())
            if not told and now - missing_since > PICKUP_SECONDS:
                told = True
                await self._notice("video_unavailable", "No worker draws this session; sound and words go on.")
            await asyncio.sleep(ENSURE_SECONDS)

    def _needs_nobody(self) -> bool:
        return frames_bus.is_drawn(self.session_id) or frames_bus.is_hopeless(self.session_id)

    async def _notice(self, code: str, detail: str) -> None:
        await self.consumer.send(control("session.notice", code=code, detail=detail))


def frames_for(consumer: SessionConsumer, admission: Admission) -> FramesRelay:
    """The pictures of an admitted connection; none yet."""
    session = admission.session
    assignment = Assignment(
        workspace_id=admission.ticket.workspace_id,
        session_id=str(session.pk),
        avatar=session.avatar,
        seed=session.seed,
        epoch_ms=session.epoch_ms,
        look=session.look,
    )
    return FramesRelay(consumer, assignment, is_driver=admission.ticket.role == "driver")
