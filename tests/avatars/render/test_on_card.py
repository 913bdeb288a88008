"""Heads, lips and batches of many sessions on a graphics card."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path

import numpy as np
import torch

from avatars.render.base import Pictures, Table
from avatars.render.batching import Batcher
from avatars.render.choose import Recipe, build, device
from avatars.render.head.torch_renderer import TorchHead
from avatars.render.ladder import Degraded, Ladder, Rung
from avatars.render.measure import moving
from avatars.render.wav2lip import Wav2LipRenderer
from tests.avatars.render.card import Card, assert_same, on_a_card, pretended
from tests.avatars.render.head.looks import CAST, head, pose
from tests.avatars.render.test_wav2lip import BOX, Grey, tone, weights

SIZE = (64, 64)
HEAD = Recipe(kind="head", asset=CAST / "omar.glb", size=SIZE)
POSES = np.concatenate([pose(), pose(jawOpen=1, headRoll=9), pose(eyeBlinkLeft=1, gazeX=20)])
There = Callable[[], AbstractContextManager[object]]


@cache
def omar(there: There) -> TorchHead:
    """As everybody gets it where there is a card."""
    with there():
        assert device() == "cuda"
        renderer = build(HEAD)
    assert isinstance(renderer, TorchHead)
    return renderer


@on_a_card
def test_a_card_draws_the_head_that_a_processor_does(there: There) -> None:
    behind = np.full((64, 48, 3), (20, 90, 200), np.uint8)
    here = TorchHead(head("ada"), (48, 64), framing="face", backdrop=behind)
    with there():
        drawn = TorchHead(head("ada"), (48, 64), device="cuda", framing="face", backdrop=behind)
        assert_same(drawn.render(POSES), here.render(POSES))
        assert_same(drawn.render_rgba(POSES), here.render_rgba(POSES))


def test_more_frames_of_a_head_are_neither_more_work_to_start_nor_more_to_wait_for() -> None:
    renderer = omar(pretended)
    with pretended() as card:
        seen = [_work(card, renderer.render, moving(frames)) for frames in (2, 16)]
    assert seen[0] == seen[1]
    kernels, waits = seen[0]
    assert kernels < 1500
    assert waits < 40


def _work(card: Card, render: Callable[[Table], Pictures], table: Table) -> tuple[int, int]:
    card.forget()
    render(table)
    return card.kernels.total(), card.waits.total()


@on_a_card
def test_a_card_gives_the_lips_that_a_processor_does(there: There, tmp_path: Path) -> None:
    torch.save(weights(8), tmp_path / "w.pth")
    table, here = np.zeros((10, 57), np.float32), Wav2LipRenderer(tmp_path / "w.pth", Grey(), BOX)
    with there() as card, torch.backends.cudnn.flags(enabled=True, allow_tf32=False):  # a processor has no such rounding
        lips = Wav2LipRenderer(tmp_path / "w.pth", Grey(), BOX, device="cuda")
        if isinstance(card, Card):
            card.forget()
        drawn = lips.render_spoken(table, tone(1), 25)
    assert_same(drawn, here.render_spoken(table, tone(1), 25))
    assert (drawn != Grey().render(table)).any()
    assert (here.most, lips.most) == (8, 32)
    assert not isinstance(card, Card) or card.waits == {"copy from the card": 1}, "once a batch"


@on_a_card
def test_frames_of_many_sessions_are_one_batch_of_the_card(there: There) -> None:
    sizes: list[int] = []

    def draw(table: Table) -> Pictures:  # in the batcher's thread, which has a card as well
        sizes.append(len(table))
        with there():
            return omar(there).render(table)

    batcher = Batcher(draw, most=9)
    waiting = [batcher.submit(POSES, within_s=20) for _ in range(3)]
    here = TorchHead(head("omar"), SIZE).render(POSES)
    for done in waiting:
        assert_same(done.result(60), here)
    batcher.close()
    assert sizes == [9]


class Full:
    """A card without room."""

    size, most = SIZE, 32

    def render(self, table: Table) -> Pictures:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


def test_a_card_that_is_full_costs_size_and_no_session() -> None:
    told: list[Degraded] = []
    rungs = [Rung(name="head", make=Full), Rung(name="head_simple", make=lambda: TorchHead(head("omar"), (64, 64)))]
    ladder = Ladder(rungs, np.zeros((64, 64, 3), np.uint8), told=told.append)
    assert ladder.render(POSES).any()
    assert [(step.origin, step.target) for step in told] == [("head", "head_simple")]
