"""A websocket client for tests: speaks the wire as docs/protocol.md says and keeps everything with its time of arrival."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

import httpx
import websockets
from django.db import connection

from streaming.protocol import Flag, Kind, MediaHeader, parse_media

T = TypeVar("T")
WAIT_SECONDS = 20.0


async def in_thread(work: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Work on the database from an async test; leaves no connection behind."""

    def run() -> T:
        try:
            return work(*args, **kwargs)
        finally:
            connection.close()

    return await asyncio.to_thread(run)


@dataclass(frozen=True, slots=True)
class Media:
    """A binary message, when it came, and its payload."""

    at: float
    header: MediaHeader
    payload: bytes


@dataclass
class LiveClient:
    """One connection to a session."""

    socket: websockets.ClientConnection
    session: str
    events: list[dict[str, Any]] = field(default_factory=list)
    media: list[Media] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _reader: asyncio.Task[None] | None = None

    @classmethod
    async def connect(
        cls, ticket: dict[str, Any], session: str, *, origin: str | None = None, offer: Sequence[str] | None = None
    ) -> Self:
        """Redeem a ticket (the `ticket` object of the REST API); `offer` replaces the subprotocols."""
        names = ("visavis.v1", f"ticket.{ticket['ticket']}") if offer is None else offer
        offered = [websockets.Subprotocol(name) for name in names] or None
        extra: dict[str, Any] = {"origin": websockets.Origin(origin)} if origin else {}
        socket = await websockets.connect(ticket["url"], subprotocols=offered, max_size=2**22, proxy=None, **extra)
        client = cls(socket, session)
        client._reader = asyncio.create_task(client._read())
        return client

    async def _read(self) -> None:
        try:
            async for message in self.socket:
                self._keep(message)
        except websockets.ConnectionClosed:
            pass
        finally:
            self._news.set()

    def _keep(self, message: str | bytes) -> None:
        now = time.perf_counter()
        if isinstance(message, bytes):
            header, payload = parse_media(message)
            self.media.append(Media(now, header, payload))
        else:
            self.events.append({"at": now} | json.loads(message))
        self._news.set()

    async def send(self, type_: str, **fields: Any) -> None:
        await self.socket.send(json.dumps({"type": type_} | fields))

    async def event(self, type_: str, *, seconds: float = WAIT_SECONDS, **fields: Any) -> dict[str, Any]:
        """The first event of this type (and with these fields), waiting for it."""

        def found() -> dict[str, Any] | None:
            wanted = {"type": type_} | fields
            return next((event for event in self.events if wanted.items() <= event.items()), None)

        await self.until(lambda: found() is not None, seconds=seconds, what=f"{type_} {fields}")
        event = found()
        assert event is not None
        return event

    async def until(self, condition: Any, *, seconds: float = WAIT_SECONDS, what: str = "a condition") -> None:
        """Wait until `condition()` holds; fails with what did arrive."""
        deadline = time.monotonic() + seconds
        while not condition():
            self._news.clear()
            left = deadline - time.monotonic()
            assert left > 0 and not self.is_closed, f"{what} did not come; got {self.events[-8:]}, close {self.close_code}"
            try:
                await asyncio.wait_for(self._news.wait(), min(left, 0.25))
            except TimeoutError:
                continue

    async def closed(self, *, seconds: float = WAIT_SECONDS) -> int:
        """Wait for the server to close; returns its code."""
        try:
            await asyncio.wait_for(self.socket.wait_closed(), seconds)
        except TimeoutError:
            raise AssertionError(f"the server did not close; got {self.events[-8:]}") from None
        await asyncio.sleep(0)
        return self.close_code or 0

    @property
    def is_closed(self) -> bool:
        return self._reader is not None and self._reader.done()

    @property
    def close_code(self) -> int | None:
        return self.socket.close_code

    def audio(self, turn: int) -> list[Media]:
        return [item for item in self.media if item.header.kind == Kind.PCM16 and item.header.turn == turn]

    def faces(self, turn: int) -> list[Media]:
        return [item for item in self.media if item.header.kind == Kind.FACE and item.header.turn == turn]

    async def played_all(self, turn: int) -> None:
        """Claim to have heard everything that came of `turn`."""
        heard = sum(len(item.payload) for item in self.audio(turn)) // 48
        await self.send("played", turn=turn, pts_ms=heard, late_frames=0)

    async def drop(self) -> None:
        """Vanish without a close frame, as a phone in a tunnel does."""
        self.socket.transport.abort()
        await self.socket.wait_closed()

    async def close(self) -> None:
        """Say goodbye, which ends the session of a driver."""
        await self.socket.close()

    async def error(self, code: str, **fields: Any) -> dict[str, Any]:
        """The first error with this code."""
        return await self.event("error", code=code, **fields)

    async def spoken(self, turn: int, *, pairs: int = 1) -> None:
        """Wait until so many pairs of `turn` are here."""
        await self.until(lambda: len(self.pairs(turn)) >= pairs, what=f"{pairs} pairs of turn {turn}")

    async def last_of(self, turn: int) -> None:
        """Wait for the last pair of `turn`."""
        await self.until(lambda: any(item.header.flags & Flag.LAST for item in self.faces(turn)), what="the last face")

    def pairs(self, turn: int) -> list[int]:
        """The seq of each pair of `turn` that is whole, in the order of arrival."""
        sounds = {item.header.seq for item in self.audio(turn)}
        return [item.header.seq for item in self.faces(turn) if item.header.seq in sounds]

    def milliseconds(self, turn: int) -> int:
        """How much of `turn` has come."""
        return sum(len(item.payload) for item in self.audio(turn)) // 48


@dataclass
class Stage:
    """The clients of one workspace's key, and its REST API."""

    url: str
    key: str
    clients: list[LiveClient] = field(default_factory=list)
    sessions: list[str] = field(default_factory=list)

    async def rest(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A call with the key."""
        headers = {"Authorization": f"Bearer {self.key}"} | options.pop("headers", {})
        async with httpx.AsyncClient(base_url=f"{self.url}/api/v1", headers=headers, timeout=20) as http:
            return await http.request(method, path, **options)

    async def get(self, path: str) -> Any:
        """The body of a GET."""
        return (await self.rest("GET", path)).raise_for_status().json()

    async def create(self, **wish: Any) -> dict[str, Any]:
        """A session that waits for its driver."""
        answer = await self.rest("POST", "/sessions", json={"avatar": "ada"} | wish)
        body: dict[str, Any] = answer.raise_for_status().json()
        self.sessions.append(body["id"])
        return body

    async def open(self, **wish: Any) -> LiveClient:
        """Create a session and connect as its driver; waits for session.ready."""
        body = await self.create(**wish)
        client = await self.connect(body["ticket"], body["id"])
        await client.event("session.ready")
        return client

    async def ticket(self, session: str, role: str = "driver") -> dict[str, Any]:
        """A fresh ticket."""
        answer = await self.rest("POST", f"/sessions/{session}/tickets", json={"role": role})
        made: dict[str, Any] = answer.raise_for_status().json()
        return made

    async def connect(self, ticket: dict[str, Any], session: str, **how: Any) -> LiveClient:
        """Connect with a ticket."""
        client = await LiveClient.connect(ticket, session, **how)
        self.clients.append(client)
        return client

    async def join(self, session: str, role: str = "driver") -> LiveClient:
        """Connect to an open session with a fresh ticket; waits for session.ready."""
        client = await self.connect(await self.ticket(session, role), session)
        await client.event("session.ready")
        return client

    async def state(self, session: str, **wanted: Any) -> dict[str, Any]:
        """The session on the REST API, waiting until it shows what is `wanted`."""
        return await self._shown(f"/sessions/{session}", wanted, lambda body: body)

    async def turn(self, session: str, number: int, **wanted: Any) -> dict[str, Any]:
        """A turn on the REST API, waiting until it shows what is `wanted`."""
        return await self._shown(
            f"/sessions/{session}/turns", wanted, lambda body: next(row for row in body["results"] if row["turn"] == number)
        )

    async def usage(self, metric: str, **wanted: Any) -> dict[str, Any]:
        """What is used of a metric, waiting until it shows what is `wanted`."""
        return await self._shown("/usage", wanted, lambda body: next(row for row in body["metrics"] if row["metric"] == metric))

    async def _shown(self, path: str, wanted: dict[str, Any], pick: Any) -> dict[str, Any]:
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            shown: dict[str, Any] = pick(await self.get(path))
            if wanted.items() <= shown.items():
                return shown
            assert time.monotonic() < deadline, f"{path} never showed {wanted}: {shown}"
            await asyncio.sleep(0.1)

    async def clear(self) -> None:
        """End every session, so that nothing of this test goes on in the next one."""
        for session in self.sessions:
            await self.rest("DELETE", f"/sessions/{session}")
        for client in self.clients:
            await client.close()
