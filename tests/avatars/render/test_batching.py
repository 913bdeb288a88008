"""Frames of many sessions, drawn together before their deadlines."""

from __future__ import annotations

import threading
from collections import deque

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatars.render.base import Pictures, RenderFailed, Table
from avatars.render.batching import Batcher, Request, take, wait_for
from tests.avatars.render.drawers import rows

requests = st.lists(st.tuples(st.integers(1, 12), st.integers(0, 1000)), min_size=1, max_size=12)


def asked(pairs: list[tuple[int, int]]) -> list[Request]:
    return [Request(table=np.zeros((frames, 57), np.float32), deadline=due / 1000) for frames, due in pairs]


class Easel:
    """Draws the first number of each row; can be held up; remembers the sizes of its batches."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.open = threading.Event()
        self.open.set()
        self.reached = threading.Event()

    def draw(self, table: Table) -> Pictures:
        self.batches.append(len(table))
        self.reached.set()
        self.open.wait(5)
        if table[:, 1].any():
            raise RenderFailed("glb_missing", "no")
        return table[:, :1].astype(np.uint8).reshape(-1, 1, 1, 1).repeat(3, 3)


@given(requests, st.integers(1, 16))
def test_it_takes_the_most_urgent_and_no_more_than_fits(pairs: list[tuple[int, int]], most: int) -> None:
    waiting = deque(asked(pairs))
    before = list(waiting)
    chosen = take(waiting, most)
    assert chosen
    assert sum(len(request.table) for request in chosen) <= most or len(chosen) == 1
    assert chosen[0].deadline == min(request.deadline for request in before)
    assert sorted(map(id, [*chosen, *waiting])) == sorted(map(id, before))


@given(requests, st.integers(0, 1000))
def test_it_never_waits_beyond_the_first_deadline_less_the_cost(pairs: list[tuple[int, int]], now: int) -> None:
    wait = wait_for(asked(pairs), most=1000, cost_s=0.05, now=now / 1000)
    first = min(due for _, due in pairs) / 1000
    assert wait >= 0
    assert wait == 0 or now / 1000 + wait <= first - 0.05 + 1e-9
    assert wait_for(asked(pairs), most=1, cost_s=0.05, now=now / 1000) == 0


def test_it_draws_several_sessions_at_once_and_gives_each_its_own() -> None:
    easel = Easel()
    batcher = Batcher(easel.draw, most=6)
    first, second = batcher.submit(rows((7, 0), (8, 0)), within_s=5), batcher.submit(rows(*[(9, 0)] * 4), within_s=5)
    assert first.result(4)[:, 0, 0, 0].tolist() == [7, 8]
    assert second.result(4)[:, 0, 0, 0].tolist() == [9] * 4
    assert easel.batches == [6]
    batcher.close()


def test_it_draws_alone_what_nobody_joins_in_time() -> None:
    easel = Easel()
    batcher = Batcher(easel.draw, most=6)
    assert batcher.submit(rows((7, 0)), within_s=0.05).result(4)[0, 0, 0, 0] == 7
    assert easel.batches == [1]
    batcher.close()


def test_it_tells_everybody_in_a_batch_that_failed_and_goes_on() -> None:
    batcher = Batcher(Easel().draw, most=2)
    futures = [batcher.submit(rows((1, 1)), within_s=1), batcher.submit(rows((2, 0)), within_s=1)]
    assert [future.exception(4).code for future in futures] == ["glb_missing"] * 2  # type: ignore[union-attr]
    assert batcher.submit(rows((3, 0), (3, 0)), within_s=1).result(4)[0, 0, 0, 0] == 3
    batcher.close()


def test_it_refuses_more_than_may_wait_and_everything_after_closing() -> None:
    easel = Easel()
    batcher = Batcher(easel.draw, most=1, waiting=1)
    easel.open.clear()
    batcher.submit(rows((1, 0)), within_s=0)
    assert easel.reached.wait(4)
    left = batcher.submit(rows((1, 0)), within_s=0)
    with pytest.raises(RenderFailed, match="1 requests"):
        batcher.submit(rows((1, 0)), within_s=0)
    batcher.close(timeout_s=0)
    assert left.exception(4).code == "closed"  # type: ignore[union-attr]
    easel.open.set()
    with pytest.raises(RenderFailed):
        batcher.submit(rows((1, 0)), within_s=0)
