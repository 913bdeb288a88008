"""Hair in OpenGL: what is left out because it does not show is not missed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from avatars.render.base import Pictures, RenderFailed
from avatars.render.head.gl_renderer import GLHead
from tests.avatars.render.head.looks import head, pose


@pytest.fixture(scope="module")
def kenji() -> Iterator[GLHead]:
    try:
        made = GLHead(head("kenji"), (192, 192))
    except RenderFailed as problem:
        pytest.skip(f"OpenGL IS NOT TESTED HERE (Debian: libegl1, libgl1-mesa-dri): {problem}")
    yield made
    made.close()


POSES = [pose(headYaw=yaw, headPitch=pitch) for yaw, pitch in ((0, 0), (5, -3), (-19, 11), (3.9, 4.1))]


def with_all_strands(renderer: GLHead, row: NDArray[np.float32]) -> Pictures:
    """`row` has been drawn before."""
    strands = renderer._strands
    views, arrays = strands._views, strands._arrays
    strands._views, strands._arrays = {view: np.ones_like(shown) for view, shown in views.items()}, {}
    try:
        return renderer.render(row)
    finally:
        strands._views, strands._arrays = views, arrays


@pytest.mark.parametrize("number", range(len(POSES)))
def test_it_looks_as_if_all_strands_were_drawn(number: int, kenji: GLHead) -> None:
    row = POSES[number]
    few, every = kenji.render(row).astype(int), with_all_strands(kenji, row).astype(int)
    assert np.mean((few - every) ** 2) < 6
    assert 0.05 < kenji._strands.shown(row[0]).mean() < 0.6


def test_it_draws_a_pose_the_same_whatever_came_before(kenji: GLHead) -> None:
    alone = kenji.render(POSES[1])
    after = kenji.render(np.concatenate([POSES[2], POSES[0], POSES[1]]))[2:]
    assert np.array_equal(alone, after)


def test_it_draws_heads_turned_further_than_the_views_go(kenji: GLHead) -> None:
    far = kenji.render_rgba(pose(headYaw=50, headPitch=25))[0]
    assert far[..., 3].mean() > 40


def test_it_draws_heads_without_strands() -> None:
    try:
        bald = GLHead(head("omar"), (64, 64))
    except RenderFailed as problem:
        pytest.skip(str(problem))
    assert bald._strands.array(pose()[0]) is None
    bald.close()
