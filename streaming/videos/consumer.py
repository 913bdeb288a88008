"""The gateway's other websocket: tells how far a workspace's videos are, or one of them, and listens to nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from typing import Any
from uuid import UUID

from accounts.errors import Problem
from accounts.rest.problems import problem_of
from accounts.tenancy import workspace_scope
from avatars.videos.models import OPEN_STATES
from avatars.videos.selectors import access_video, all_videos
from avatars.videos.telling import channel, told
from sessions.tickets import Ticket
from streaming.connection import UNKNOWN_TICKET, Refused, check_origin, in_database, redeemed
from streaming.hub import Hub, Mailbox
from streaming.protocol import MAX_CONTROL_BYTES, BadMessage, Close, LimitBroken, Ping, control, parse_control
from streaming.socket import Socket
from streaming.tasks import now_ms

logger = logging.getLogger(__name__)
# Whoever asks for the next ticket is checked anew: a key that was revoked, a member who has left.
MOST_SECONDS = 900.0
_MOST_SHOWN = 100


class VideosMailbox(Mailbox):
    """Nobody is present by it."""

    counts = False


class VideosConsumer(Socket):
    """`videos.ready` with what is being made, then `video.progress` and `video.deleted` as they happen."""

    mailbox: VideosMailbox | None = None
    task: asyncio.Task[None] | None = None
    ticket: Ticket

    async def open(self) -> None:
        """Listens first and looks then: what happens between the two is told twice rather than not at all."""
        self.ticket = await in_database(_admit, self.scope["subprotocols"], self.origin())
        self.mailbox = VideosMailbox(channel(self.ticket.workspace_id), self.connection, is_driver=False)
        await Hub.current().join(self.mailbox)
        videos = await in_database(_under_way, self.ticket)
        await self.send(control("videos.ready", videos=videos, server_time=now_ms()))
        self.task = asyncio.create_task(self._tell(self.mailbox))

    async def _tell(self, mailbox: VideosMailbox) -> None:
        """Until the client has to come back: with a new ticket after a while, sooner when it missed something."""
        try:
            async with asyncio.timeout(MOST_SECONDS):
                while not mailbox.gap.is_set():
                    await self._pass_on(json.loads(await _next(mailbox)))
        except TimeoutError:
            await self.close(int(Close.GOING_AWAY), "Come back with a new ticket.")
        except _Gap:
            await self.close(int(Close.TRY_AGAIN), "Messages were lost: connect again.")
        except Exception:
            logger.exception("The progress of videos could not be told.")
            await self.give_up()

    async def _pass_on(self, facts: dict[str, Any]) -> None:
        if self.ticket.session_id not in (facts["video"], self.ticket.workspace_id):
            return
        is_there = "state" in facts
        await self.send(control("video.progress", **facts) if is_there else control("video.deleted", **facts))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.is_over:
            return
        try:
            message = self._understood(text_data)
            await self.send(control("pong", t=message.t, server_time=now_ms()))
        except Problem as problem:
            await self.send(control("error", **problem_of(problem)))
            if self.limits.strike(time.monotonic()):
                close = Close.TOO_FAST if isinstance(problem, LimitBroken) else Close.BAD_MESSAGE
                await self.close(int(close), problem.detail)

    def _understood(self, text: str | None) -> Ping:
        if self.limits.too_fast(time.monotonic()):
            raise LimitBroken("At most 30 messages a second.", code="too_fast", hint="Send fewer messages.")
        if text is not None and len(text.encode("utf-8", "surrogatepass")) > MAX_CONTROL_BYTES:
            raise LimitBroken(f"A control message may have {MAX_CONTROL_BYTES} bytes.", code="message_too_large")
        message = parse_control(text) if text is not None else None
        if not isinstance(message, Ping):
            raise BadMessage("Here videos are watched: nothing but 'ping' is understood.", code="unknown_type")
        return message

    async def disconnect(self, code: int) -> None:
        self.is_over = True
        if self.task is not None:
            self.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.task
        if self.mailbox is not None:
            await Hub.current().leave(self.mailbox)


class _Gap(Exception):
    """Something that was told did not arrive."""


async def _next(mailbox: Mailbox) -> bytes:
    """What comes next; raises _Gap once something was lost."""
    arrival = asyncio.create_task(mailbox.queue.get())
    gap = asyncio.create_task(mailbox.gap.wait())
    try:
        await asyncio.wait((arrival, gap), return_when=asyncio.FIRST_COMPLETED)
        if mailbox.gap.is_set():
            raise _Gap
        return arrival.result()
    finally:
        arrival.cancel()
        gap.cancel()


def _admit(subprotocols: list[str], origin: str | None) -> Ticket:
    """Raises Refused; NotFound for a video that is gone."""
    ticket = redeemed(subprotocols)
    if ticket.role != "videos":
        raise Refused(Close.TICKET, UNKNOWN_TICKET)
    with workspace_scope(UUID(ticket.workspace_id)):
        check_origin(origin, ticket)
        if ticket.session_id != ticket.workspace_id:
            access_video(ticket.session_id)
    return ticket


def _under_way(ticket: Ticket) -> list[dict[str, Any]]:
    """The video, in whatever state; or those of the workspace that are being made."""
    with workspace_scope(UUID(ticket.workspace_id)):
        if ticket.session_id != ticket.workspace_id:
            return [told(access_video(ticket.session_id))]
        return [told(video) for video in all_videos().filter(state__in=OPEN_STATES)[:_MOST_SHOWN]]
