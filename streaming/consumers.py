"""The gateway: one websocket connection to a session, as its driver or as a viewer."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import Any

import redis.exceptions
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from accounts.context import set_actor
from accounts.errors import Problem
from accounts.rest.problems import problem_of
from sessions.services import session_connect, session_end, turn_create, turn_interrupt
from sessions.services.turns import check_emotion
from streaming import bus
from streaming.connection import Admission, Refused, admit, in_database, in_workspace
from streaming.frames.relay import FramesRelay, frames_for
from streaming.hub import Hub, Mailbox
from streaming.messages import session_ready
from streaming.protocol import (
    MAX_CONTROL_BYTES,
    MAX_MEDIA_BYTES,
    BadMessage,
    Close,
    Emotion,
    Interrupt,
    LimitBroken,
    Ping,
    Played,
    Resume,
    Say,
    Video,
    VideoKey,
    VideoSeen,
    control,
    parse_control,
    parse_media,
)
from streaming.relay import Relay
from streaming.socket import Socket
from streaming.tasks import now_ms

logger = logging.getLogger(__name__)
VIEWERS_MAY = (Ping, Resume, Played, Video, VideoKey, VideoSeen)  # a viewer's ear counts for nothing, but every client reports it


class SessionConsumer(Socket):
    """Parses what the client sends and calls services; what comes back from the bus is the relay's work."""

    admission: Admission
    mailbox: Mailbox | None = None
    relay: Relay | None = None
    frames: FramesRelay

    async def open(self) -> None:
        session_id = str(self.scope["url_route"]["kwargs"]["session_id"])
        self.admission = await in_database(admit, session_id, self.scope["subprotocols"], self.origin())
        ticket = self.admission.ticket
        set_actor(user_id=self.admission.session.created_by_id, api_key_id=self.admission.session.api_key_id)
        if ticket.role == "viewer":
            await self._take_place(session_id, settings.SESSION_MAX_VIEWERS)
        self.mailbox = Mailbox(session_id, self.connection, is_driver=ticket.role == "driver")
        self.relay = Relay(self, self.mailbox, ticket.workspace_id)
        self.frames = frames_for(self, self.admission)
        self.relay.silenced, self.relay.first_picture = self.frames.silence, self.frames.first_picture
        await Hub.current().join(self.mailbox)
        await self._in_workspace(session_connect, role=ticket.role)
        if self.mailbox.is_driver:
            await in_database(bus.take_seat, session_id, self.connection)
        resume = await self.relay.recover()
        await self.send(session_ready(self.admission, resume, now_ms()))
        self.relay.start()
        await self.frames.open(self.admission.session.video)

    async def _take_place(self, session_id: str, places: int) -> None:
        if not await in_database(bus.take_place, session_id, self.connection, places=places):
            raise Refused(Close.TOO_MANY_VIEWERS, f"{places} viewers watch this session already: try again later.")

    async def disconnect(self, code: int) -> None:
        self.is_over = True
        if self.relay is None or self.mailbox is None:
            return
        try:
            await self.relay.stop()
            await self.frames.stop()
        finally:  # a driver that stays in the hub is taken for present, and metered
            await Hub.current().leave(self.mailbox)
            if await self._leave(self.mailbox):
                await self._driver_left(self.relay, said_goodbye=code == Close.NORMAL)

    async def _leave(self, mailbox: Mailbox) -> bool:
        """Give seat or place back; returns whether this was the session's driver."""
        try:
            if mailbox.is_driver:
                return await in_database(bus.leave_seat, mailbox.session_id, self.connection)
            await in_database(bus.leave_place, mailbox.session_id, self.connection)
        except redis.exceptions.RedisError as error:
            logger.warning("The bus was not told who left session %s: %s", mailbox.session_id, error)
        return mailbox.is_driver  # as far as this process knows: what was heard is written down

    async def _driver_left(self, relay: Relay, *, said_goodbye: bool) -> None:
        """A driver who only vanished may come back: the turn waits, and what was heard of it is noted."""
        if said_goodbye:
            await relay.finish_early()
            await self._in_workspace(session_end, reason="client_closed")
        else:
            await relay.note_progress()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.relay is None or self.is_over:
            return
        try:
            await self._receive(text_data, bytes_data)
        except Problem as problem:
            await self._complain(problem)
        except Exception:
            logger.exception("The connection to session %s failed.", self.admission.session.pk)
            await self.give_up()

    async def _receive(self, text: str | None, media: bytes | None) -> None:
        if self.limits.too_fast(time.monotonic()):
            raise LimitBroken("At most 30 messages a second.", code="too_fast", hint="Send fewer messages.")
        if text is None:
            raise self._unwanted(media or b"")
        if len(text) > MAX_CONTROL_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_CONTROL_BYTES:
            raise LimitBroken(f"A control message may have {MAX_CONTROL_BYTES} bytes.", code="message_too_large")
        message = parse_control(text)
        assert self.mailbox is not None
        if not self.mailbox.is_driver and not isinstance(message, VIEWERS_MAY):
            raise BadMessage("A viewer may only watch.", code="not_driver", hint="Ask for a driver's ticket.")
        await self._act(message)

    def _unwanted(self, media: bytes) -> Problem:
        if len(media) > MAX_MEDIA_BYTES:
            return LimitBroken(f"A media message may have {MAX_MEDIA_BYTES} bytes.", code="message_too_large")
        parse_media(media)
        return BadMessage("This session does not listen.", code="not_listening", hint="Send 'listen.start' first.")

    async def _act(self, message: Any) -> None:
        assert self.relay is not None
        match message:
            case Ping(t=t):
                await self.send(control("pong", t=t, server_time=now_ms()))
            case Played(turn=turn, pts_ms=pts_ms, late_frames=late_frames):
                self.relay.played(turn, pts_ms)
                self.frames.played(turn, pts_ms, late_frames)
            case Interrupt():
                self.relay.mute()
                await self._in_workspace(turn_interrupt)
            case Resume(turn=turn, seq=seq):
                await self.relay.resume(turn, seq)
            case Emotion():
                await self._set_emotion(message)
            case Video(wish=wish):
                await self.frames.want(wish)
            case VideoKey():
                await self.frames.ask_for_key()
            case VideoSeen(received=received):
                self.frames.seen(received)
            case Say():
                await self._say(message)

    async def _set_emotion(self, message: Emotion) -> None:
        check_emotion(message.name, message.intensity)
        assert self.mailbox is not None
        session_id = self.mailbox.session_id
        await in_database(bus.set_emotion, session_id, message.name, message.intensity)
        await in_database(bus.tell, session_id, kind="emotion", name=message.name, intensity=message.intensity)

    async def _say(self, message: Say) -> None:
        received_ms = now_ms()
        try:
            await self._in_workspace(
                turn_create,
                text=message.text,
                emotion=message.emotion or "",
                intensity=message.intensity if message.emotion else 0.0,
                request_id=message.request_id,
                rate=message.rate,
                received_ms=received_ms,
            )
        except Problem as problem:
            await self._complain(problem, request_id=message.request_id)

    async def _in_workspace(self, service: Any, **kwargs: Any) -> Any:
        ticket = self.admission.ticket
        return await in_workspace(ticket.workspace_id, service, session_id=self.admission.session.pk, **kwargs)

    async def _complain(self, problem: Problem, request_id: str = "") -> None:
        """Answer with the problem; the third offence against form or limits within ten seconds closes."""
        facts = problem_of(problem)
        await self.send(control("error", **facts | {"request_id": request_id or facts["request_id"]}))
        offence = {BadMessage: Close.BAD_MESSAGE, LimitBroken: Close.TOO_FAST}.get(type(problem))
        if offence is not None and self.limits.strike(time.monotonic()):
            with contextlib.suppress(asyncio.CancelledError):
                await self.close(int(offence), problem.detail)


class NothingHere(AsyncWebsocketConsumer):
    """Websockets at any other address are refused with an answer instead of a stack trace."""

    async def connect(self) -> None:
        await self.close()
