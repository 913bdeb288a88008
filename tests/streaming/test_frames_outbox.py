"""What waits for a connection is bounded, in order, decodable, and never of a turn that is over."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streaming.frames.outbox import MOST_WAITING, Outbox
from streaming.protocol import HEADER, Flag, Kind, media, parse_media

ALL = frozenset({Kind.JPEG, Kind.VP8})


def picture(kind: Kind, seq: int, *, turn: int = 1, key: bool = False, size: int = 100) -> bytes:
    is_key = key or kind == Kind.JPEG
    return media(kind, bytes(size), turn=turn, pts_ms=40 * seq, seq=seq, flags=Flag.KEY if is_key else 0)


def rest(outbox: Outbox) -> list[int]:
    """The seq of all that goes out."""
    out = []
    while (message := outbox.take()) is not None:
        out.append(parse_media(message)[0].seq)
    return out


def test_it_gives_out_in_order() -> None:
    outbox = Outbox(ALL)
    for seq in range(5):
        outbox.put(picture(Kind.JPEG, seq))
    assert rest(outbox) == [0, 1, 2, 3, 4]
    assert outbox.dropped == 0


def test_it_leaves_out_what_the_client_cannot_decode() -> None:
    outbox = Outbox(frozenset({Kind.JPEG}))
    outbox.put(picture(Kind.VP8, 0, key=True))
    assert outbox.take() is None
    assert outbox.dropped == 0


def test_it_drops_the_oldest_of_pictures_that_stand_alone() -> None:
    outbox = Outbox(ALL)
    for seq in range(MOST_WAITING + 3):
        outbox.put(picture(Kind.JPEG, seq))
    assert outbox.dropped == 3
    assert not outbox.needs_key
    assert rest(outbox) == list(range(3, MOST_WAITING + 3))


def test_it_waits_for_a_key_once_a_stream_is_broken() -> None:
    outbox = Outbox(ALL)
    for seq in range(MOST_WAITING + 3):
        outbox.put(picture(Kind.VP8, seq, key=seq == 0))
    assert rest(outbox) == []
    assert outbox.dropped == MOST_WAITING + 3
    outbox.put(picture(Kind.VP8, 40, key=True))
    outbox.put(picture(Kind.VP8, 41))
    assert rest(outbox) == [40, 41]


def test_it_throws_a_stopped_turn_away_at_once() -> None:
    outbox = Outbox(ALL)
    for seq in range(3):
        outbox.put(picture(Kind.JPEG, seq, turn=1))
    outbox.put(picture(Kind.JPEG, 7, turn=0))
    outbox.silence(1)
    outbox.put(picture(Kind.JPEG, 3, turn=1))
    outbox.put(picture(Kind.JPEG, 0, turn=2))
    assert rest(outbox) == [7, 0]


def test_it_holds_back_what_the_client_has_not_got() -> None:
    outbox = Outbox(ALL, window=1000)
    for seq in range(8):
        outbox.put(picture(Kind.JPEG, seq, size=500 - HEADER.size))
    outbox.received(0)
    assert rest(outbox) == [0, 1]
    outbox.received(500)
    assert rest(outbox) == [2]
    outbox.received(10**9)
    assert rest(outbox) == [3, 4]


def test_it_trusts_a_client_that_reports_nothing_to_read() -> None:
    outbox = Outbox(ALL, window=1000)
    for seq in range(8):
        outbox.put(picture(Kind.JPEG, seq, size=500))
    assert len(rest(outbox)) == 8


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.booleans()),
        st.tuples(st.just("take"), st.integers(1, 20)),
        st.tuples(st.just("silence"), st.just(0)),
    ),
    max_size=150,
)


@given(STEPS)
def test_it_never_gives_out_what_cannot_be_decoded(steps: list[tuple[str, int]]) -> None:
    outbox, seq, turn, decoded = Outbox(ALL), 0, 1, -2
    for step, value in steps:
        if step == "put":
            outbox.put(picture(Kind.VP8, seq, turn=turn, key=bool(value)))
            seq += 1
        elif step == "silence":
            outbox.silence(turn)
            turn += 1
        for _ in range(value if step == "take" else 0):
            if (message := outbox.take()) is None:
                break
            header = parse_media(message)[0]
            assert header.turn == turn
            assert header.flags & Flag.KEY or header.seq == decoded + 1
            decoded = header.seq
        assert len(outbox) <= MOST_WAITING
