"""Few calls compute at once: who has a place keeps it for what is nested, who finds none is told so."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from typing import Any

import pytest

from avatars.blocks import room as rooms
from avatars.blocks.errors import Busy
from avatars.blocks.room import AT_ONCE, each_in_room, room


def test_it_has_places_for_a_few_and_turns_the_next_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "PATIENCE_SECONDS", 0.05)
    inside, leave = threading.Barrier(AT_ONCE + 1), threading.Event()

    def work() -> None:
        with room(), room():  # nested: the same place
            inside.wait(5)
            leave.wait(5)

    threads = [threading.Thread(target=work) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    inside.wait(5)
    with pytest.raises(Busy) as refused, room():
        pass
    assert (refused.value.status, refused.value.extra["retry_after"]) == (503, 5)
    leave.set()
    for thread in threads:
        thread.join(5)
    with room():
        pass


def test_it_keeps_no_place_between_steps_or_after_errors() -> None:
    def steps() -> Any:
        yield 1
        yield 2
        raise ZeroDivisionError

    with ExitStack() as stack:
        made = [each_in_room(steps()) for _ in range(AT_ONCE + 1)]
        assert [next(one) for one in made] == [1] * len(made)
        assert [next(one) for one in made] == [2] * len(made)
        for one in made:
            with pytest.raises(ZeroDivisionError):
                next(one)
        for _ in range(AT_ONCE):
            stack.enter_context(room())
