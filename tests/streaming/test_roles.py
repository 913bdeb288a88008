"""Drivers and viewers: one speaks, the others watch the same."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.house import House
from tests.live import LiveClient, Stage


def received(live: LiveClient) -> list[tuple[int, int, int, bytes]]:
    return [(item.header.kind, item.header.seq, item.header.pts_ms, item.payload) for item in live.media]


async def test_it_shows_every_viewer_what_the_driver_sees(stage: Stage, quiet: House) -> None:
    driver = await stage.open()
    viewers = [await stage.join(driver.session, "viewer") for _ in range(3)]
    await driver.send("say", text="Hello, all of you.")
    for live in (driver, *viewers):
        await live.last_of(1)
    await driver.played_all(1)
    for live in (driver, *viewers):
        assert (await live.event("turn.finished", turn=1))["outcome"] == "completed"
        assert received(live) == received(driver)
        assert len([event for event in live.events if event["type"] == "turn.finished"]) == 1
    assert (await viewers[0].event("session.ready"))["role"] == "viewer"


@pytest.mark.parametrize(
    ("kind", "fields"),
    [("say", {"text": "Hi."}), ("interrupt", {}), ("emotion", {"name": "happy", "intensity": 1})],
)
async def test_it_lets_viewers_only_watch(stage: Stage, kind: str, fields: dict[str, Any]) -> None:
    driver = await stage.open()
    viewer = await stage.join(driver.session, "viewer")
    await viewer.send(kind, **fields)
    await viewer.error("not_driver")
    await viewer.send("ping", t=3)
    assert (await viewer.event("pong"))["t"] == 3
    assert (await stage.get(f"/sessions/{driver.session}/turns"))["results"] == []
    assert [event["type"] for event in driver.events] == ["session.ready"]


async def test_it_takes_no_offence_at_viewers_who_report_what_they_heard(stage: Stage) -> None:
    driver = await stage.open()
    viewer = await stage.join(driver.session, "viewer")
    await driver.send("say", text="Hello, you.")
    await viewer.last_of(1)
    for _ in range(4):
        await viewer.played_all(1)
    await viewer.send("ping", t=1)
    await viewer.event("pong")
    assert not [event for event in viewer.events if event["type"] == "error"]
    assert not [event for event in driver.events if event["type"] == "turn.finished"]  # the driver has not reported


async def test_it_replaces_the_driver_by_the_next_one(stage: Stage, quiet: House) -> None:
    first = await stage.open()
    second = await stage.join(first.session)
    assert await first.closed() == 4409
    await second.send("say", text="Mine now.")
    await second.last_of(1)
    assert first.media == []
    assert (await stage.state(first.session))["state"] == "live"


async def test_it_hands_a_turn_over_to_the_next_driver(stage: Stage) -> None:
    first = await stage.open()
    await first.send("say", text="This is a sentence that two drivers share. It takes a while to say all of it.")
    await first.spoken(1)
    second = await stage.join(first.session)
    assert await first.closed() == 4409
    await second.send("resume", turn=1, seq=-1)
    await second.last_of(1)
    await second.send("played", turn=1, pts_ms=10**6, late_frames=0)
    assert (await second.event("turn.finished", turn=1))["outcome"] == "completed"
    await asyncio.sleep(0.2)
    assert len([event for event in second.events if event["type"] == "turn.finished"]) == 1


async def test_it_keeps_the_session_when_a_viewer_leaves(stage: Stage) -> None:
    driver = await stage.open()
    viewer = await stage.join(driver.session, "viewer")
    await viewer.close()
    await driver.send("say", text="Still here.")
    await driver.last_of(1)
    assert (await stage.state(driver.session))["state"] == "live"


async def test_it_tells_every_client_of_a_new_emotion(stage: Stage) -> None:
    driver = await stage.open()
    viewer = await stage.join(driver.session, "viewer")
    await driver.send("emotion", name="happy", intensity=0.5)
    for live in (driver, viewer):
        assert (await live.event("emotion.changed"))["name"] == "happy"
    late = await stage.join(driver.session, "viewer")
    assert (await late.event("session.ready"))["emotion"] == {"name": "happy", "intensity": 0.5}
