"""A worker beats for its turns from the first moment until they are done, also while it does nothing else."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

import pytest

from sessions.redis import client
from streaming import bus
from streaming import heartbeat as beating
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


def test_it_beats_no_more_for_a_turn_that_is_stuck_and_again_once_it_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beating, "STUCK_SECONDS", 1.5 * BEAT_SECONDS)
    session, heartbeat = str(uuid4()), Heartbeat()
    with client().pubsub(ignore_subscribe_messages=True) as pubsub:  # type: ignore[no-untyped-call]
        pubsub.subscribe(bus.channel(session))
        pubsub.get_message(timeout=1)
        with heartbeat.of(session, 7) as progress:
            beats = heard(pubsub, 4 * BEAT_SECONDS)
            assert 1 <= beats <= 2
            progress()
            assert 1 <= heard(pubsub, 1.2 * BEAT_SECONDS) <= 2


def heard(pubsub: Any, seconds: float) -> int:
    """How many beats come in so many seconds."""
    until, beats = time.monotonic() + seconds, 0
    while (left := until - time.monotonic()) > 0:
        beats += pubsub.get_message(timeout=left) is not None
    return beats
