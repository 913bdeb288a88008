"""Frames of many sessions drawn together on one device, each before its deadline."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np

from avatars.render.base import Pictures, RenderFailed, Table


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Request:
    """Rows of one session that must be drawn by `deadline`, seconds of the monotonic clock."""

    table: Table
    deadline: float
    done: Future[Pictures] = field(default_factory=Future)


def wait_for(requests: Sequence[Request], *, most: int, cost_s: float, now: float) -> float:
    """Seconds to wait for more company: 0 when a batch is full or the earliest deadline leaves just the cost."""
    if sum(len(request.table) for request in requests) >= most:
        return 0.0
    return max(0.0, min(request.deadline for request in requests) - cost_s - now)


def take(waiting: deque[Request], most: int) -> list[Request]:
    """Remove what fits into a batch of `most` frames, most urgent first; a longer request goes alone."""
    chosen: list[Request] = []
    frames = 0
    for request in sorted(waiting, key=lambda request: request.deadline):
        if chosen and frames + len(request.table) > most:
            continue
        chosen.append(request)
        frames += len(request.table)
    for request in chosen:
        waiting.remove(request)
    return chosen


class Batcher:
    """Draws with `draw` in a thread of its own. At most `waiting` requests queue; close() fails those that remain."""

    def __init__(self, draw: Callable[[Table], Pictures], *, most: int = 32, waiting: int = 256) -> None:
        self._draw, self._most, self._limit = draw, most, waiting
        self._requests: deque[Request] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._cost_s = 0.0
        self._thread = threading.Thread(target=self._work, name="render-batches", daemon=True)
        self._thread.start()

    def submit(self, table: Table, *, within_s: float) -> Future[Pictures]:
        """The pictures to come. Raises RenderFailed `busy` when the queue is full, `closed` after close()."""
        request = Request(table=table, deadline=time.monotonic() + within_s)
        with self._changed:
            if self._closed:
                raise RenderFailed("closed", "no more pictures are drawn here")
            if len(self._requests) >= self._limit:
                raise RenderFailed("busy", f"{self._limit} requests wait already")
            self._requests.append(request)
            self._changed.notify()
        return request.done

    def close(self, timeout_s: float = 10.0) -> None:
        """Stop after the batch in hand."""
        with self._changed:
            self._closed = True
            left, self._requests = list(self._requests), deque()
            self._changed.notify()
        for request in left:
            request.done.set_exception(RenderFailed("closed", "the renderer was closed"))
        self._thread.join(timeout_s)

    def _work(self) -> None:
        while batch := self._next():
            begun = time.monotonic()
            self._answer(batch)
            self._cost_s = 0.7 * self._cost_s + 0.3 * (time.monotonic() - begun)

    def _next(self) -> list[Request]:
        """Wait for company, then take a batch; empty when closed."""
        with self._changed:
            while not self._closed:
                if not self._requests:
                    self._changed.wait(1.0)
                    continue
                wait = wait_for(self._requests, most=self._most, cost_s=2 * self._cost_s, now=time.monotonic())
                if wait <= 0:
                    return take(self._requests, self._most)
                self._changed.wait(wait)
            return []

    def _answer(self, batch: list[Request]) -> None:
        running = [request for request in batch if request.done.set_running_or_notify_cancel()]
        if not running:
            return
        try:
            pictures = self._draw(np.concatenate([request.table for request in running]))
        except Exception as problem:  # noqa: BLE001 — it belongs to those who wait, not to this thread
            for request in running:
                request.done.set_exception(problem)
            return
        start = 0
        for request in running:
            request.done.set_result(pictures[start : start + len(request.table)])
            start += len(request.table)
