"""The media bus: its codec, the fence between turns, the log for those who come back, and the driver's seat."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions import presence
from sessions.redis import client
from streaming import bus

number = st.integers(0, 2**32 - 1)
plain = st.dictionaries(st.text(max_size=8), st.none() | st.booleans() | st.integers() | st.text(max_size=12), max_size=4)
packets = st.builds(
    bus.Packet, turn=number, seq=number, frames=st.lists(st.text(max_size=30) | st.binary(max_size=60)).map(tuple), about=plain
)


@given(packets)
def test_it_reads_packets_as_they_were_written(packet: bus.Packet) -> None:
    assert bus.decode(bus.encode_packet(packet)) == packet


@given(number, plain)
def test_it_reads_controls_as_they_were_written(turn: int, fields: dict[str, Any]) -> None:
    fields.pop("turn", None)
    assert bus.decode(bus.encode_control(turn, **fields)) == bus.Control(turn=turn, fields=fields)


@pytest.fixture
def session() -> str:
    return str(uuid4())


@pytest.fixture
def heard(session: str) -> Iterator[Any]:
    """What gateways of the session get, in order."""
    pubsub = client().pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
    pubsub.subscribe(bus.channel(session))
    pubsub.get_message(timeout=1)

    def collect() -> list[bus.Packet | bus.Control]:
        got = []
        while (message := pubsub.get_message(timeout=0.05)) is not None:
            got.append(bus.decode(message["data"]))
        return got

    yield collect
    pubsub.close()


def packet(turn: int, seq: int) -> bus.Packet:
    return bus.Packet(turn=turn, seq=seq, frames=("text", b"sound"), about={"end_ms": seq})


def test_it_publishes_a_turn_that_has_begun(session: str, heard: Any) -> None:
    bus.begin(session, 1, text="Hi.", request_id="r")
    bus.publish(session, packet(1, 0))
    assert heard() == [bus.Control(turn=1, fields={"kind": "queued", "text": "Hi.", "request_id": "r"}), packet(1, 0)]


def test_it_publishes_nothing_of_a_turn_after_its_stop(session: str, heard: Any) -> None:
    bus.begin(session, 1)
    bus.publish(session, packet(1, 0))
    bus.stop(session, 1)
    with pytest.raises(bus.Superseded):
        bus.publish(session, packet(1, 1))
    with pytest.raises(bus.Superseded):
        bus.check(session, 1)
    assert [item.fields["kind"] if isinstance(item, bus.Control) else item.seq for item in heard()] == [
        "queued",
        0,
        "interrupted",
    ]


def test_it_publishes_nothing_of_a_turn_once_a_newer_one_has_begun(session: str, heard: Any) -> None:
    bus.begin(session, 1)
    bus.begin(session, 2)
    with pytest.raises(bus.Superseded):
        bus.publish(session, packet(1, 0))
    bus.publish(session, packet(2, 0))
    assert [item.turn for item in heard()] == [1, 2, 2]


def test_it_begins_no_older_turn_after_a_newer_one(session: str, heard: Any) -> None:
    bus.begin(session, 2)
    bus.begin(session, 1)
    with pytest.raises(bus.Superseded):
        bus.publish(session, packet(1, 0))
    bus.publish(session, packet(2, 0))
    assert [item.turn for item in heard()] == [2, 2]


def test_it_stops_no_newer_turn_by_the_stop_of_an_older_one(session: str) -> None:
    bus.begin(session, 1)
    bus.begin(session, 2)
    bus.stop(session, 1)
    bus.publish(session, packet(2, 0))


def test_it_never_publishes_a_turn_that_was_stopped_before_it_began(session: str, heard: Any) -> None:
    bus.begin(session, 1)
    bus.stop(session, 2)
    with pytest.raises(bus.Superseded):
        bus.publish(session, packet(1, 0))
    assert not bus.begin(session, 2)
    with pytest.raises(bus.Superseded):
        bus.publish(session, packet(2, 0))
    assert [(item.turn, item.fields["kind"]) for item in heard()] == [(1, "queued"), (2, "queued"), (2, "interrupted")]
    assert bus.begin(session, 3)
    bus.publish(session, packet(3, 0))


def test_it_remembers_an_early_stop_only_for_a_while(session: str) -> None:
    bus.stop(session, 1)
    (key,) = client().scan_iter(f"*{session}*")
    assert 0 < client().ttl(key) <= bus.STOP_SECONDS
    bus.begin(session, 2)
    bus.stop(session, 2)
    assert bus.STOP_SECONDS < client().ttl(key) <= bus.FENCE_SECONDS


@given(st.lists(st.tuples(st.sampled_from(["begin", "stop", "publish"]), st.integers(1, 4)), max_size=20))
def test_it_only_ever_publishes_the_newest_turn_that_was_not_stopped(steps: list[tuple[str, int]]) -> None:
    session, newest, stopped = str(uuid4()), 0, True
    for step, turn in steps:
        if step == "begin":
            bus.begin(session, turn)
            if turn > newest:
                newest, stopped = turn, False
        elif step == "stop":
            bus.stop(session, turn)
            newest, stopped = (turn, True) if turn >= newest else (newest, stopped)
        elif turn == newest and not stopped:
            bus.publish(session, packet(turn, 0))
        else:
            with pytest.raises(bus.Superseded):
                bus.publish(session, packet(turn, 0))
    bus.forget(session)


def test_it_keeps_the_newest_packets_of_the_current_turn(session: str) -> None:
    bus.begin(session, 1)
    for seq in range(bus.LOG_PACKETS + 6):
        bus.publish(session, packet(1, seq))
    kept = [item.seq for item in bus.log_of(session, 1, -1)]
    assert kept == list(range(6, bus.LOG_PACKETS + 6))
    assert [item.seq for item in bus.log_of(session, 1, 27)] == [28, 29]
    bus.begin(session, 2)
    assert bus.log_of(session, 1, -1) == bus.log_of(session, 2, -1) == []


def test_it_tells_the_worker_whether_there_is_a_driver(session: str) -> None:
    bus.begin(session, 1)
    assert not bus.publish(session, packet(1, 0))
    bus.take_seat(session, "a")
    assert bus.publish(session, packet(1, 1))
    assert bus.check(session, 1)
    assert bus.leave_seat(session, "a")
    assert not bus.check(session, 1)


def test_it_lets_only_the_seated_driver_leave_the_seat(session: str) -> None:
    bus.take_seat(session, "a")
    bus.take_seat(session, "b")
    assert not bus.leave_seat(session, "a")
    bus.begin(session, 1)
    assert bus.check(session, 1)
    assert bus.leave_seat(session, "b")
    assert time.time() - float(client().zscore(presence.KEY, session) or 0) < 5


def test_it_keeps_nothing_of_a_session_that_is_over(session: str) -> None:
    bus.begin(session, 1)
    bus.publish(session, packet(1, 0))
    bus.take_seat(session, "a")
    bus.set_emotion(session, "happy", 0.4)
    assert bus.emotion(session) == ("happy", 0.4)
    bus.forget(session)
    assert list(client().scan_iter(f"*{session}*")) == []
    assert bus.emotion(session) == ("neutral", 0.0)
    with pytest.raises(bus.Superseded):
        bus.publish(session, packet(1, 1))


def test_it_beats_for_each_turn_to_its_own_session(session: str, heard: Any) -> None:
    bus.beat([(session, 3), (str(uuid4()), 4)])
    assert heard() == [bus.Control(turn=3, fields={"kind": "beat"})]
