"""Group commit: threads of a process share a round, and each hears only of its own step."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError

from quotas.grouping import MOST, Group, Params, Row

pytestmark = pytest.mark.django_db(transaction=True)
SPACE = UUID(int=1)


class Rounds:
    """A carrier that holds its first round until it is told to go on, and notes what each round was."""

    def __init__(self) -> None:
        self.rounds: list[list[int]] = []
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.fails = False

    def __call__(self, batch: Sequence[Params]) -> list[Row | None]:
        self.rounds.append([params["n"] for params in batch])
        self.begun.set()
        assert self.go_on.wait(10)
        if self.fails:
            raise IntegrityError("one of them")
        return [None if params["n"] % 7 == 0 else {"n": params["n"]} for params in batch]


def asked(group: Group, rounds: Rounds, steps: list[tuple[UUID, str]]) -> list[Row | None]:
    """Step 0 is at work while the others come."""
    with ThreadPoolExecutor(len(steps)) as threads:
        first = threads.submit(group.run, *steps[0], {"n": 0})
        assert rounds.begun.wait(10)
        others = [threads.submit(group.run, *step, {"n": n}) for n, step in enumerate(steps[1:], 1)]
        until_waiting(group, len(others))
        rounds.go_on.set()
        return [answer.result(10) for answer in (first, *others)]


def until_waiting(group: Group, number: int) -> None:
    pause = threading.Event()
    while len(group._waiting) < number:
        pause.wait(0.005)


def test_it_carries_out_together_what_came_meanwhile_and_answers_each() -> None:
    rounds = Rounds()
    answers = asked(Group(rounds), rounds, [(SPACE, "avatar_ms")] * 30)
    assert [len(batch) for batch in rounds.rounds] == [1, 29]
    assert answers == [None if n % 7 == 0 else {"n": n} for n in range(30)]


def test_it_takes_no_more_than_fit_in_a_round() -> None:
    rounds = Rounds()
    asked(Group(rounds), rounds, [(SPACE, "avatar_ms")] * (MOST + 6))
    assert sorted(len(batch) for batch in rounds.rounds) == [1, 5, MOST]


def test_it_takes_one_counter_of_a_workspace_and_the_workspaces_in_order() -> None:
    rounds, other = Rounds(), UUID(int=2)
    steps = [(SPACE, "a"), (other, "a"), (SPACE, "a"), (SPACE, "b"), (other, "b")]
    answers = asked(Group(rounds), rounds, steps)
    assert [row["n"] for row in answers[1:] if row] == [1, 2, 3, 4]
    for batch in rounds.rounds:
        assert [steps[n][0] for n in batch] == sorted(steps[n][0] for n in batch)
        assert len({steps[n] for n in batch}) == len({steps[n][0] for n in batch})


def test_it_leaves_everyone_to_ask_alone_when_a_round_fails() -> None:
    rounds = Rounds()
    rounds.fails = True
    assert asked(Group(rounds), rounds, [(SPACE, "avatar_ms")] * 5) == [None] * 5


def test_it_carries_nothing_out_for_who_has_given_up() -> None:
    rounds = Rounds()
    group = Group(rounds, patience_seconds=0.05)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(group.run, SPACE, "a", {"n": 3})
        assert rounds.begun.wait(10)
        assert group.run(SPACE, "a", {"n": 1}) is None
        rounds.go_on.set()
        assert first.result(10) == {"n": 3}
    assert group.run(SPACE, "a", {"n": 2}) == {"n": 2}
    assert rounds.rounds == [[3], [2]]


def test_it_goes_on_after_an_error_that_is_not_the_databases() -> None:
    rounds = Rounds()
    rounds.go_on.set()
    group = Group(rounds)
    with pytest.raises(KeyError):
        group.run(SPACE, "a", {"not": "a number"})
    assert group.run(uuid4(), "a", {"n": 1}) == {"n": 1}
