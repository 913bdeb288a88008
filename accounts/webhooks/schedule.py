"""When to try again: the schedule of Standard Webhooks, about three days, with jitter."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol

# Waits after the first, second, … attempt.
WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
MAX_TRIES = len(WAITS) + 1
JITTER = 0.2
LONGEST_WISH = timedelta(hours=24)


class Chance(Protocol):
    """`random.Random` and the module `random` are such."""

    def uniform(self, a: float, b: float, /) -> float: ...


def wait_after(tries: int, *, chance: Chance, wish: timedelta = timedelta(0)) -> timedelta | None:
    """How long to wait after attempt `tries` (from 1) has failed; None when it was the last one.

    `wish` is the server's Retry-After: we never come sooner, but don't wait longer than a day for it.
    """
    if tries >= MAX_TRIES:
        return None
    planned = WAITS[tries - 1] * chance.uniform(1, 1 + JITTER)
    return max(planned, min(wish, LONGEST_WISH))


def retry_after(text: str, now: datetime) -> timedelta:
    """What a Retry-After header asks for, in seconds or as a date (RFC 9110 10.2.3); zero for anything else."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), 10**8))
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return timedelta(0)
    return max(moment - now, timedelta(0)) if moment.tzinfo else timedelta(0)
