"""Which renderer draws, and the measuring tool."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from avatars.render.base import RenderFailed
from avatars.render.choose import Recipe, build, halved, rungs
from avatars.render.ladder import Degraded, Ladder
from avatars.render.measure import measured, moving
from avatars.render.wav2lip import Wav2LipRenderer
from avatars.render.wav2lip_net import Wav2Lip
from tests.avatars.render.head.looks import CAST

HEAD = Recipe(kind="head", asset=CAST / "omar.glb", size=(96, 96), fast=False)


def test_it_builds_a_head_and_lips_on_it(tmp_path: Path) -> None:
    torch.save(Wav2Lip(16).state_dict(), tmp_path / "w.pth")
    lips = Recipe(kind="wav2lip", asset=HEAD.asset, size=HEAD.size, weights=tmp_path / "w.pth", box=(24, 24, 72, 80), under=HEAD)
    renderer = build(lips)
    assert isinstance(renderer, Wav2LipRenderer)
    pictures = renderer.render_spoken(moving(2), np.zeros(3200, np.float32), 25)
    assert pictures.shape == (2, 96, 96, 3)
    assert [rung.name for rung in rungs(lips)] == ["wav2lip", "head_simple"]
    with pytest.raises(RenderFailed) as caught:
        build(replace(lips, weights=None))
    assert caught.value.code == "bad_recipe"


@pytest.mark.parametrize(
    ("kind", "code"), [("head", "glb_missing"), ("photo", "rig_missing"), ("liteavatar", "package_incomplete")]
)
def test_it_says_so_when_the_asset_is_missing(tmp_path: Path, kind: str, code: str) -> None:
    with pytest.raises(RenderFailed) as caught:
        build(replace(HEAD, kind=kind, asset=tmp_path / "none"))  # type: ignore[arg-type]
    assert caught.value.code == code


def test_it_halves_boxes_and_what_lies_under_them() -> None:
    small = halved(Recipe(kind="wav2lip", asset=HEAD.asset, size=(512, 400), box=(100, 50, 300, 350), under=HEAD))
    assert (small.size, small.box) == ((256, 200), (50, 25, 150, 175))
    assert small.under is not None
    assert small.under.size == (64, 64)


def test_it_shows_the_still_of_an_avatar_that_can_not_be_drawn(tmp_path: Path) -> None:
    told: list[Degraded] = []
    ladder = Ladder(rungs(replace(HEAD, asset=tmp_path / "none.glb")), np.full((96, 96, 3), 5, np.uint8), told=told.append)
    assert (ladder.render(moving(2)) == 5).all()
    assert [(step.code, step.origin, step.target) for step in told] == [
        ("glb_missing", "head", "head_simple"),
        ("glb_missing", "head_simple", "still"),
    ]


def test_it_measures_a_renderer() -> None:
    speed = measured("head", build(HEAD), 3)
    assert 0.5 < speed.core_ms < 5000
    assert speed.wall_ms > 0
    assert "fps/core" in str(speed)
