"""How soon an avatar answers, and how soon it stops: at a real websocket client on the loopback."""

from __future__ import annotations

import asyncio
import time

import httpx

from benchmarks.figures import Figures
from benchmarks.installation import Installation
from benchmarks.listener import Listener

SENTENCES = (
    "Good morning, how are you today?",
    "Your order will arrive on Tuesday afternoon.",
    "I can help you with that right away.",
    "The meeting has moved to half past three.",
    "Thank you for waiting, here is what I found.",
)
LONG = " ".join(f"This is sentence number {number} of a story that goes on for quite a while." for number in range(1, 25))
ROUNDS, STOPS = 60, 20


async def measure(place: Installation, figures: Figures) -> None:
    """say_first_*_ms, interrupt_stale_*, face_stream_bytes_per_s."""
    async with httpx.AsyncClient(base_url=place.url, headers={"Authorization": f"Bearer {place.key}"}, timeout=30) as http:
        listener = await Listener.open(http)
        await _speak(listener, figures)
        await _interrupt(listener, figures)
        await listener.close()


async def _speak(listener: Listener, figures: Figures) -> None:
    for number in range(1, ROUNDS + 6):
        turn = await listener.say(SENTENCES[number % len(SENTENCES)])
        await asyncio.wait_for(turn.done.wait(), 30)
        await listener.played(number)
        await listener.until_finished(number)
        await asyncio.sleep(0.05)
    turns = list(listener.turns.values())[5:]  # the first ones warm up
    figures.spread("say_first_audio_ms", [(t.first_audio - t.sent) * 1000 for t in turns], "ms", "p95 ≤ 120")
    figures.spread("say_first_face_ms", [(t.first_face - t.sent) * 1000 for t in turns], "ms", "p95 ≤ 120")
    rates = [turn.face_bytes / (turn.audio_ms / 1000) for turn in turns]
    figures.spread("face_stream_bytes_per_s", rates, "bytes/s", "≤ 500")


async def _interrupt(listener: Listener, figures: Figures) -> None:
    stale_ms, stale_items = [], 0
    for _ in range(STOPS):
        number = len(listener.turns) + 1
        turn = await listener.say(LONG)
        while turn.audio_ms < 1500:
            await asyncio.sleep(0.005)
        stopped = time.perf_counter()
        await listener.socket.send('{"type":"interrupt"}')
        await listener.until_finished(number)
        finished = time.perf_counter()
        await asyncio.sleep(0.3)
        late = [at for turn_number, at in listener.media_times if turn_number == number and at > stopped]
        stale_ms.append((max(late) - stopped) * 1000 if late else 0.0)
        stale_items += sum(at > finished for at in late)
    figures.spread("interrupt_stale_ms", stale_ms, "ms", "≤ 100")
    figures.value("interrupt_stale_items", stale_items, "items after turn.finished", "0")
