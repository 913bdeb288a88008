import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from avatars.audio.decode import Decoder, Run


def _rows(spec: str, sure: float = 0.9) -> NDArray[np.float32]:
    """ "0*20 3*5": viseme 0 for 20 frames, then 3 for 5."""
    order = [int(number) for part in spec.split() for number in [part.split("*")[0]] * int(part.split("*")[1])]
    rows = np.full((len(order), 15), (1 - sure) / 14, np.float32)
    rows[np.arange(len(order)), order] = sure
    return rows


def _decoded(rows: NDArray[np.float32]) -> list[Run]:
    decoder = Decoder()
    return [*decoder.push(rows), *decoder.finish()]


def _spans(runs: list[Run]) -> list[tuple[int, int, int]]:
    return [(run.number, run.start, run.stop) for run in runs]


def test_it_dates_a_change_back_to_its_first_frame() -> None:
    assert _spans(_decoded(_rows("0*20 3*5 7*9", sure=0.5))) == [(0, 0, 20), (3, 20, 25), (7, 25, 34)]


def test_it_does_not_believe_an_unsure_frame_but_a_sure_pair() -> None:
    rows = _rows("4*30")
    rows[10] = _rows("5*1", sure=0.3)[0]
    assert _spans(_decoded(rows)) == [(0, 0, 0), (4, 0, 30)][1:]
    rows[10:12] = _rows("5*2")
    assert _spans(_decoded(rows)) == [(4, 0, 10), (5, 10, 12), (4, 12, 30)]


def test_it_tells_how_sure_it_is() -> None:
    sure, unsure = _decoded(_rows("2*10", sure=0.9))[-1].share, _decoded(_rows("2*10", sure=0.4))[-1].share
    assert round(sure, 3) == 0.9 and round(unsure, 3) == 0.4


def test_it_says_nothing_of_nothing() -> None:
    assert _decoded(np.zeros((0, 15), np.float32)) == []


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 120), max_size=6))
def test_it_covers_every_frame_once_however_the_rows_are_cut(seed: int, cuts: list[int]) -> None:
    rows = np.random.default_rng(seed).dirichlet(np.full(15, 0.2), 120).astype(np.float32)
    decoder = Decoder()
    piecewise = [run for piece in np.split(rows, sorted(cuts)) for run in decoder.push(piece)] + decoder.finish()
    whole = _decoded(rows)
    assert piecewise == whole
    assert whole[0].start == 0 and whole[-1].stop == 120
    assert all(a.stop == b.start and a.number != b.number and a.stop > a.start for a, b in itertools.pairwise(whole))


def test_it_keeps_little_of_a_long_silence_and_knows_its_length() -> None:
    decoder = Decoder()
    for _ in range(100):
        assert decoder.push(_rows("0*100")) == []
        assert len(decoder._kept) < 100
    (silence,) = decoder.push(_rows("6*10"))
    assert (silence.number, silence.start, silence.stop) == (0, 0, 10_000)
    assert round(silence.share, 3) == 0.9
