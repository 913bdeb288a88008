"""Which processes draw, and how much each has to do: a session goes to one that draws the fewest.

A message of the queue is taken by whoever is awake; left at that, one process would draw several sessions while others rest.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import redis.exceptions

from accounts.identifiers import uuid7
from sessions.redis import client

logger = logging.getLogger(__name__)
BEAT_SECONDS = 1.0
GONE_SECONDS = 5.0  # without a beat for as long, a process is no longer there
SEEN, LOADS = "drawers:seen", "drawers:loads"
_ENTER = """
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[2] - ARGV[3])) do
    redis.call('ZREM', KEYS[1], gone)
    redis.call('HDEL', KEYS[2], gone)
end
local own = tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or '0')
if ARGV[4] == '0' then
    for _, other in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
        if tonumber(redis.call('HGET', KEYS[2], other) or '0') < own then return 0 end
    end
end
redis.call('HINCRBY', KEYS[2], ARGV[1], 1)
return 1
"""


@cache
def _enter() -> Any:
    return client().register_script(_ENTER)


@dataclass(slots=True)
class Roster:
    """This process among those that draw. Before `start` it takes what it is given, and nobody counts on it."""

    name: str = field(default_factory=lambda: str(uuid7()))
    load: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """From now on sessions are shared with the other processes."""
        self.beat()
        self._thread = threading.Thread(target=self._run, name="roster", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Nothing more is drawn here."""
        self._stopping.set()
        with _tolerant("leave the roster"):
            pipe = client().pipeline()
            pipe.zrem(SEEN, self.name)
            pipe.hdel(LOADS, self.name)
            pipe.execute()

    def beat(self) -> None:
        """Be there, with what is drawn at the moment: what was lost is said anew."""
        pipe = client().pipeline()
        pipe.zadd(SEEN, {self.name: time.time()})
        pipe.hset(LOADS, self.name, str(self.load))
        pipe.execute()

    @contextmanager
    def place(self, *, insist: bool = False) -> Iterator[bool]:
        """A session to draw until the end of the block; False where another process draws fewer, unless it must be here."""
        if not self._entered(insist):
            yield False
            return
        self._count(1)
        try:
            yield True
        finally:
            self._count(-1)
            if self._thread is not None and not self._stopping.is_set():
                with _tolerant("tell the roster of less to do"):
                    self.beat()

    def _entered(self, insist: bool) -> bool:
        if self._thread is None:
            return True
        args = [self.name, time.time(), GONE_SECONDS, int(insist)]
        return bool(_enter()(keys=[SEEN, LOADS], args=args))

    def _count(self, change: int) -> None:
        with self._lock:
            self.load += change

    def _run(self) -> None:
        while not self._stopping.wait(BEAT_SECONDS):
            with _tolerant("beat"):
                self.beat()


@contextmanager
def _tolerant(what: str) -> Iterator[None]:
    """Without the roster, sessions are drawn by whoever takes them."""
    try:
        yield
    except redis.exceptions.RedisError:
        logger.warning("Could not %s.", what)
