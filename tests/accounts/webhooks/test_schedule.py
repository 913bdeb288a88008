"""Three days of tries, never sooner than planned or asked for."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.webhooks.schedule import JITTER, LONGEST_WISH, MAX_TRIES, WAITS, retry_after, wait_after

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_it_is_the_schedule_of_standard_webhooks() -> None:
    seconds = [int(wait.total_seconds()) for wait in WAITS]
    assert seconds == [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    assert sum(WAITS, timedelta(0)) > timedelta(days=3)


@given(st.integers(1, MAX_TRIES - 1), st.integers(0, 10**6), st.integers())
def test_it_never_comes_sooner_and_never_waits_for_ever(tries: int, wish: int, seed: int) -> None:
    wait = wait_after(tries, chance=random.Random(seed), wish=timedelta(seconds=wish))
    assert wait is not None
    assert wait >= WAITS[tries - 1]
    assert wait >= min(timedelta(seconds=wish), LONGEST_WISH)
    assert wait <= max(WAITS[tries - 1] * (1 + JITTER), LONGEST_WISH)


def test_it_ends() -> None:
    assert wait_after(MAX_TRIES, chance=random) is None
    assert wait_after(MAX_TRIES + 5, chance=random) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Fri, 20 Nov 2026 12:05:00 GMT", 300),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0),
        ("soon", 0),
        ("-3", 0),
        ("1.5", 0),
        ("", 0),
        ("²", 0),
        ("9" * 400, 10**8),
        ("Fri, 20 Nov 2026 12:05:00 -0000", 0),
    ],
)
def test_it_reads_retry_after(text: str, seconds: int) -> None:
    assert retry_after(text, NOW) == timedelta(seconds=seconds)


@given(st.text())
def test_it_survives_any_retry_after(text: str) -> None:
    assert retry_after(text, NOW) >= timedelta(0)
