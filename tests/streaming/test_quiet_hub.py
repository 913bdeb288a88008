"""A web process that nobody talked to for a while is as ready as it was before."""

from __future__ import annotations

import asyncio
from typing import Any

from streaming import bus
from streaming.hub import Hub, Mailbox

WAIT_SECONDS = 5.0


async def test_it_takes_the_first_session_after_a_quiet_while() -> None:
    hub = Hub()
    before = Mailbox("before", "c1", is_driver=False)
    await hub.join(before)
    await hub.leave(before)
    await asyncio.sleep(0.1)
    connection: Any = hub._pubsub.connection
    connection.next_health_check = 0  # half a minute without a session

    after = Mailbox("after", "c2", is_driver=False)
    await asyncio.wait_for(hub.join(after), WAIT_SECONDS)
    await hub._redis.publish(bus.channel("after"), b"hello")
    assert await asyncio.wait_for(after.queue.get(), WAIT_SECONDS) == b"hello"
    for task in hub._tasks:  # a loop of its own, gone with this test
        task.cancel()
