"""Watching a turn: when it is over, and how much of it was heard."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.watch import (
    GRACE_SECONDS,
    NEAR_END_MS,
    PATIENCE_MS,
    PICKUP_SECONDS,
    SILENT_SECONDS,
    STALL_SECONDS,
    TurnWatch,
    Verdict,
)

TEXT = "One two. Three four."
CLAUSES = [
    {"text_start": 0, "text_end": 9, "start_ms": 0, "end_ms": 1000, "words": [["One", 50, 400], ["two.", 400, 900]]},
    {"text_start": 9, "text_end": 20, "start_ms": 1000, "end_ms": 2000, "words": [["Three", 1050, 1400], ["four.", 1400, 1900]]},
]


def watch(*abouts: dict[str, Any], began: float = 0.0) -> TurnWatch:
    """A watch that got these packets, one each 0.1 s."""
    made = TurnWatch(turn=1, text=TEXT, began=began)
    for seq, about in enumerate(abouts):
        made.packet(seq, about, began + 0.1 * (seq + 1))
    return made


FIRST = {"end_ms": 1000, "clauses": CLAUSES[:1]}
LAST = {"end_ms": 2000, "clauses": CLAUSES[1:], "last": True}


def test_it_gives_a_worker_time_to_pick_the_turn_up() -> None:
    fresh = watch()
    assert fresh.verdict(PICKUP_SECONDS) == Verdict.ACTIVE
    assert fresh.verdict(PICKUP_SECONDS + 0.01) == Verdict.NOT_PICKED_UP


def test_it_notices_a_worker_that_falls_silent_before_or_after_the_first_sound() -> None:
    silent = watch()
    silent.sign(5.0)
    assert silent.verdict(5.0 + SILENT_SECONDS) == Verdict.ACTIVE
    assert silent.verdict(5.01 + SILENT_SECONDS) == Verdict.WORKER_LOST
    speaking = watch(FIRST)
    assert speaking.verdict(0.2 + SILENT_SECONDS) == Verdict.WORKER_LOST
    speaking.sign(3.0)
    assert speaking.verdict(0.2 + SILENT_SECONDS) == Verdict.ACTIVE


def test_it_needs_no_worker_once_everything_has_come() -> None:
    assert watch(FIRST, LAST).verdict(1.0 + SILENT_SECONDS) != Verdict.WORKER_LOST


def test_it_takes_the_clock_at_its_word_where_the_client_reports_nothing() -> None:
    complete = watch(FIRST, LAST)
    end = 0.1 + 2.0 + GRACE_SECONDS
    assert complete.verdict(end - 0.01) == Verdict.ACTIVE
    assert complete.verdict(end + 0.01) == Verdict.COMPLETED


def test_it_is_complete_when_the_client_has_heard_nearly_all() -> None:
    complete = watch(FIRST, LAST)
    complete.played(2000 - NEAR_END_MS - 1, 1.0)
    assert complete.verdict(1.1) == Verdict.ACTIVE
    complete.played(2000 - NEAR_END_MS, 1.0)
    assert complete.verdict(1.1) == Verdict.COMPLETED


def test_it_does_not_wait_for_ever_for_a_client_that_stopped_reporting() -> None:
    complete = watch(FIRST, LAST)
    complete.played(500, 1.0)
    assert complete.verdict(2.0 + STALL_SECONDS) == Verdict.ACTIVE
    assert complete.verdict(2.2 + STALL_SECONDS) == Verdict.COMPLETED


@pytest.mark.parametrize(
    ("position", "text", "characters"),
    [
        (0, "", 0),
        (1, "", 9),
        (51, "One", 9),
        (401, "One two.", 9),
        (880, "One two.", 9),
        (1000, "One two.", 9),
        (1001, "One two.", 20),
        (1051, "One two. Three", 20),
        (1880, TEXT, 20),
        (2000, TEXT, 20),
    ],
)
def test_it_tells_what_was_heard_by_the_word_and_charges_by_the_clause(position: int, text: str, characters: int) -> None:
    heard = watch(FIRST, LAST).heard_until(position)
    assert (heard.text, heard.characters, heard.spoken_ms) == (text, characters, position)


def test_it_charges_by_the_clock_where_a_client_claims_to_have_heard_nothing() -> None:
    silent = watch(FIRST, LAST)
    silent.played(0, 0.3)
    assert silent.heard(2.0).characters == 0  # it may really be behind
    late = silent.heard(2.2 + PATIENCE_MS / 1000)
    assert (late.text, late.spoken_ms, late.characters) == ("", 0, 20)


def test_it_believes_no_client_that_heard_more_than_was_sent() -> None:
    partial = watch(FIRST)
    partial.played(50_000, 1.0)
    assert partial.heard(1.0).spoken_ms == 1000
    assert partial.heard(1.0).characters == 9


def test_it_never_hears_backwards() -> None:
    partial = watch(FIRST)
    partial.played(700, 1.0)
    partial.played(300, 1.1)
    assert partial.heard(1.2).spoken_ms == 700


def test_it_counts_a_packet_once() -> None:
    partial = watch(FIRST)
    assert not partial.packet(0, FIRST, 0.5)
    assert len(partial.clauses) == 1
    assert partial.packet(1, LAST, 0.6)


steps = st.lists(
    st.tuples(st.sampled_from(["packet", "repeat", "sign", "played"]), st.integers(0, 5000), st.floats(0.01, 3, allow_nan=False)),
    max_size=25,
)


@given(steps)
def test_it_never_hears_more_than_was_delivered_nor_charges_more_than_was_asked(steps: list[tuple[str, int, float]]) -> None:
    made, now, seq, abouts = TurnWatch(turn=1, text=TEXT, began=0.0), 0.0, -1, [FIRST, LAST]
    heard_before = 0
    for step, number, pause in steps:
        now += pause
        if step == "packet" and abouts:
            seq += 1
            assert made.packet(seq, abouts.pop(0), now)
        elif step == "repeat" and seq >= 0:
            assert not made.packet(seq, FIRST, now)
        elif step == "sign":
            made.sign(now)
        elif step == "played":
            made.played(number, now)
        heard = made.heard(now)
        assert 0 <= heard.spoken_ms <= made.delivered_ms
        assert 0 <= heard.characters <= len(TEXT)
        assert TEXT.startswith(heard.text)
        if made.last_played is not None:
            assert heard.spoken_ms >= heard_before or step == "played"
            heard_before = heard.spoken_ms
        if made.verdict(now) is Verdict.COMPLETED:
            assert made.complete
