"""Stopping in mid-sentence, by hand or by the next sentence: what is stale stops at once, what was heard is told."""

from __future__ import annotations

import asyncio
import time

from tests.house import House
from tests.live import LiveClient, Stage

LONG = (
    "This is the first sentence of a long speech. Then there is a second one, which takes a while as well. "
    "The third sentence is never heard by anybody. Nor is the fourth one, and the fifth says nothing new."
)


async def speak_and_hear(live: LiveClient, *, heard_ms: int) -> None:
    """Start LONG and claim to have heard so much of it."""
    await live.send("say", text=LONG)
    await live.until(lambda: live.milliseconds(1) >= heard_ms, what="sound")
    await live.send("played", turn=1, pts_ms=heard_ms, late_frames=0)


async def test_it_stops_in_mid_sentence_and_sends_nothing_stale(stage: Stage, quiet: House) -> None:
    live = await stage.open()
    await speak_and_hear(live, heard_ms=1500)
    asked = time.perf_counter()
    await live.send("interrupt")
    finished = await live.event("turn.finished", turn=1)
    stale = len(live.media)
    await asyncio.sleep(1.5)

    assert finished["outcome"] == "interrupted"
    assert len(live.media) == stale
    late = [item.at - asked for item in live.media if item.at > asked]
    assert not late or max(late) < 0.5


async def test_it_tells_what_was_heard_of_an_interrupted_turn(stage: Stage) -> None:
    live = await stage.open()
    await speak_and_hear(live, heard_ms=1500)
    await live.send("interrupt")
    finished = await live.event("turn.finished", turn=1)

    assert finished["spoken_ms"] == 1500
    assert LONG.startswith(finished["heard_text"])
    begun = [word for event in live.events if event["type"] == "turn.words" for word, start, _ in event["words"] if start < 1500]
    assert finished["heard_text"] == " ".join(begun)
    shown = await stage.turn(live.session, 1, state="interrupted")
    assert (shown["heard_text"], shown["spoken_ms"]) == (finished["heard_text"], 1500)
    assert len(finished["heard_text"]) <= shown["characters"] < len(LONG)
    assert (await stage.usage("tts_characters", held=0))["used"] == shown["characters"]


async def test_it_speaks_again_after_an_interrupt(stage: Stage, quiet: House) -> None:
    live = await stage.open()
    await speak_and_hear(live, heard_ms=600)
    await live.send("interrupt")
    await live.send("say", text="Next.")
    await live.last_of(2)
    await live.played_all(2)
    finished = await live.event("turn.finished", turn=2)
    assert (finished["outcome"], finished["heard_text"]) == ("completed", "Next.")


async def test_it_takes_an_interrupt_while_silent_as_nothing(stage: Stage, quiet: House) -> None:
    live = await stage.open()
    await live.send("interrupt")
    await live.send("ping", t=1)
    await live.event("pong")
    assert (await stage.get(f"/sessions/{live.session}/turns"))["results"] == []
    await live.send("say", text="Yes.")
    await live.last_of(1)


async def test_it_lets_a_new_sentence_supersede_the_old_one(stage: Stage, quiet: House) -> None:
    live = await stage.open()
    await speak_and_hear(live, heard_ms=600)
    await live.send("say", text="No, this.", request_id="new")
    await live.last_of(2)
    assert (await live.event("turn.finished", turn=1))["outcome"] == "interrupted"
    first_new = min(item.at for item in live.media if item.header.turn == 2)
    assert all(item.at < first_new for item in live.media if item.header.turn == 1)
    await live.played_all(2)
    assert (await live.event("turn.finished", turn=2))["request_id"] == "new"
    assert (await stage.turn(live.session, 1))["state"] == "interrupted"


async def test_it_speaks_only_the_last_of_many_at_once(stage: Stage, quiet: House) -> None:
    live = await stage.open()
    for number in range(1, 6):
        await live.send("say", text=f"Sentence number {number}.")
    await live.last_of(5)
    await live.played_all(5)
    await live.event("turn.finished", turn=5, outcome="completed")
    turns = (await stage.get(f"/sessions/{live.session}/turns"))["results"]
    assert [turn["state"] for turn in turns] == ["completed"] + ["interrupted"] * 4
    await stage.usage("tts_characters", held=0)


async def test_it_speaks_what_the_rest_api_asks_for(stage: Stage) -> None:
    live = await stage.open()
    answer = await stage.rest("POST", f"/sessions/{live.session}/turns", json={"text": "From afar.", "request_id": "rest"})
    assert answer.status_code == 201
    await live.last_of(1)
    await live.played_all(1)
    finished = await live.event("turn.finished", turn=1)
    assert (finished["request_id"], finished["heard_text"]) == ("rest", "From afar.")
