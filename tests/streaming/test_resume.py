"""Coming back: a connection that breaks in mid-sentence goes on where it stopped, with nothing lost or said twice."""

from __future__ import annotations

import asyncio

from tests.house import House
from tests.live import LiveClient, Stage

LONG = (
    "Every journey begins somewhere, and this one begins in a tunnel where no phone has a signal. "
    "We wait a little while, and then the light comes back."
)


async def drop_in_mid_turn(stage: Stage, *, pairs: int) -> LiveClient:
    """A driver that vanished while LONG was spoken."""
    live = await stage.open()
    await live.send("say", text=LONG, request_id="r1")
    await live.spoken(1, pairs=pairs)
    await live.drop()
    return live


def together(first: LiveClient, second: LiveClient, lists: str) -> list[tuple[int, int]]:
    """(seq, pts) of what came on the first connection up to its last whole pair, then on the second."""
    last = first.pairs(1)[-1]
    items = [item for item in getattr(first, lists)(1) if item.header.seq <= last] + getattr(second, lists)(1)
    return [(item.header.seq, item.header.pts_ms) for item in items]


async def test_it_goes_on_after_the_last_whole_pair(stage: Stage, quiet: House) -> None:
    first = await drop_in_mid_turn(stage, pairs=3)
    second = await stage.join(first.session)
    ready = await second.event("session.ready")
    assert ready["resume"]["turn"] == 1
    await second.send("resume", turn=1, seq=first.pairs(1)[-1])
    await second.last_of(1)

    for lists in ("audio", "faces"):
        pairs = together(first, second, lists)
        assert [seq for seq, _ in pairs] == list(range(len(pairs)))
        assert [pts for _, pts in pairs] == sorted(pts for _, pts in pairs)
    await second.send("played", turn=1, pts_ms=10**6, late_frames=0)
    finished = await second.event("turn.finished", turn=1)
    assert (finished["outcome"], finished["heard_text"], finished["request_id"]) == ("completed", LONG, "r1")


async def test_it_repeats_a_turn_from_the_start_for_who_has_nothing(stage: Stage, quiet: House) -> None:
    first = await drop_in_mid_turn(stage, pairs=1)
    await asyncio.sleep(1.2)
    second = await stage.join(first.session)
    await second.send("resume", turn=1, seq=-1)
    await second.last_of(1)
    seqs = [item.header.seq for item in second.audio(1)]
    assert seqs == list(range(len(seqs)))
    assert await second.event("turn.started", turn=1)


async def test_it_goes_on_live_for_who_does_not_ask(stage: Stage) -> None:
    first = await drop_in_mid_turn(stage, pairs=2)
    second = await stage.join(first.session)
    ready = await second.event("session.ready")
    await second.last_of(1)
    seqs = [item.header.seq for item in second.audio(1)]
    assert seqs == list(range(ready["resume"]["seq"] + 1, seqs[-1] + 1))


async def test_it_waits_for_a_driver_before_it_speaks_much_more(stage: Stage) -> None:
    first = await drop_in_mid_turn(stage, pairs=1)
    watcher = await stage.join(first.session, "viewer")
    await asyncio.sleep(2.5)
    paused = len(watcher.media)
    await asyncio.sleep(1.5)
    assert len(watcher.media) == paused
    second = await stage.join(first.session)
    await second.last_of(1)


async def test_it_needs_nothing_more_of_a_turn_that_is_over(stage: Stage, quiet: House) -> None:
    first = await stage.open()
    await first.send("say", text="Short.")
    await first.last_of(1)
    await first.played_all(1)
    await first.event("turn.finished", turn=1)
    await first.drop()
    second = await stage.join(first.session)
    assert (await second.event("session.ready"))["resume"] is None
    await second.send("resume", turn=1, seq=0)
    await second.send("resume", turn=77, seq=0)
    await second.send("ping", t=5)
    await second.event("pong")
    assert second.media == []
    await second.send("say", text="Again.")
    await second.last_of(2)


async def test_it_can_be_interrupted_by_who_came_back(stage: Stage, quiet: House) -> None:
    first = await drop_in_mid_turn(stage, pairs=2)
    second = await stage.join(first.session)
    await second.send("interrupt")
    finished = await second.event("turn.finished", turn=1)
    assert finished["outcome"] == "interrupted"
    await second.send("say", text="Done.")
    await second.last_of(2)
    await stage.turn(first.session, 1, state="interrupted")
