"""What a process computes for its turns is done in the order in which it is due, also when callers are interrupted."""

from __future__ import annotations

import ctypes
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from avatars import lanes
from avatars.lanes import DeadlineLane, OwnThread


class Interrupted(BaseException):
    """As Dramatiq raises it in a thread from outside."""


@pytest.fixture
def lane() -> DeadlineLane:
    return DeadlineLane("test")


@contextmanager
def occupied(lane: DeadlineLane) -> Iterator[None]:
    """The lane is busy until the end of the block."""
    gate, started = threading.Event(), threading.Event()

    def hold() -> None:
        started.set()
        gate.wait(5)

    holder = threading.Thread(target=lane.run, args=(0.0, hold))
    holder.start()
    started.wait(5)
    try:
        yield
    finally:
        gate.set()
        holder.join(5)


def caller(lane: DeadlineLane, work: Callable[[], object]) -> tuple[threading.Thread, list[str]]:
    """A thread that calls the lane, and what became of it."""
    became: list[str] = []

    def call() -> None:
        try:
            lane.run(1.0, work)
            became.append("done")
        except Interrupted:
            became.append("interrupted")

    thread = threading.Thread(target=call)
    thread.start()
    return thread, became


def interrupt(thread: threading.Thread) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(Interrupted))


def test_it_does_what_is_due_first_first(lane: DeadlineLane) -> None:
    done: list[float] = []
    with ThreadPoolExecutor(8) as callers:
        with occupied(lane):
            waiting = [callers.submit(lane.run, due, lambda due=due: done.append(due)) for due in (3.0, 1.0, 2.0)]
            while lane._arriving.qsize() < 3:
                time.sleep(0.001)
        for one in waiting:
            one.result(5)
    assert done == [1.0, 2.0, 3.0]


def test_it_does_one_thing_at_a_time(lane: DeadlineLane) -> None:
    busy, overlaps = threading.Lock(), []

    def work() -> None:
        overlaps.append(not busy.acquire(blocking=False))
        time.sleep(0.002)
        busy.release()

    with ThreadPoolExecutor(8) as callers:
        list(callers.map(lambda n: lane.run(float(n), work), range(20)))
    assert overlaps == [False] * 20


def test_it_hands_the_error_to_the_caller_and_goes_on(lane: DeadlineLane) -> None:
    with pytest.raises(ZeroDivisionError):
        lane.run(0.0, lambda: 1 // 0)
    assert lane.run(0.0, lambda: "fine") == "fine"


def test_it_drops_the_work_of_a_caller_that_was_interrupted_while_it_waited(lane: DeadlineLane) -> None:
    done: list[str] = []
    with occupied(lane):
        thread, became = caller(lane, lambda: done.append("late"))
        while not lane._arriving.qsize():
            time.sleep(0.001)
        interrupt(thread)
        thread.join(5)
        assert became == ["interrupted"]
    assert lane.run(99.0, lambda: list(done)) == []


def test_it_ends_what_was_begun_before_its_interrupted_caller_goes_on(lane: DeadlineLane) -> None:
    started, ended = threading.Event(), threading.Event()

    def work() -> None:
        started.set()
        time.sleep(1.5)
        ended.set()

    thread, became = caller(lane, work)
    started.wait(5)
    interrupt(thread)
    thread.join(5)
    assert became == ["interrupted"]
    assert ended.is_set()


def test_it_lets_a_caller_go_whose_work_never_ends(lane: DeadlineLane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "LEAVE_SECONDS", 0.1)
    started, never = threading.Event(), threading.Event()

    def work() -> None:
        started.set()
        never.wait(20)

    thread, became = caller(lane, work)
    started.wait(5)
    interrupt(thread)
    thread.join(5)
    assert became == ["interrupted"]
    never.set()


def test_it_survives_interrupts_at_any_moment(lane: DeadlineLane) -> None:
    chance = random.Random(7)
    for _ in range(300):
        thread, _ = caller(lane, lambda: None)
        time.sleep(chance.random() * 0.0005)
        interrupt(thread)
        thread.join(5)
        assert not thread.is_alive()
    assert lane.run(0.0, lambda: "alive") == "alive"


def test_it_keeps_slow_work_in_its_own_thread() -> None:
    assert OwnThread().run(5.0, threading.current_thread) is threading.current_thread()
