"""Beside the sessions, the leading clock looks after bills, webhooks and sums."""

from __future__ import annotations

import logging
import threading
from datetime import datetime

import pytest

from sessions.chores import CHORES, Chore, Chores


def chore(done: list[str], name: str, every: float) -> Chore:
    return Chore(name=name, every_seconds=every, work=lambda _: done.append(name))


def test_it_does_each_chore_in_its_own_time() -> None:
    done: list[str] = []
    chores = Chores(lambda: True, [chore(done, "often", 5), chore(done, "seldom", 60)])
    for moment in range(100, 120):
        chores.look(float(moment))
    assert done.count("often") == 4
    assert done.count("seldom") == 1


def test_it_does_nothing_while_another_clock_leads() -> None:
    done: list[str] = []
    Chores(lambda: False, [chore(done, "often", 5)]).look(100.0)
    assert done == []


def test_it_goes_on_with_the_next_when_one_fails(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []

    def fail(now: datetime) -> None:
        raise RuntimeError("no")

    with caplog.at_level(logging.ERROR):
        Chores(lambda: True, [Chore(name="broken", every_seconds=5, work=fail), chore(done, "fine", 5)]).look(100.0)
    assert done == ["fine"]
    assert "could not do broken" in caplog.text


def test_it_begins_no_chore_once_it_is_stopped() -> None:
    done: list[str] = []
    chores = Chores(lambda: True, [chore(done, "often", 5)])
    chores.start()
    chores.stop()
    before = len(done)
    chores.look(1e12)
    assert len(done) == before
    assert not any(thread.name == "chores" for thread in threading.enumerate())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("one", CHORES, ids=lambda one: one.name)
def test_every_chore_runs_on_an_empty_installation(one: Chore) -> None:
    from django.utils import timezone

    one.work(timezone.now())
