"""A worker beats for its turns from the first moment until they are done, also while it does nothing else."""

from __future__ import annotations

import time
from uuid import uuid4

from sessions.redis import client
from streaming import bus
from streaming.heartbeat import BEAT_SECONDS, Heartbeat


def test_it_beats_at_once_then_regularly_and_no_more_afterwards() -> None:
    session, heartbeat = str(uuid4()), Heartbeat()
    with client().pubsub(ignore_subscribe_messages=True) as pubsub:  # type: ignore[no-untyped-call]
        pubsub.subscribe(bus.channel(session))
        pubsub.get_message(timeout=1)
        with heartbeat.of(session, 7):
            assert bus.decode(pubsub.get_message(timeout=0.5)["data"]) == bus.Control(turn=7, fields={"kind": "beat"})
            assert pubsub.get_message(timeout=BEAT_SECONDS * 2) is not None
        time.sleep(0.05)
        while pubsub.get_message(timeout=0.01) is not None:
            continue
        assert pubsub.get_message(timeout=BEAT_SECONDS * 1.5) is None
