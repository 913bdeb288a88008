"""Workers die: the viewer is told within seconds, and the next sentence is spoken by the next worker."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.house import House
from tests.live import LiveClient, Stage

LONG = "One moment, please. This sentence is long enough to be cut off in the middle, as nobody is there to speak on. " * 2


@pytest.fixture
def workerless(house: House) -> Iterator[House]:
    """The house; a worker that the test killed is replaced afterwards."""
    yield house
    if house.processes.children["worker"].poll() is not None:
        house.start_worker()


async def spoken_at_last(live: LiveClient, *, first: int) -> str:
    """Say something until it is spoken: a worker may need longer to start than a turn waits for one."""
    for turn in (first, first + 1, first + 2):
        await live.send("say", text="Here again.")
        await live.until(lambda turn=turn: live.audio(turn) or outcomes(live, turn), what="sound or an outcome")
        if live.audio(turn):
            await live.last_of(turn)
            await live.played_all(turn)
            return str((await live.event("turn.finished", turn=turn))["outcome"])
    return "never"


def outcomes(live: LiveClient, turn: int) -> list[str]:
    return [event["outcome"] for event in live.events if event["type"] == "turn.finished" and event["turn"] == turn]


async def test_it_fails_the_turn_of_a_worker_that_died_and_speaks_again(stage: Stage, workerless: House) -> None:
    live = await stage.open()
    await live.send("say", text=LONG, request_id="r1")
    await live.spoken(1, pairs=2)
    workerless.kill_worker()
    killed = time.monotonic()
    finished = await live.event("turn.finished", turn=1)
    assert time.monotonic() - killed < 5.0
    assert finished["outcome"] == "failed"
    error = await live.error("worker_lost")
    assert (error["turn"], error["request_id"], error["hint"]) == (1, "r1", "Say it again.")
    turn = await stage.turn(live.session, 1)
    assert (turn["state"], turn["error"]) == ("failed", "worker_lost")
    assert (await stage.usage("tts_characters", held=0))["used"] == turn["characters"] < len(LONG)

    workerless.start_worker()
    assert await spoken_at_last(live, first=2) == "completed"


async def test_it_says_that_no_worker_came_and_charges_nothing(stage: Stage, workerless: House) -> None:
    live = await stage.open()
    workerless.kill_worker()
    await live.send("say", text="Is anybody there?")
    error = await live.error("no_worker")
    assert error["turn"] == 1
    assert (await live.event("turn.finished", turn=1))["outcome"] == "failed"
    turn = await stage.turn(live.session, 1)
    assert (turn["state"], turn["error"], turn["characters"], turn["heard_text"]) == ("failed", "no_worker", 0, "")
    usage = await stage.usage("tts_characters", held=0)
    assert usage["used"] == 0
    assert live.media == []
