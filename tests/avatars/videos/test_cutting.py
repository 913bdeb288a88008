"""A video is cut so that every core has something to do, and so that nothing is left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatars.videos.performance import segments


@given(frames=st.integers(1, 200_000), fps=st.integers(10, 60))
def test_it_leaves_no_frame_out(frames: int, fps: int) -> None:
    cuts = list(segments(frames, fps))
    assert [first for first, _ in cuts] == [0, *(after for _, after in cuts[:-1])]
    assert cuts[-1][1] == frames
    if len(cuts) > 1:
        assert min(after - first for first, after in cuts) >= 2.6 * fps


@pytest.mark.parametrize(("seconds", "count"), [(1, 1), (5, 1), (7, 2), (30, 8), (60, 8), (600, 50)])
def test_it_cuts_into_pieces_that_are_worth_it(seconds: int, count: int) -> None:
    assert len(list(segments(seconds * 25, 25))) == count
