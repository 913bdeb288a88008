"""Photos on a graphics card: the same pictures, in few trips."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np
import pytest

from avatars.photo.renderer import PhotoRenderer
from avatars.render.look import Look
from avatars.render.portrait import dressed
from tests.avatars.photo.portraits import pose, rig, viseme
from tests.avatars.render.card import assert_same, on_a_card, pretended

TABLE = np.stack(
    [
        pose(),
        viseme("PP"),
        viseme("aa"),
        viseme("ou"),
        pose(eyeBlink=1.0, headYaw=8.0),
        pose(eyeLookOutLeft=0.5, eyeLookInRight=0.5, tongueOut=0.6, jawOpen=0.5, headRoll=-6.0),
    ]
)


@on_a_card
@pytest.mark.parametrize(
    ("name", "look", "size"),
    [
        ("astronaut", Look(), (128, 128)),
        ("ada", Look(framing="face", background="#1f6f4a"), (96, 144)),
    ],
)
def test_a_card_draws_what_a_processor_does(
    there: Callable[[], AbstractContextManager[object]], name: str, look: Look, size: tuple[int, int]
) -> None:
    shown = dressed(rig(name), look, size)
    here = PhotoRenderer(shown, size).render(TABLE)
    with there():
        assert_same(PhotoRenderer(shown, size, "cuda").render(TABLE), here)


def test_a_batch_is_awaited_three_times_however_large_it_is() -> None:
    """How many tiles move, of which kinds, and the pictures themselves."""
    with pretended() as card:
        renderer, kernels = PhotoRenderer(rig("astronaut"), (128, 128), "cuda"), []
        renderer.render(TABLE)  # what is made once
        for frames in (6, 32):
            card.forget()
            renderer.render(np.resize(TABLE, (frames, 57)))
            kernels.append(card.kernels.total())
            assert card.waits == {"aten::nonzero": 1, "copy from the card": 2}
    assert kernels[0] == kernels[1] < 320
