"""How many sessions can speak at once before a frame comes late, and what one costs. The clients share the machine."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass

import httpx

from benchmarks.figures import Figures
from benchmarks.installation import Installation
from benchmarks.listener import Listener, Spoken

STEPS = (50, 100, 150, 200, 225, 250, 300)
SECONDS = 36.0
BEGIN_SECONDS = 12.0  # a turn's length: with all begun, beginnings are spread evenly, as those of many people are
SUBJECTS = ("The river", "My neighbour", "This machine", "A good friend", "The old train", "Our garden", "Every morning")
VERBS = ("carries", "remembers", "brings", "finds", "follows", "paints", "repeats")
OBJECTS = ("a quiet story", "the same old song", "seven blue stones", "a letter from home", "warm bread and tea")


@dataclass(frozen=True, slots=True)
class Load:
    """One step's outcome."""

    sessions: int
    late_turns: int
    turns: int
    speaking_mean: int
    spoken_s: float
    cpu_s: float
    by_part: dict[str, float]


async def measure(place: Installation, figures: Figures) -> None:
    """speaking_sessions_2_cores, session_cpu_ms_per_s, session_memory_mb."""
    limits = httpx.Limits(max_connections=50)
    headers = {"Authorization": f"Bearer {place.key}"}
    async with httpx.AsyncClient(base_url=place.url, headers=headers, timeout=60, limits=limits) as http:
        listeners: list[Listener] = []
        best, memory_mb = None, []
        for count in STEPS:
            while len(listeners) < count:
                listeners.append(await Listener.open(http))
            load = await _step(place, listeners)
            print(f"  {load}", flush=True)
            if load.late_turns:
                break
            best = load
            memory_mb.append((count, place.memory_mb()))
        figures.value("speaking_sessions_2_cores", best.sessions if best else 0, "sessions", "≥ 200")
        if best:
            figures.value("session_cpu_ms_per_s", best.cpu_s * 1000 / best.spoken_s, "ms of CPU per second spoken")
        if len(memory_mb) > 1:  # the slope: what the first step brought in is there once
            (few, before), (many, after) = memory_mb[0], memory_mb[-1]
            figures.value("session_memory_mb", (after - before) / (many - few), "MB", "≤ 5")
        await asyncio.gather(*(listener.close() for listener in listeners))


async def _step(place: Installation, listeners: list[Listener]) -> Load:
    before, began, own = place.cpu_seconds(), time.perf_counter(), time.process_time()
    said = await asyncio.gather(*(keep_talking(listener) for listener in listeners))
    seconds = time.perf_counter() - began
    used = {name: after - before.get(name, 0.0) for name, after in place.cpu_seconds().items()}
    turns = [turn for several in said for turn in several]
    late = sum(turn.worst_late_ms > 0 for turn in turns)
    spoken = sum(turn.audio_ms for turn in turns) / 1000
    used["clients"] = time.process_time() - own  # they share the machine, but are not the server
    parts = {name: round(1000 * value / spoken, 2) for name, value in used.items()}  # ms of CPU per second spoken
    cpu = sum(used.values()) - used["clients"]
    return Load(len(listeners), late, len(turns), round(spoken / seconds), round(spoken), round(cpu, 1), parts)


async def keep_talking(listener: Listener, seconds: float = SECONDS) -> list[Spoken]:
    """Speak one text after another in real time for so many seconds."""
    await asyncio.sleep(random.random() * BEGIN_SECONDS)
    spoken, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        turn = await listener.say(_text())
        await asyncio.wait_for(turn.done.wait(), 60)
        spoken.append(turn)
        left = turn.first_audio + turn.audio_ms / 1000 - time.perf_counter()
        await asyncio.sleep(max(0.0, left))
        await listener.played(len(listener.turns))
        await listener.until_finished(len(listener.turns))
    return spoken


def _text() -> str:
    """Three sentences that were not said before: nothing of it can come from a cache."""
    choose = random.choice
    return " ".join(f"{choose(SUBJECTS)} {choose(VERBS)} {choose(OBJECTS)} {random.randint(2, 9999)} times." for _ in range(3))
