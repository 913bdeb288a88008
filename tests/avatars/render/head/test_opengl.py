"""The OpenGL renderer against the reference. Skipped where there is no driver."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from avatars.render.base import RenderFailed
from avatars.render.head.gl_renderer import GLHead
from tests.avatars.render.head.looks import head, pose, renderer


@pytest.fixture(scope="module")
def opengl() -> Iterator[GLHead]:
    try:
        made = GLHead(head("omar"), (128, 128), oversample=1.5)
    except RenderFailed as problem:
        pytest.skip(f"OpenGL IS NOT TESTED HERE (Debian: libegl1, libgl1-mesa-dri): {problem}")
    yield made
    made.close()


def test_it_draws_what_the_reference_draws(opengl: GLHead) -> None:
    poses = np.concatenate([pose(), pose(jawOpen=0.6, headYaw=12), pose(eyeBlinkLeft=1, gazeX=10)])
    difference = np.abs(opengl.render(poses).astype(int) - renderer().render(poses))
    assert difference.mean() < 1.5
    assert np.percentile(difference, 98) < 16
    moved = np.abs(opengl.render(poses[1:2]).astype(int) - renderer().render(poses[:1]))
    assert moved.mean() > 3 * difference.mean()


def test_it_cuts_out_what_the_reference_cuts_out(opengl: GLHead) -> None:
    ours, theirs = opengl.render_rgba(pose())[0], renderer().render_rgba(pose())[0]
    assert np.abs(ours[..., 3].astype(int) - theirs[..., 3]).mean() < 2
    assert ours[2, 2, 3] == 0


def test_it_refuses_what_is_no_face_table(opengl: GLHead) -> None:
    with pytest.raises(RenderFailed):
        opengl.render(np.zeros((1, 3), np.float32))


def test_it_shares_a_thread_with_other_heads(opengl: GLHead) -> None:
    before = opengl.render(pose())
    other = GLHead(head("kenji"), (64, 64))
    shown = other.render(pose())
    assert np.array_equal(opengl.render(pose()), before)
    assert np.array_equal(other.render(pose()), shown)
    other.close()
    assert np.array_equal(opengl.render(pose()), before)
