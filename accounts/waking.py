"""A Redis broker whose idle consumers sleep until they are told of a message, instead of polling.

Dramatiq polls: to start a turn within 20 ms, every worker thread would have to wake up fifty times a second, which costs
a quarter of a core on an idle machine (docs/performance.md). A hint on a channel costs nothing and arrives in a
millisecond; the slow poll stays as the safety net.
"""

from __future__ import annotations

import time
from typing import Any

import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.errors import ConnectionClosed

IDLE_SECONDS = 1.0  # the safety net, also Dramatiq's heartbeat
BUSY_SECONDS = 0.02  # while every slot is taken, nobody tells when one comes free

_PollingConsumer: Any = RedisBroker.consumer_class.fget(None)  # type: ignore[attr-defined]


def wake_channel(queue_name: str) -> str:
    """Where the arrival of messages on a queue is announced."""
    return f"queue:wake:{queue_name}"


class WakingConsumer(_PollingConsumer):  # type: ignore[misc]
    """Subscribes before its first look: a message that comes between a look and the wait is already announced."""

    def __init__(self, broker: WakingBroker, queue_name: str, prefetch: int, timeout: int) -> None:
        super().__init__(broker, queue_name, prefetch, 0)
        self._hints = broker.client.pubsub(ignore_subscribe_messages=True)
        self._hints.subscribe(wake_channel(queue_name))

    @property
    def outstanding_message_count(self) -> int:
        """Room for one at a time, so that processes share a burst instead of one taking it all."""
        taken = int(super().outstanding_message_count)
        return max(taken, int(self.prefetch) - 1)

    def __next__(self) -> Any:
        message = super().__next__()
        if message is None:
            self._wait()
        return message

    def _wait(self) -> None:
        if self.outstanding_message_count >= self.prefetch:
            return time.sleep(BUSY_SECONDS)
        try:
            self._hints.get_message(timeout=IDLE_SECONDS)
        except (redis.ConnectionError, redis.TimeoutError) as error:
            raise ConnectionClosed(error) from None  # type: ignore[no-untyped-call]
        return None

    def close(self) -> None:
        self._hints.close()
        super().close()


class WakingBroker(RedisBroker):
    """RedisBroker with hints."""

    @property
    def consumer_class(self) -> type[WakingConsumer]:
        return WakingConsumer

    def enqueue(self, message: Any, *, delay: int | None = None) -> Any:
        queued = super().enqueue(message, delay=delay)
        self.client.publish(wake_channel(queued.queue_name), b"")
        return queued
