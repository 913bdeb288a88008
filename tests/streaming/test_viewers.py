"""So many may watch a session, and no more; who leaves or vanishes makes room."""

from __future__ import annotations

import asyncio
import time
from uuid import uuid4

import pytest
from django.conf import settings

from sessions import presence
from sessions.redis import client
from streaming import bus
from streaming.hub import Hub, Mailbox
from tests.house import House
from tests.live import Stage


@pytest.fixture
def session() -> str:
    return str(uuid4())


async def test_it_refuses_one_viewer_too_many_until_another_one_leaves(stage: Stage, quiet: House) -> None:
    driver = await stage.open()
    viewers = [await stage.join(driver.session, "viewer") for _ in range(settings.SESSION_MAX_VIEWERS)]
    refused = await stage.connect(await stage.ticket(driver.session, "viewer"), driver.session)
    assert await refused.closed() == 4430
    (error,) = refused.events
    assert (error["type"], error["code"], error["status"]) == ("error", "too_many_viewers", 4430)
    assert str(settings.SESSION_MAX_VIEWERS) in error["detail"]
    assert not any(live.is_closed for live in (driver, *viewers))

    await viewers[0].close()
    await asyncio.sleep(0.3)
    late = await stage.join(driver.session, "viewer")
    await driver.send("say", text="Hello.")
    await late.last_of(1)
    again = await stage.join(driver.session)  # a driver needs no viewer's place
    assert (await again.event("session.ready"))["role"] == "driver"


def test_it_gives_out_places_until_none_is_left(session: str) -> None:
    assert [bus.take_place(session, name, places=2) for name in "abc"] == [True, True, False]
    bus.leave_place(session, "a")
    assert [bus.take_place(session, name, places=2) for name in "cd"] == [True, False]
    assert bus.take_place(str(uuid4()), "d", places=2)
    bus.forget(session)


def test_it_gives_the_place_of_a_viewer_who_vanished_to_the_next_one(session: str) -> None:
    assert bus.take_place(session, "a", places=1)
    client().zadd(bus.viewers_key(session), {"a": time.time() - bus.VIEWER_SECONDS - 1})
    assert bus.take_place(session, "b", places=1)
    assert not bus.take_place(session, "c", places=1)
    assert 0 < client().ttl(bus.viewers_key(session)) <= bus.VIEWER_SECONDS
    bus.forget(session)


async def test_it_keeps_the_places_of_viewers_who_are_here_also_when_redis_has_lost_them(session: str) -> None:
    hub, box = Hub(), Mailbox(session, "a", is_driver=False)
    await hub.join(box)
    await asyncio.sleep(presence.BEAT_SECONDS + 0.5)
    assert not await asyncio.to_thread(bus.take_place, session, "b", places=1)
    assert not await asyncio.to_thread(client().exists, bus.driver_key(session))
    await hub.leave(box)
    await asyncio.to_thread(bus.forget, session)
