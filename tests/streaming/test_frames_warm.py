"""Renderers of a process: shared, few, and on request drawing the frames of several sessions at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest
import torch
from django.test import override_settings

from avatars.render.base import Pictures, Renderer, RenderFailed, Table
from avatars.render.choose import Recipe
from avatars.render.look import Look
from streaming.frames import warm
from streaming.frames.faces import Face
from streaming.frames.local import LocalFiles, Visit
from streaming.frames.warm import KEPT
from tests.avatars.render.card import pretended


class Counted:
    """A renderer that counts its like, and what it was asked to draw; one of 512 pixels can't draw."""

    most, made = 8, 0
    calls: list[int] = []

    def __init__(self, recipe: Recipe) -> None:
        self.size = recipe.size
        Counted.made += 1

    def render(self, table: Table) -> Pictures:
        """See Renderer; the first number is the colour."""
        Counted.calls.append(len(table))
        if self.size == (512, 512):
            raise RenderFailed("worn_out", "This one can't draw.")
        return np.broadcast_to(table[:, :1, None, None], (len(table), *self.size, 3)).astype(np.uint8)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> type[Counted]:
    """Renderers that are counted, none of them kept from before."""
    monkeypatch.setattr(warm, "MAKE", Counted)
    monkeypatch.setattr(warm, "_renderers", {})
    Counted.made, Counted.calls = 0, []
    return Counted


@pytest.fixture
def together() -> Iterator[None]:
    """As on CUDA."""
    warm.batches.cache_clear()
    with override_settings(RENDER_BATCH="on"):
        yield
    warm.batches.cache_clear()


def made(name: str = "ada", side: int = 256, due_in: float = 5.0) -> Renderer:
    """The best renderer of a session whose frames are due then."""
    face = Face(kind="head", asset=Path(f"/heads/{name}.glb"), portrait=b"", gap={})
    return face.rungs(side, warm.maker(lambda: time.monotonic() + due_in))[0].make()


def coloured(colour: int, frames: int) -> Table:
    return np.full((frames, 57), colour, np.float32)


def test_sessions_of_a_process_share_a_renderer(counted: type[Counted]) -> None:
    assert [made().size for _ in range(3)] == [(256, 256)] * 3
    assert counted.made == 1


def test_it_keeps_the_renderers_used_last(counted: type[Counted]) -> None:
    for number in range(KEPT + 1):
        made(str(number))
        made("0")
    assert counted.made == KEPT + 1
    made("1")
    assert counted.made == KEPT + 2


def worn(files: LocalFiles, rig: bytes, background: bytes = b"") -> Face:
    """A face of somebody's own, drawn once."""
    visit = Visit(files)
    look = Look(background=str(visit.path(background)) if background else "")
    face = Face(kind="photo", asset=visit.path(rig), portrait=b"", gap={}, look=look, files=visit)
    warm.drawn(0.0, lambda: face.rungs(256, warm.maker(lambda: 0.0))[0].make())
    return face


def test_it_lets_go_of_what_was_made_of_somebodys_own_files_with_the_last_who_draws_them(counted: type[Counted]) -> None:
    files = LocalFiles()
    made()
    first, second = worn(files, b"Mira"), worn(files, b"Mira")
    elsewhere, backed = worn(files, b"Nora"), worn(files, b"Nora", b"a wall")
    assert (counted.made, len(warm._renderers)) == (4, 4)
    first.close()
    first.close()
    assert len(warm._renderers) == 4
    second.close()
    assert [recipe.asset.name for recipe in warm._renderers if recipe.asset == second.asset] == []
    backed.close()
    assert [recipe.look.background for recipe in warm._renderers] == ["", ""]
    elsewhere.close()
    assert [recipe.asset.name for recipe in warm._renderers] == ["ada.glb"]
    worn(files, b"Mira").close()
    assert counted.made == 5


@pytest.fixture
def unasked() -> Iterator[None]:
    """Whether sessions are drawn together is asked anew, before and after."""
    warm.batches.cache_clear()
    yield
    warm.batches.cache_clear()


def test_where_there_is_a_graphics_card_sessions_are_drawn_together(unasked: None) -> None:
    with pretended():
        assert warm.batches()


@pytest.mark.skipif(torch.cuda.is_available(), reason="a CUDA device")
def test_without_a_graphics_card_each_session_is_drawn_for_itself(counted: type[Counted], unasked: None) -> None:
    assert not warm.batches()
    seats = [made() for _ in range(2)]
    for seat in seats:
        assert warm.drawn(0.0, lambda seat=seat: seat.render(coloured(1, 3))).shape == (3, 256, 256, 3)  # type: ignore[misc]
    assert counted.calls == [3, 3]


def test_frames_of_several_sessions_are_drawn_in_one_go(counted: type[Counted], together: None) -> None:
    seats, begin = [made() for _ in range(4)], Barrier(4)

    def draw(number: int) -> Pictures:
        begin.wait()
        return warm.drawn(0.0, lambda: seats[number].render(coloured(number, 2)))

    with ThreadPoolExecutor(4) as threads:
        drawn = list(threads.map(draw, range(4)))
    assert [picture.shape for picture in drawn] == [(2, 256, 256, 3)] * 4
    assert [int(picture.mean()) for picture in drawn] == [0, 1, 2, 3]
    assert sum(counted.calls) == 8
    assert max(counted.calls) > 2
    assert counted.made == 1


def test_a_batch_is_no_larger_than_its_renderer_draws_at_once(counted: type[Counted], together: None) -> None:
    assert made().render(coloured(7, 20)).shape == (20, 256, 256, 3)
    assert counted.calls == [8, 8, 4]


def test_what_is_due_waits_for_nobody(counted: type[Counted], together: None) -> None:
    seat = made(due_in=-1.0)
    seat.render(coloured(0, 1))
    began = time.monotonic()
    for _ in range(5):
        seat.render(coloured(0, 1))
    assert time.monotonic() - began < 5 * warm.COMPANY_S


def test_those_who_are_drawn_together_hear_of_a_failure_and_may_come_back(counted: type[Counted], together: None) -> None:
    failing = made(side=512)
    with pytest.raises(RenderFailed, match="can't draw"):
        failing.render(coloured(1, 1))
    seat, other = made(), made()
    seat.close()  # type: ignore[attr-defined]
    seat.close()  # type: ignore[attr-defined]
    assert other.render(coloured(2, 1)).mean() == 2
    assert seat.render(coloured(3, 1)).mean() == 3
