"""Where a worker draws: one thread, one renderer, which nobody keeps when there is nothing to draw; and its signs of life."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable

import pytest

from avatars.render.base import Renderer, RenderFailed
from avatars.videos import easel as easels
from avatars.videos import vigil
from avatars.videos.easel import Easel, easel
from tests.avatars.videos.factories import Painter, a_wish


class Mortal(Painter):
    """Knows where it was made and closed."""

    made_in = closed_in = ""

    def __init__(self) -> None:
        super().__init__(a_wish())
        self.made_in = threading.current_thread().name

    def close(self) -> None:
        self.closed_in = threading.current_thread().name


def standing(here: Easel, key: str) -> Mortal:
    made = here.renderer(key, lambda: Mortal)
    assert isinstance(made, Mortal)
    return made


def until(is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 5
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.01)
    return is_so()


def test_it_keeps_a_renderer_for_the_same_face_and_closes_it_for_another() -> None:
    here = Easel()
    first = standing(here, "Mira")
    here.rest()
    assert standing(here, "Mira") is first
    assert (first.made_in, first.closed_in) == ("drawing", "")
    second = standing(here, "Nora")
    assert (first.closed_in, second.closed_in) == ("drawing", "")
    here.clear()
    assert second.closed_in == "drawing"


def test_it_keeps_nobodys_face_when_there_is_nothing_to_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(easels, "IDLE_SECONDS", 0.05)
    here = Easel()
    gone = weakref.ref(standing(here, "Mira"))
    here.rest()
    assert until(lambda: gone() is None)
    here.rest()  # nothing is there any more
    stays = standing(here, "Mira")
    here.rest()
    assert standing(here, "Mira") is stays  # it is drawn again: the rest is over
    time.sleep(0.2)
    assert stays.closed_in == ""


def test_it_collects_what_a_renderer_needs_where_it_is_asked_and_keeps_nothing_that_fails() -> None:
    here, threads = Easel(), []

    def prepared() -> Callable[[], Renderer]:
        threads.append(threading.current_thread().name)

        def fails() -> Renderer:
            raise RenderFailed("rig_unreadable", "It is no rig.")

        return fails

    before = standing(here, "Nora")
    for _ in range(2):
        with pytest.raises(RenderFailed):
            here.renderer("Mira", prepared)
    assert threads == [threading.current_thread().name] * 2
    assert before.closed_in == "drawing"


def test_threads_that_take_segments_have_an_easel_each() -> None:
    others: list[Easel] = []
    thread = threading.Thread(target=lambda: others.append(easel()))
    thread.start()
    thread.join()
    assert easel() is easel()
    assert others[0] is not easel()


def test_it_knows_how_long_a_step_gives_no_sign_of_life() -> None:
    assert vigil.silent_for() == 0
    with vigil.kept():
        time.sleep(0.1)
        silent = vigil.silent_for()
        vigil.sign()
        assert 0.1 <= silent < 5 and vigil.silent_for() < silent
    assert vigil.silent_for() == 0
    with pytest.raises(RenderFailed), vigil.kept():
        raise RenderFailed("worn_out", "It can't.")
    assert vigil.silent_for() == 0
