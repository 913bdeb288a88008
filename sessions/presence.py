"""When a driver of each session was last seen: gateways beat, the session clock reads."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

from sessions.redis import client

KEY = "presence"
BEAT_SECONDS = 3.0


def beat(session_ids: Iterable[str]) -> None:
    """Note that these sessions have a driver now."""
    if seen := dict.fromkeys(map(str, session_ids), time.time()):
        client().zadd(KEY, seen)


def last_seen(session_ids: list[UUID]) -> dict[UUID, datetime]:
    """When each session had a driver last; sessions that never had one are absent."""
    if not session_ids:
        return {}
    scores = client().zmscore(KEY, [str(session_id) for session_id in session_ids])
    pairs = zip(session_ids, scores, strict=True)
    return {session_id: datetime.fromtimestamp(score, UTC) for session_id, score in pairs if score is not None}


def forget_before(moment: datetime) -> None:
    """Drop what nobody asks for any more: the last beat of a gateway may come after its session has ended."""
    client().zremrangebyscore(KEY, "-inf", moment.timestamp())


def forget(session_id: UUID) -> None:
    """The session is over."""
    client().zrem(KEY, str(session_id))
