"""A lean client for load: notes when each pair arrives, keeps no payload."""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import httpx
import websockets

HEADER = struct.Struct("<BBHIII")
AUDIO, FACE, LAST = 1, 3, 2
BUFFER_SECONDS = 0.120
USUAL = {"avatar": "ada", "voice": "hibari-heart"}


@dataclass
class Spoken:
    """One turn as it arrived: times are perf_counter seconds."""

    sent: float
    first_audio: float = 0.0
    first_face: float = 0.0
    audio_ms: int = 0
    face_bytes: int = 0
    worst_late_ms: float = -1e9
    done: asyncio.Event = field(default_factory=asyncio.Event)


class Listener:
    """A session's driver."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self.socket = socket
        self.turns: dict[int, Spoken] = {}
        self.finished: dict[int, dict[str, Any]] = {}
        self.media_times: list[tuple[int, float]] = []
        self.ready, self.news = asyncio.Event(), asyncio.Event()
        self.errors: list[str] = []
        self.reader = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, http: httpx.AsyncClient, wish: Mapping[str, Any] = USUAL) -> Self:
        """Create a session and connect to it."""
        answer = await http.post("/api/v1/sessions", json=dict(wish))
        ticket = answer.raise_for_status().json()["ticket"]
        offered = [websockets.Subprotocol(name) for name in ("visavis.v1", f"ticket.{ticket['ticket']}")]
        socket = await websockets.connect(ticket["url"], subprotocols=offered, max_size=2**22, compression=None)
        listener = cls(socket)
        await asyncio.wait_for(listener.ready.wait(), 30)
        return listener

    async def _read(self) -> None:
        try:
            async for message in self.socket:
                now = time.perf_counter()
                if isinstance(message, bytes):
                    self._media(message, now)
                else:
                    self._event(json.loads(message))
                self.news.set()
        except websockets.ConnectionClosed:
            self.errors.append(f"closed {self.socket.close_code}")

    def _media(self, message: bytes, now: float) -> None:
        _, kind, flags, number, pts_ms, _ = HEADER.unpack_from(message)
        self.media_times.append((number, now))
        turn = self.turns[number]
        if kind == AUDIO:
            turn.first_audio = turn.first_audio or now
            turn.audio_ms += (len(message) - HEADER.size) // 48
        else:
            turn.first_face = turn.first_face or now
            turn.face_bytes += len(message) - HEADER.size
        due = turn.first_audio + BUFFER_SECONDS + pts_ms / 1000
        turn.worst_late_ms = max(turn.worst_late_ms, (now - due) * 1000)
        if flags & LAST and kind == FACE:
            turn.done.set()

    def _event(self, event: dict[str, Any]) -> None:
        if event["type"] == "session.ready":
            self.ready.set()
        elif event["type"] == "turn.finished":
            self.finished[event["turn"]] = event
        elif event["type"] == "error":
            self.errors.append(event["code"])

    async def say(self, text: str) -> Spoken:
        """Send `say`; the answer fills in as it comes."""
        turn = self.turns[len(self.turns) + 1] = Spoken(time.perf_counter())
        await self.send({"type": "say", "text": text})
        return turn

    async def send(self, message: Mapping[str, Any]) -> None:
        """Tell the server; once the connection is over, nobody."""
        with contextlib.suppress(websockets.ConnectionClosed):
            await self.socket.send(json.dumps(message))

    async def played(self, number: int) -> None:
        await self.send({"type": "played", "turn": number, "pts_ms": self.turns[number].audio_ms, "late_frames": 0})

    async def until_finished(self, number: int, seconds: float = 30.0) -> dict[str, Any]:
        """Wait for turn.finished."""
        deadline = time.monotonic() + seconds
        while number not in self.finished:
            self.news.clear()
            await asyncio.wait_for(self.news.wait(), max(0.01, deadline - time.monotonic()))
        return self.finished[number]

    async def close(self) -> None:
        await self.socket.close()
        await self.reader
