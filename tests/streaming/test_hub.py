"""The hub: bounded mailboxes, each with its own session's messages, and signs of life of the drivers that are here."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest

from sessions import presence
from sessions.redis import client
from streaming import bus
from streaming.consumers import SessionConsumer
from streaming.hub import QUEUE_MESSAGES, RETRY_SECONDS, Hub, Mailbox
from streaming.relay import Relay


def mailbox(session: str | None = None, *, is_driver: bool = True) -> Mailbox:
    return Mailbox(session or str(uuid4()), str(uuid4()), is_driver=is_driver)


async def kinds(box: Mailbox, count: int) -> list[str]:
    """The kinds of the next `count` controls."""
    async with asyncio.timeout(5):
        got = [bus.decode(await box.queue.get()) for _ in range(count)]
    return [item.fields["kind"] for item in got if isinstance(item, bus.Control)]


def test_it_marks_a_mailbox_that_overflows_and_keeps_what_was_first() -> None:
    box = mailbox()
    for number in range(QUEUE_MESSAGES):
        box.put(bytes([number]))
    assert not box.gap.is_set()
    box.put(b"one too many")
    assert box.gap.is_set()
    assert box.queue.qsize() == QUEUE_MESSAGES
    assert box.queue.get_nowait() == b"\x00"


async def test_it_delivers_to_every_mailbox_of_a_session_and_to_no_other() -> None:
    hub, one, other = Hub(), mailbox(), mailbox()
    twin = mailbox(one.session_id, is_driver=False)
    for box in (one, twin, other):
        await hub.join(box)
    await asyncio.to_thread(bus.tell, one.session_id, kind="first")
    await asyncio.to_thread(bus.tell, other.session_id, kind="second")
    assert await kinds(one, 1) == await kinds(twin, 1) == ["first"]
    assert await kinds(other, 1) == ["second"]
    assert one.queue.empty()
    assert twin.queue.empty()


async def test_it_delivers_nothing_to_who_has_left() -> None:
    hub, one = Hub(), mailbox()
    twin = mailbox(one.session_id)
    for box in (one, twin):
        await hub.join(box)
    await hub.leave(one)
    await asyncio.to_thread(bus.tell, one.session_id, kind="late")
    assert await kinds(twin, 1) == ["late"]
    assert one.queue.empty()
    await hub.leave(twin)
    await hub.join(one)
    await asyncio.to_thread(bus.tell, one.session_id, kind="again")
    assert await kinds(one, 1) == ["again"]


class Stuck(Relay):
    """A relay that can't be stopped."""

    async def stop(self) -> None:
        raise RuntimeError("The socket is gone already.")


async def test_a_driver_is_out_of_the_hub_whatever_fails_when_it_leaves() -> None:
    consumer, box = SessionConsumer(), mailbox()
    consumer.connection, consumer.mailbox = box.connection, box
    consumer.relay = Stuck(consumer, box, str(uuid4()))
    await asyncio.to_thread(bus.take_seat, box.session_id, "somebody else")
    await Hub.current().join(box)
    with pytest.raises(RuntimeError, match="gone already"):
        await consumer.disconnect(1006)
    await asyncio.to_thread(bus.tell, box.session_id, kind="late")
    await asyncio.sleep(0.1)
    assert box.queue.empty()


async def test_it_delivers_in_the_order_of_publishing() -> None:
    hub, one = Hub(), mailbox()
    await hub.join(one)
    for number in range(20):
        await asyncio.to_thread(bus.tell, one.session_id, kind=str(number))
    assert await kinds(one, 20) == [str(number) for number in range(20)]


async def test_it_beats_for_drivers_and_not_for_viewers() -> None:
    hub, driver, viewer = Hub(), mailbox(), mailbox(is_driver=False)
    for box in (driver, viewer):
        await hub.join(box)
    await asyncio.sleep(presence.BEAT_SECONDS + 0.5)
    seen = await asyncio.to_thread(presence.last_seen, [UUID(driver.session_id), UUID(viewer.session_id)])
    assert seen.keys() == {UUID(driver.session_id)}


async def test_it_leaves_a_gap_in_every_mailbox_when_messages_may_be_lost_and_delivers_again() -> None:
    hub, one, other = Hub(), mailbox(), mailbox(is_driver=False)
    for box in (one, other):
        await hub.join(box)
    await asyncio.to_thread(bus.tell, one.session_id, kind="before")
    assert await kinds(one, 1) == ["before"]
    assert not one.gap.is_set()
    await asyncio.to_thread(client().execute_command, "CLIENT", "KILL", "TYPE", "pubsub")
    async with asyncio.timeout(5):
        await asyncio.gather(one.gap.wait(), other.gap.wait())
    late = mailbox(one.session_id)
    await hub.join(late)
    await asyncio.sleep(2 * RETRY_SECONDS)
    await asyncio.to_thread(bus.tell, one.session_id, kind="after")
    assert await kinds(late, 1) == ["after"]
    assert not late.gap.is_set()


async def test_it_takes_the_seat_back_for_its_driver_when_redis_has_lost_it_and_from_nobody_else() -> None:
    hub, one, replaced = Hub(), mailbox(), mailbox()
    for box in (one, replaced):
        await hub.join(box)
    await asyncio.to_thread(client().set, bus.driver_key(replaced.session_id), "another", ex=5)
    await asyncio.sleep(presence.BEAT_SECONDS + 0.5)
    assert await asyncio.to_thread(client().get, bus.driver_key(one.session_id)) == one.connection.encode()
    assert await asyncio.to_thread(client().get, bus.driver_key(replaced.session_id)) == b"another"
