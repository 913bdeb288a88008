"""The quality follows trouble down and calm up, and can't swing."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.video import MAX_FPS, MAX_KBPS, MAX_SIDE, MIN_FPS, MIN_KBPS, MIN_SIDE, VideoWish
from streaming.frames.quality import HOLD_S, LEVELS, LONGEST_RISE_S, RISE_S, Quality, Report, recipe

FINE, STUTTER = Report(frames=10, bad=0), Report(frames=10, bad=3)
WISHES = st.builds(
    VideoWish,
    width=st.integers(MIN_SIDE, MAX_SIDE),
    fps=st.integers(MIN_FPS, MAX_FPS),
    kbps=st.integers(MIN_KBPS, MAX_KBPS),
)
REPORTS = st.lists(
    st.tuples(
        st.floats(0.01, 12.0),
        st.builds(
            Report,
            frames=st.integers(0, 30),
            bad=st.integers(0, 30),
            kbps=st.floats(0, 5000),
            cap_kbps=st.floats(50, 5000),
        ),
    ),
    max_size=80,
)


def played(reports: list[tuple[float, Report]]) -> list[tuple[float, int]]:
    """When the level changed, and to what."""
    now, quality, changes = 100.0, Quality(trouble_at=100.0), [(100.0, 0)]
    for pause, report in reports:
        now += pause
        quality = quality.after(report, now)
        if quality.level != changes[-1][1]:
            changes.append((now, quality.level))
    return changes


@given(REPORTS)
def test_it_never_changes_faster_than_it_may(reports: list[tuple[float, Report]]) -> None:
    changes = played(reports)[1:]
    for (before, old), (after, new) in zip([(float("-inf"), 0), *changes], changes, strict=False):
        assert abs(new - old) == 1
        assert after - before >= (RISE_S if new < old else HOLD_S)


@given(REPORTS)
def test_it_rises_at_most_once_in_eight_seconds(reports: list[tuple[float, Report]]) -> None:
    changes = played(reports)
    rises = [at for (_, old), (at, new) in itertools.pairwise(changes) if new < old]
    assert all(later - sooner >= RISE_S for sooner, later in itertools.pairwise(rises))


@given(REPORTS)
def test_it_recovers_once_all_is_well(reports: list[tuple[float, Report]]) -> None:
    calm = [(0.5, FINE)] * int(2 * LONGEST_RISE_S * len(LEVELS))
    assert played(reports + calm)[-1][1] == 0


@given(REPORTS)
def test_it_gives_way_to_lasting_trouble(reports: list[tuple[float, Report]]) -> None:
    trouble = [(0.5, STUTTER)] * int(2 * HOLD_S * len(LEVELS))
    assert played(reports + trouble)[-1][1] == len(LEVELS) - 1


@given(WISHES, st.integers(0, len(LEVELS) - 1))
def test_it_never_exceeds_what_was_asked_for(wish: VideoWish, level: int) -> None:
    made = recipe(wish, level)
    assert made.side <= wish.width and made.side % 2 == 0
    assert made.fps <= wish.fps
    assert made.kbps <= wish.kbps
    assert 1 <= made.quality <= 100


@given(WISHES)
def test_each_level_asks_for_less_than_the_one_before(wish: VideoWish) -> None:
    made = [recipe(wish, level) for level in range(len(LEVELS))]
    for better, worse in itertools.pairwise(made):
        assert worse.side <= better.side and worse.fps <= better.fps and worse.kbps <= better.kbps
        assert worse.quality < better.quality


def test_it_doubles_its_patience_after_a_rise_that_failed() -> None:
    down = Quality().after(STUTTER, 10.0)
    up = down.after(FINE, 18.0)
    again = up.after(STUTTER, 21.0)
    assert (down.level, up.level, again.level) == (1, 0, 1)
    assert again.after(FINE, 21.0 + 2 * RISE_S - 0.1).level == 1
    assert again.after(FINE, 21.0 + 2 * RISE_S).level == 0


def test_it_takes_too_much_bandwidth_for_trouble() -> None:
    assert Report(frames=10, bad=0, kbps=900, cap_kbps=800).is_trouble
    assert not Report(frames=10, bad=0, kbps=700, cap_kbps=800).is_trouble
    assert not Report(frames=10, bad=1).is_trouble


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("width", 64),
        ("width", 4096),
        ("fps", 0),
        ("fps", 60),
        ("kbps", 1),
        ("codecs", ()),
        ("codecs", ("gif",)),
        ("codecs", ("jpeg",) * 2),
    ],
)
def test_it_refuses_wishes_out_of_range(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=field):
        VideoWish.from_json({field: value})
    assert VideoWish.from_json({}).as_json() == VideoWish().as_json()
