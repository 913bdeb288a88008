"""What a process computes for its turns is done in the order in which it is due."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from streaming.compute import DeadlineLane, OwnThread


@pytest.fixture
def lane():
    return DeadlineLane("test")


def test_it_does_what_is_due_first_first(lane):
    gate, done, started = threading.Event(), [], threading.Event()

    def hold():
        started.set()
        gate.wait(5)

    with ThreadPoolExecutor(8) as callers:
        callers.submit(lane.run, 0.0, hold)
        started.wait(5)
        waiting = [callers.submit(lane.run, due, lambda due=due: done.append(due)) for due in (3.0, 1.0, 2.0)]
        while lane._waiting.qsize() < 3:
            pass
        gate.set()
        for one in waiting:
            one.result(5)
    assert done == [1.0, 2.0, 3.0]


def test_it_does_one_thing_at_a_time(lane):
    busy, overlaps = threading.Lock(), []

    def work():
        overlaps.append(not busy.acquire(blocking=False))
        threading.Event().wait(0.002)
        busy.release()

    with ThreadPoolExecutor(8) as callers:
        list(callers.map(lambda n: lane.run(float(n), work), range(20)))
    assert overlaps == [False] * 20


def test_it_hands_the_error_to_the_caller_and_goes_on(lane):
    with pytest.raises(ZeroDivisionError):
        lane.run(0.0, lambda: 1 // 0)
    assert lane.run(0.0, lambda: "fine") == "fine"


def test_work_of_a_caller_that_was_interrupted_is_dropped(lane):
    done, refused = [], []

    class Interrupted(Exception):
        pass

    def interrupted_caller():
        original = lane._waiting.put

        def put(item):
            original(item)
            raise Interrupted

        lane._waiting.put = put
        try:
            lane.run(9.0, lambda: done.append("late"))
        except Interrupted as error:
            refused.append(error)
        finally:
            lane._waiting.put = original

    gate, started = threading.Event(), threading.Event()
    holder = threading.Thread(target=lambda: lane.run(0.0, lambda: (started.set(), gate.wait(5))))
    holder.start()
    started.wait(5)
    interrupted_caller()
    gate.set()
    holder.join(5)
    assert refused and lane.run(99.0, lambda: list(done)) == []


def test_slow_work_waits_for_nobody():
    assert OwnThread().run(5.0, threading.current_thread) is threading.current_thread()
