"""What is written into a GLB's binary chunk comes back out of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from avatars.cast.buffers import BYTE, FLOAT, SHORT, UBYTE, Buffers, quantised
from tests.avatars.cast.glb import Glb

vectors = arrays(np.float64, st.tuples(st.integers(1, 40), st.just(3)), elements=st.floats(-1, 1, width=32))


def written(buffers: Buffers) -> Glb:
    return Glb(document={"accessors": buffers.accessors, "bufferViews": buffers.views}, binary=bytes(buffers.bytes))


@given(vectors)
def test_it_keeps_vertices_within_half_a_step(values: np.ndarray) -> None:
    buffers = Buffers(joint_count=1)
    number = buffers.vertices(values, SHORT, bounds=True)
    assert np.abs(written(buffers).accessor(number) - values).max() <= 0.5 / 32767 + 1e-9
    assert buffers.accessors[number]["min"] == quantised(values, SHORT).min(0).tolist()


@given(vectors, st.integers(0, 3000))
def test_it_leaves_out_only_small_deltas(values: np.ndarray, threshold: int) -> None:
    buffers = Buffers(joint_count=1)
    number = buffers.sparse(values, SHORT, threshold)
    back = written(buffers).accessor(number)
    lost = np.abs(back - values).max(1) > 0.5 / 32767 + 1e-9
    assert np.all(np.abs(values[lost]) <= (threshold + 0.5) / 32767)
    assert np.all(back[lost] == 0)


def test_it_shares_one_accessor_for_deltas_of_nothing() -> None:
    buffers = Buffers(joint_count=1)
    still = np.zeros((5, 3))
    assert buffers.sparse(still, SHORT, 7) == buffers.sparse(still, SHORT, 7)
    assert buffers.sparse(still, BYTE, 7) != buffers.sparse(still, SHORT, 7)
    assert not buffers.bytes


def test_it_stores_a_picture_once() -> None:
    buffers = Buffers(joint_count=1)
    picture = np.random.RandomState(1).randint(0, 255, (8, 8, 3)).astype(np.uint8)
    assert buffers.texture(picture, 60) == buffers.texture(picture.copy(), 60)
    assert buffers.texture(255 - picture, 60) == 1
    assert len(buffers.images) == 2


def test_it_starts_every_view_on_four_bytes() -> None:
    buffers = Buffers(joint_count=3)
    buffers.indices(np.array([[0, 1, 2]]))
    buffers.vertices(np.zeros((3, 3)), BYTE)
    buffers.both_joints(3)
    assert all(view["byteOffset"] % 4 == 0 for view in buffers.views)


@pytest.mark.parametrize(("component", "expected"), [(UBYTE, [0, 128, 255]), (BYTE, [-127, 64, 127])])
def test_it_clips_what_a_byte_cannot_hold(component: int, expected: list[int]) -> None:
    assert quantised(np.array([-9.0, 0.502, 9.0]), component).tolist() == expected


def test_it_leaves_floats_alone() -> None:
    assert quantised(np.array([2.5, -7.0]), FLOAT).tolist() == [2.5, -7.0]
