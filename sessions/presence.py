"""When a driver of each session was last seen: gateways beat and say when it leaves, the session clock reads."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sessions.redis import client

KEY = "presence"
LEFT_KEY = "presence:left"  # the sessions whose driver was seen to leave
BEAT_SECONDS = 3.0
# Without a sign of life for longer than this, there was no driver: a gateway's beat may be late, but not twice.
ABSENCE = timedelta(seconds=2 * BEAT_SECONDS)


def beat(session_ids: Iterable[str]) -> None:
    """Note that these sessions have a driver now."""
    if seen := dict.fromkeys(map(str, session_ids), time.time()):
        client().zadd(KEY, seen)


def arrive(session_id: str) -> None:
    """A driver has come."""
    client().zrem(LEFT_KEY, session_id)
    beat([session_id])


def leave(session_id: str) -> None:
    """The driver has left: it was there until this moment, and is not any more."""
    beat([session_id])
    client().zadd(LEFT_KEY, {session_id: time.time()})


def last_seen(session_ids: list[UUID]) -> dict[UUID, datetime]:
    """When each session had a driver last; sessions that never had one are absent."""
    return _scores(KEY, session_ids)


def there_until(session_ids: list[UUID], now: datetime) -> dict[UUID, datetime]:
    """Until when each session has had a driver: `now` where it is still there, as a beat is a moment of the past. Sessions
    that never had one are absent."""
    left = _scores(LEFT_KEY, session_ids)
    seen = last_seen(session_ids)
    return {one: now if one not in left and now - moment <= ABSENCE else moment for one, moment in seen.items()}


def _scores(key: str, session_ids: list[UUID]) -> dict[UUID, datetime]:
    if not session_ids:
        return {}
    scores = client().zmscore(key, [str(session_id) for session_id in session_ids])
    pairs = zip(session_ids, scores, strict=True)
    return {session_id: datetime.fromtimestamp(score, UTC) for session_id, score in pairs if score is not None}


def forget_before(moment: datetime) -> None:
    """Drop what nobody asks for any more: the last beat of a gateway may come after its session has ended."""
    for key in (KEY, LEFT_KEY):
        client().zremrangebyscore(key, "-inf", moment.timestamp())


def forget(session_id: UUID) -> None:
    """The session is over."""
    for key in (KEY, LEFT_KEY):
        client().zrem(key, str(session_id))
