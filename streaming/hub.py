"""One subscription per process: hands each session's bus messages to its connections through bounded queues."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from weakref import WeakKeyDictionary

import redis.exceptions

from sessions import presence
from sessions.redis import async_client
from streaming import bus

logger = logging.getLogger(__name__)
QUEUE_MESSAGES = 64
RETRY_SECONDS = 0.5
ASK_SECONDS = 5.0  # Redis must take a subscription in this time: everybody who comes or leaves waits behind it


class Mailbox:
    """A connection's bounded queue of bus messages. Once one is lost it has a gap: the connection must close and resume."""

    counts = True  # somebody is here by it

    def __init__(self, session_id: str, connection: str, *, is_driver: bool) -> None:
        self.session_id, self.connection, self.is_driver = session_id, connection, is_driver
        self.queue: asyncio.Queue[bytes] = asyncio.Queue(QUEUE_MESSAGES)
        self.gap = asyncio.Event()

    def put(self, data: bytes) -> None:
        try:
            self.queue.put_nowait(data)
        except asyncio.QueueFull:
            self.gap.set()


class Hub:
    """The event loop's subscriber and its beat for the drivers and viewers that are here."""

    _hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()

    def __init__(self) -> None:
        self._redis = async_client()
        self._pubsub = self._redis.pubsub(ignore_subscribe_messages=True)
        self._mailboxes: defaultdict[str, set[Mailbox]] = defaultdict(set)
        self._lock = asyncio.Lock()  # concurrent first subscriptions on one PubSub race
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    def current(cls) -> Hub:
        """The running loop's hub."""
        loop = asyncio.get_running_loop()
        if loop not in cls._hubs:
            cls._hubs[loop] = cls()
        return cls._hubs[loop]

    async def join(self, mailbox: Mailbox) -> None:
        """Deliver the session's messages to `mailbox` from now on."""
        async with self._lock:
            self._mailboxes[mailbox.session_id].add(mailbox)
            async with asyncio.timeout(ASK_SECONDS):
                await self._pubsub.subscribe(bus.channel(mailbox.session_id))
            if not self._tasks:
                self._tasks = [asyncio.create_task(self._deliver()), asyncio.create_task(self._beat())]

    async def leave(self, mailbox: Mailbox) -> None:
        async with self._lock:
            boxes = self._mailboxes[mailbox.session_id]
            boxes.discard(mailbox)
            if not boxes:
                del self._mailboxes[mailbox.session_id]
                with contextlib.suppress(redis.exceptions.RedisError, OSError):
                    async with asyncio.timeout(ASK_SECONDS):
                        await self._pubsub.unsubscribe(bus.channel(mailbox.session_id))

    async def _deliver(self) -> None:
        while True:
            try:
                message = await self._pubsub.get_message(timeout=None)
            except Exception as error:  # whatever it is: without this task the whole process would be deaf
                logger.warning("The media bus is gone; trying again.", exc_info=_unless_expected(error))
                self._leave_a_gap()
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if message is not None:
                session_id = message["channel"].decode().partition(":")[2]
                for mailbox in tuple(self._mailboxes.get(session_id, ())):
                    mailbox.put(message["data"])

    def _leave_a_gap(self) -> None:
        """Nobody knows what was said meanwhile: a packet, a new turn, the end of a session."""
        for mailbox in [box for boxes in self._mailboxes.values() for box in boxes]:
            mailbox.gap.set()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(presence.BEAT_SECONDS)
            everybody = [box for boxes in self._mailboxes.values() for box in boxes if box.counts]
            try:
                await asyncio.to_thread(_beat_for, everybody)
            except Exception as error:  # without this task every session of the process would end as disconnected
                logger.warning("Could not beat for %d connections.", len(everybody), exc_info=_unless_expected(error))


def _unless_expected(error: Exception) -> Exception | None:
    """The error, for the log, but for those that say only that Redis is not there."""
    return None if isinstance(error, redis.exceptions.RedisError | OSError) else error


def _beat_for(everybody: list[Mailbox]) -> None:
    drivers = [(box.session_id, box.connection) for box in everybody if box.is_driver]
    viewers = [(box.session_id, box.connection) for box in everybody if not box.is_driver]
    presence.beat(session_id for session_id, _ in drivers)
    bus.keep_seats(drivers, viewers)
