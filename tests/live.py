"""A websocket client for tests: speaks the wire as docs/protocol.md says and keeps everything with its time of arrival."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any, Self

import httpx
import websockets

from streaming.protocol import Kind, MediaHeader, parse_media

WAIT_SECONDS = 20.0


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
    async def connect(cls, ticket: dict[str, Any], session: str, *, origin: str | None = None) -> Self:
        """Redeem a ticket (the `ticket` object of the REST API)."""
        offered = [websockets.Subprotocol(name) for name in ("visavis.v1", f"ticket.{ticket['ticket']}")]
        extra = {"origin": websockets.Origin(origin)} if origin else {}
        socket = await websockets.connect(ticket["url"], subprotocols=offered, max_size=2**22, **extra)  # type: ignore[arg-type]
        client = cls(socket, session)
        client._reader = asyncio.create_task(client._read())
        return client

    @classmethod
    async def open(cls, url: str, key: str, **wish: Any) -> Self:
        """Create a session and connect as its driver; waits for session.ready."""
        async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=20) as http:
            answer = await http.post("/api/v1/sessions", json={"avatar": "ada"} | wish)
            answer.raise_for_status()
        body = answer.json()
        client = await cls.connect(body["ticket"], body["id"])
        await client.event("session.ready")
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
        await asyncio.wait_for(self.socket.wait_closed(), seconds)
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
        await self.socket.close()
