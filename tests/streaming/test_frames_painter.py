"""A renderer that fails is replaced by the next one, down to the portrait, and somebody is told."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from avatars.render.base import Pictures, Renderer, RenderFailed, Table
from streaming.frames.painter import Painter, Step, StillRenderer

TABLE = np.zeros((5, 57), np.float32)


class Plain:
    """Pictures of one colour, two at a time; those after the first `lasts` fail."""

    most = 2

    def __init__(self, colour: int, lasts: int = 1000) -> None:
        self.size, self.colour, self.left = (4, 4), colour, lasts

    def render(self, table: Table) -> Pictures:
        """See Renderer."""
        assert len(table) <= self.most
        self.left -= len(table)
        if self.left < 0:
            raise RenderFailed("worn_out", "Worn out.")
        return np.full((len(table), 4, 4, 3), self.colour, np.uint8)


def step(name: str, renderer: Renderer) -> Step:
    return Step(name=name, begin=lambda: renderer)


def broken() -> Renderer:
    raise OSError("no such weights")


def test_it_draws_in_pieces_as_the_renderer_likes() -> None:
    told: list[tuple[str, str]] = []
    painter = Painter([step("fine", Plain(9))], lambda *about: told.append(about))
    pictures = painter.render(TABLE)
    assert pictures.shape == (5, 4, 4, 3) and (pictures == 9).all()
    assert told == []


def test_it_falls_back_step_by_step_and_tells() -> None:
    told: list[tuple[str, str]] = []
    steps = [Step(name="gone", begin=broken), step("short", Plain(1, lasts=6)), step("simple", Plain(2))]
    painter = Painter(steps, lambda *about: told.append(about))
    assert (painter.render(TABLE) == 1).all()
    assert told == [("gone", "no such weights")]
    assert (painter.render(TABLE) == 2).all()
    assert told[1:] == [("short", "Worn out.")]
    assert painter.name == "simple"


def test_it_gives_up_when_nothing_is_left() -> None:
    painter = Painter([Step(name="gone", begin=broken)])
    for _ in range(2):
        with pytest.raises(RenderFailed) as failure:
            painter.render(TABLE)
        assert failure.value.code == "no_renderer"


def test_it_simplifies_what_is_too_slow_but_keeps_the_last_step() -> None:
    painter = Painter([step("fine", Plain(1)), step("simple", Plain(2))])
    painter.render(TABLE)
    painter.simplify("Too slow.")
    painter.simplify("Too slow.")
    assert (painter.render(TABLE) == 2).all()
    assert not painter.has_simpler


def test_it_shows_the_middle_of_the_portrait_on_white() -> None:
    portrait = Image.new("RGBA", (40, 20), (0, 0, 0, 0))
    portrait.paste((200, 30, 30, 255), (10, 0, 20, 20))
    data = io.BytesIO()
    portrait.save(data, "WEBP", lossless=True)
    (picture, *_) = StillRenderer.of(data.getvalue(), 20).render(TABLE)
    assert picture.shape == (20, 20, 3)
    assert tuple(picture[10, 3]) == (200, 30, 30)
    assert tuple(picture[10, 16]) == (255, 255, 255)
