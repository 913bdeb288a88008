"""`python -m config.hello [text]`: the main job without a browser, through the public API only.

Opens a session, speaks a sentence, writes `hello.wav` and `hello-face.json`, prints what it took.
"""

from __future__ import annotations

import asyncio
import json
import struct
import sys
import time
import wave
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import websockets

from avatars.face import decode

CARD = Path(__file__).resolve().parent.parent / ".visavis" / "demo.json"
HEADER = struct.Struct("<BBHIII")
AUDIO, FACE, LAST = 1, 3, 2
TEXT = "Hello! I am your talking avatar, and every second of this is metered."


@dataclass
class Take:
    """What arrived for the sentence, and when, in milliseconds after it was sent."""

    pcm: bytearray = field(default_factory=bytearray)
    frames: list[dict[str, Any]] = field(default_factory=list)
    face_bytes: int = 0
    first_audio_ms: float | None = None
    first_face_ms: float | None = None
    complete: bool = False


async def hello(url: str, api_key: str, text: str) -> tuple[Take, dict[str, Any]]:
    """Speak `text` in a fresh session; returns what arrived and `turn.finished`."""
    headers = {"Authorization": f"Bearer {api_key}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=10) as http:
        avatars = _answer(await http.get("/api/v1/avatars"))["results"]
        ready = next(one["id"] for one in avatars if one["state"] == "ready")
        session = _answer(await http.post("/api/v1/sessions", json={"avatar": ready}))
        ticket = session["ticket"]
        protocols = [websockets.Subprotocol("visavis.v1"), websockets.Subprotocol(f"ticket.{ticket['ticket']}")]
        async with websockets.connect(ticket["url"], subprotocols=protocols, max_size=2**22) as socket:
            result = await asyncio.wait_for(_say(socket, text), timeout=60)
        _answer(await http.delete(f"/api/v1/sessions/{session['id']}"))
        return result


def _answer(response: httpx.Response) -> Any:
    body = response.json()
    if response.is_error:
        raise SystemExit(f"{response.status_code} {body['code']}: {body['detail']} {body.get('hint', '')}")
    return body


async def _say(socket: websockets.ClientConnection, text: str) -> tuple[Take, dict[str, Any]]:
    take, sent = Take(), 0.0
    async for message in socket:
        if isinstance(message, bytes):
            _receive(take, message, (time.perf_counter() - sent) * 1000)
            if take.complete:
                played = {"type": "played", "turn": 1, "pts_ms": len(take.pcm) // 48, "late_frames": 0}
                await socket.send(json.dumps(played))
            continue
        event = json.loads(message)
        if event["type"] == "session.ready":
            sent = time.perf_counter()
            await socket.send(json.dumps({"type": "say", "text": text, "request_id": "hello"}))
        elif event["type"] == "turn.finished":
            return take, event
        elif event["type"] == "error":
            raise SystemExit(f"{event['code']}: {event['detail']}")
    raise SystemExit(f"The connection was closed: {socket.close_code} {socket.close_reason}")


def _receive(take: Take, message: bytes, at_ms: float) -> None:
    _, kind, flags, _, pts_ms, _ = HEADER.unpack_from(message)
    payload = message[HEADER.size :]
    if kind == AUDIO:
        take.pcm += payload
        take.first_audio_ms = take.first_audio_ms or at_ms
    elif kind == FACE:
        track = decode(payload)
        take.face_bytes += len(payload)
        take.first_face_ms = take.first_face_ms or at_ms
        for index, frame in enumerate(track.table().round(3).tolist()):
            take.frames.append({"pts_ms": round(pts_ms + index * 1000 / track.fps), "channels": frame})
        take.complete = bool(flags & LAST)


def main() -> None:
    """Print a summary and write the two files into the current folder."""
    if not CARD.exists():
        sys.exit("Start `make demo` first, in another terminal.")
    card = json.loads(CARD.read_text())
    try:
        take, finished = asyncio.run(hello(card["url"], card["api_key"], " ".join(sys.argv[1:]) or TEXT))
    except (httpx.ConnectError, OSError):
        sys.exit(f"Nothing answers at {card['url']}: start `make demo` first, in another terminal.")
    seconds = len(take.pcm) / 48_000
    with wave.open("hello.wav", "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(24_000)
        sound.writeframes(bytes(take.pcm))
    Path("hello-face.json").write_text(json.dumps({"fps": 30, "frames": take.frames}))
    print(f"outcome        {finished['outcome']}: {finished['heard_text']!r}")
    print(f"first audio    {take.first_audio_ms:.0f} ms after say")
    print(f"first face     {take.first_face_ms:.0f} ms after say")
    print(f"sound          {seconds:.2f} s in hello.wav (24 kHz)")
    print(f"face           {len(take.frames)} frames in hello-face.json, {take.face_bytes / seconds:.0f} bytes/s on the wire")


if __name__ == "__main__":
    main()
