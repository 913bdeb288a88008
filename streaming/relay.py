"""From the bus to one connection: relays packets of the current turn, and for the driver watches over the turn."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from accounts.tenancy import workspace_scope
from sessions.models import ACTIVE_TURNS, Turn, TurnState
from sessions.selectors import access_open_session
from sessions.services import turn_finish, turn_progress
from streaming import bus
from streaming.connection import in_database, in_workspace
from streaming.hub import Mailbox
from streaming.protocol import Close, control
from streaming.watch import Heard, TurnWatch, Verdict

if TYPE_CHECKING:
    from streaming.consumers import SessionConsumer

logger = logging.getLogger(__name__)
TICK_SECONDS = 0.25
RESUME_SECONDS = 1.0  # how long the rest of a turn waits for `resume`
END_CODES = {"idle": Close.IDLE, "quota_exhausted": Close.QUOTA, "key_revoked": Close.TICKET, "avatar_deleted": Close.GONE}
FAILURES = {
    Verdict.NOT_PICKED_UP: ("no_worker", "No worker took the sentence in time.", "Try again; check that workers run."),
    Verdict.WORKER_LOST: ("worker_lost", "The worker that spoke was lost.", "Say it again."),
}


class Relay:
    """Owns the connection's outgoing side. Only its own task sends media, so order is kept and a stop is final."""

    def __init__(self, consumer: SessionConsumer, mailbox: Mailbox, workspace_id: str) -> None:
        self.consumer, self.mailbox, self.workspace_id = consumer, mailbox, workspace_id
        self.watch: TurnWatch | None = None
        self.muted = False
        self.silenced: Callable[[int], None] = lambda _turn: None  # told of every turn of which nothing more goes out
        self.first_picture: Callable[[int], float | None] = lambda _turn: None  # when one of the turn was sent, monotonic
        self._tasks: list[asyncio.Task[None]] = []
        self._sent_seq = -1
        self._resuming = False
        self._seen_from_start = 0  # the turn whose beginning this connection has witnessed
        self._order = asyncio.Lock()  # what was missed goes out before what is new
        self._finishing = asyncio.Lock()  # the end of a turn goes out before the beginning of the next one

    def start(self) -> None:
        works = [self._pump(), self._guard()]
        works += [self._tick()] if self.mailbox.is_driver else []
        works += [self._resume_unasked()] if self._resuming else []
        self._tasks = [asyncio.create_task(self._safely(work)) for work in works]

    async def stop(self) -> None:
        current = asyncio.current_task()
        for task in self._tasks:
            if task is not current:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    async def _safely(self, work: Any) -> None:
        try:
            await work
        except asyncio.CancelledError:
            raise
        except Exception:
            logger.exception("The relay of session %s failed.", self.mailbox.session_id)
            await self.consumer.close(int(Close.GOING_AWAY), "Reconnect, please.")

    def played(self, turn: int, pts_ms: int) -> None:
        if self.watch is not None and self.watch.turn == turn:
            self.watch.played(pts_ms, time.monotonic())

    def mute(self) -> None:
        """Nothing of the current turn goes out from here on, before the stop has travelled through the bus."""
        self.muted = True
        if self.watch is not None:
            self.silenced(self.watch.turn)

    async def recover(self) -> dict[str, int] | None:
        """Find a turn that was active before this connection; returns what of it can be resumed. Raises Gone for a session
        that ended before its messages reached this connection."""
        turn = await in_workspace(self.workspace_id, _active_turn, session_id=self.mailbox.session_id)
        if turn is None:
            return None
        self.watch = TurnWatch(turn=turn.number, text=turn.text, request_id=turn.request_id, began=time.monotonic())
        packets = await in_database(bus.log_of, self.mailbox.session_id, turn.number, -1)
        self._resuming = bool(packets)
        for packet in packets:
            self.watch.packet(packet.seq, packet.about, time.monotonic())
        self._sent_seq = self.watch.last_seq
        return {"turn": turn.number, "seq": self._sent_seq}

    async def resume(self, turn: int, seq: int) -> None:
        """Send what the client has not got of the current turn, then go on; a turn that is over needs nothing."""
        async with self._order:
            watch = self.watch
            if not self._resuming or watch is None or watch.turn != turn:
                return
            for packet in await in_database(bus.log_of, self.mailbox.session_id, turn, seq):
                if self.watch is not watch:
                    return
                self._sent_seq = packet.seq
                await self._send(packet.frames)
            self._resuming = False

    async def _resume_unasked(self) -> None:
        """A client that does not ask for the rest gets what is new."""
        await asyncio.sleep(RESUME_SECONDS)
        if self.watch is not None:
            await self.resume(self.watch.turn, self._sent_seq)

    async def _pump(self) -> None:
        while True:
            message = bus.decode(await self.mailbox.queue.get())
            if isinstance(message, bus.Packet):
                await self._relay(message)
            else:
                await self._obey(message.turn, message.fields)

    async def _relay(self, packet: bus.Packet) -> None:
        watch = self.watch
        if watch is None or packet.turn != watch.turn or self.muted:
            return
        watch.packet(packet.seq, packet.about, time.monotonic())
        async with self._order:
            if self.watch is not watch or self._resuming or packet.seq <= self._sent_seq:  # `resume` sends it from the log
                return
            self._sent_seq = packet.seq
            await self._send(packet.frames)

    async def _send(self, frames: tuple[str | bytes, ...]) -> None:
        for frame in frames:
            if self.muted:
                return
            if isinstance(frame, str):
                await self.consumer.send(frame)
            else:
                await self.consumer.send(bytes_data=frame)

    async def _guard(self) -> None:
        """A client that does not read, or whose messages were lost, is cut off; it may come back and resume."""
        await self.mailbox.gap.wait()
        await self.stop()
        await self.consumer.close(int(Close.TRY_AGAIN), "Messages were lost: reconnect and resume.")

    async def _obey(self, turn: int, fields: dict[str, Any]) -> None:
        current = self.watch is not None and self.watch.turn == turn
        match fields["kind"]:
            case "queued":
                await self._begin(turn, fields)
            case "beat" if self.watch is not None and current:
                self.watch.sign(time.monotonic())
            case "interrupted" if current:
                await self._finish(self.watch, TurnState.INTERRUPTED)
            case "failed" if current:
                await self._fail(fields["code"], fields["detail"], fields["hint"])
            case "finished" if fields["by"] != self.mailbox.connection:
                await self.consumer.send(control("turn.finished", **fields["facts"]))
            case "emotion" | "notice" | "video.changed":
                await self.consumer.send(_told(fields))
            case "driver" if self.mailbox.is_driver and fields["connection"] != self.mailbox.connection:
                await self.note_progress()
                await self.consumer.close(int(Close.REPLACED), "Another driver took the session.")
            case "ended":
                await self._ended(fields["reason"])

    async def _begin(self, turn: int, fields: dict[str, Any]) -> None:
        if self.watch is not None and self.watch.turn >= turn:  # known already, from the database
            return
        await self._finish(self.watch, TurnState.INTERRUPTED)
        self.watch = TurnWatch(turn=turn, text=fields["text"], request_id=fields["request_id"], began=time.monotonic())
        self.muted, self._sent_seq, self._resuming = False, -1, False
        self._seen_from_start = turn
        self.silenced(turn - 1)

    async def _ended(self, reason: str) -> None:
        await self._finish(self.watch, TurnState.INTERRUPTED)
        await self.consumer.send(control("session.ended", reason=reason))
        await self.consumer.close(int(END_CODES.get(reason, Close.NORMAL)), reason)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            verdict = self.watch.verdict(time.monotonic()) if self.watch else Verdict.ACTIVE
            if verdict == Verdict.COMPLETED:
                await self._finish(self.watch, TurnState.COMPLETED)
            elif verdict in FAILURES:
                await self._fail(*FAILURES[verdict])

    async def _fail(self, code: str, detail: str, hint: str) -> None:
        watch = self.watch
        if self.mailbox.is_driver and watch is not None:
            error = {"code": code, "title": "The turn failed", "detail": detail, "hint": hint, "status": 502}
            await self.consumer.send(control("error", turn=watch.turn, **error, request_id=watch.request_id))
        await self._finish(watch, TurnState.FAILED, error=code)

    async def _finish(self, watch: TurnWatch | None, outcome: TurnState, *, error: str = "") -> None:
        """Close this turn, unless it is closed already: the driver's gateway writes it down and tells everybody, also when
        the connection ends meanwhile."""
        async with self._finishing:
            if watch is None or self.watch is not watch:
                return
            self.watch = None
            if outcome != TurnState.COMPLETED:
                self.silenced(watch.turn)
            if self.mailbox.is_driver:
                now = time.monotonic()
                heard = watch.heard_until(watch.delivered_ms) if outcome == TurnState.COMPLETED else watch.heard(now)
                await asyncio.shield(self._close(watch, outcome, heard, error))

    async def _close(self, watch: TurnWatch, outcome: TurnState, heard: Heard, error: str) -> None:
        ending = {"outcome": outcome, "error": error, "timings": self._picture_timings(watch)}
        facts = await in_database(_write_down, self.workspace_id, self.mailbox.session_id, watch, heard, ending)
        await self.consumer.send(control("turn.finished", **facts))
        about = {"kind": "finished", "by": self.mailbox.connection, "facts": facts}
        await in_database(bus.tell, self.mailbox.session_id, watch.turn, **about)

    def _picture_timings(self, watch: TurnWatch) -> dict[str, int]:
        at = self.first_picture(watch.turn) if watch.turn == self._seen_from_start else None
        return {} if at is None else {"first_video_ms": round((at - watch.began) * 1000)}

    async def finish_early(self) -> None:
        """The driver leaves for good."""
        await self._finish(self.watch, TurnState.INTERRUPTED)

    async def note_progress(self) -> None:
        """The driver leaves its turn to the next one, or to nobody: this is what was heard so far."""
        if self.watch is not None:
            heard = self.watch.heard(time.monotonic())
            facts = {"spoken_ms": heard.spoken_ms, "heard_text": heard.text, "characters": heard.characters}
            await in_workspace(
                self.workspace_id, turn_progress, session_id=self.mailbox.session_id, number=self.watch.turn, **facts
            )


def _told(fields: dict[str, Any]) -> str:
    """What is passed on to the client as it is."""
    match fields["kind"]:
        case "emotion":
            return control("emotion.changed", name=fields["name"], intensity=fields["intensity"])
        case "notice":
            return control("session.notice", code=fields["code"], detail=fields["detail"])
        case _:
            return control("video.changed", **fields["facts"])


def _active_turn(*, session_id: str) -> Turn | None:
    access_open_session(session_id)
    return Turn.objects.filter(session_id=UUID(session_id), state__in=ACTIVE_TURNS).first()


def _write_down(workspace_id: str, session_id: str, watch: TurnWatch, heard: Heard, ending: dict[str, Any]) -> dict[str, Any]:
    bus.stop(session_id, watch.turn)
    with workspace_scope(UUID(workspace_id)):
        turn = turn_finish(
            session_id=UUID(session_id),
            number=watch.turn,
            spoken_ms=heard.spoken_ms,
            heard_text=heard.text,
            characters=heard.characters,
            **ending,
        )
    return {
        "turn": watch.turn,
        "request_id": watch.request_id,
        "outcome": turn.state,
        "heard_text": turn.heard_text,
        "spoken_ms": turn.spoken_ms,
        "timings": turn.timings,
    }
