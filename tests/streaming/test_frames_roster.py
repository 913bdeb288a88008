"""Sessions are shared evenly among the processes that draw; one that is gone is not waited for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from sessions.redis import client
from streaming.frames.roster import GONE_SECONDS, LOADS, SEEN, Roster


@pytest.fixture
def rosters() -> Iterator[list[Roster]]:
    """Three processes, by their names in Redis."""
    client().delete(SEEN, LOADS)
    made = [Roster() for _ in range(3)]
    for roster in made:
        roster.start()
    yield made
    for roster in made:
        roster.stop()


def loads() -> list[int]:
    return sorted(int(load) for load in client().hvals(LOADS))


def test_they_draw_equally_many_whoever_takes_the_message(rosters: list[Roster]) -> None:
    with ExitStack() as held:
        passed = 0
        for number in range(7):
            for roster in (rosters[0], rosters[number % 3], *rosters):  # the first one is always quickest
                if held.enter_context(roster.place()):
                    break
                passed += 1
        assert sorted(roster.load for roster in rosters) == [2, 2, 3]
        assert loads() == [2, 2, 3]
        assert passed > 0
    assert loads() == [0, 0, 0]


def test_one_that_has_more_to_do_than_another_passes_on_unless_it_must(rosters: list[Roster]) -> None:
    first = rosters[0]
    with first.place() as is_ours, first.place() as is_second, first.place(insist=True) as is_third:
        assert (is_ours, is_second, is_third) == (True, False, True)
        assert first.load == 2
    assert first.load == 0


def test_nobody_waits_for_a_process_that_is_gone(rosters: list[Roster]) -> None:
    first, *others = rosters
    for other in others:
        other.stop()
        client().zadd(SEEN, {other.name: time.time() - GONE_SECONDS - 1})
        client().hset(LOADS, other.name, "0")
    with first.place() as is_first, first.place() as is_second:
        assert is_first and is_second
    assert client().hkeys(LOADS) == [first.name.encode()]


def test_one_that_stops_takes_no_more_and_stays_away(rosters: list[Roster]) -> None:
    first, second, _ = rosters
    with first.place(), second.place(), second.place(insist=True):
        first.stop()
    assert first.name.encode() not in client().hkeys(LOADS)
    assert client().zscore(SEEN, first.name) is None


def test_what_redis_has_lost_is_said_again(rosters: list[Roster]) -> None:
    with rosters[0].place():
        client().delete(SEEN, LOADS)
        for roster in rosters:
            roster.beat()
        assert loads() == [0, 0, 1]


def test_a_process_by_itself_takes_everything() -> None:
    client().delete(SEEN, LOADS)
    alone = Roster()
    with alone.place() as is_first, alone.place() as is_second:
        assert is_first and is_second
    assert not client().exists(LOADS)
