"""Face payloads: what goes in comes out within quantisation and dead zones, and nonsense is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from avatars.face import CHANNELS, DEFAULT_RIG, EMOTIONS, FaceCodecError, FaceEncoder, FaceTrack, decode
from avatars.face.channels import EYE_LOOK, INDEX, MIRRORED, row
from avatars.face.codec import EYES_FROM_GAZE, SYMMETRIC, eased
from avatars.face.encoder import dead_zones
from tests.avatars.face.speaking import SENTENCE, clause, face

STEP = np.concatenate([np.full(52, 1 / 255), np.full(5, 0.25)])
SENT_ANYWAY = [i for i in range(len(CHANNELS)) if i not in EYE_LOOK]
CLOSE = INDEX["mouthClose"]
LIPS = [i for i, name in enumerate(CHANNELS) if name.startswith(("jawOpen", "mouthClose", "mouthFunnel", "mouthPucker"))]
LIPS += [
    i for i, name in enumerate(CHANNELS) if name.startswith(("mouthLower", "mouthUpper", "mouthRoll", "mouthShrug", "mouthPress"))
]


def track_of(table: NDArray[np.float32], fps: int = 30) -> FaceTrack:
    return FaceTrack(fps=fps, start_ms=0, weights=table[:, :52], head=table[:, 52:55], gaze=table[:, 55:])


@st.composite
def tracks(draw: st.DrawFn) -> FaceTrack:
    """Any motion: wild or slow, symmetric or not."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    frames, fps = draw(st.integers(0, 255)), draw(st.sampled_from([1, 24, 30, 60, 120]))
    table = rng.uniform(0, 1, (1, 57)) + np.cumsum(rng.normal(0, draw(st.sampled_from([0.0, 0.004, 0.2])), (frames, 57)), axis=0)
    table[:, :52] = np.clip(table[:, :52], 0, 1)
    table[:, 52:] = np.clip(table[:, 52:] * 20 - 10, -31.9, 31.7)
    if draw(st.booleans()):
        table[:, [INDEX[name + "Right"] for name in MIRRORED]] = table[:, [INDEX[name + "Left"] for name in MIRRORED]]
    return track_of(table.astype(np.float32), fps)


@settings(max_examples=60, deadline=None)
@given(tracks())
def test_it_returns_what_was_put_in_within_a_step_and_the_dead_zone(track: FaceTrack) -> None:
    decoded = decode(FaceEncoder(track.fps).encode(track), pts_ms=1_234)
    assert (decoded.fps, decoded.start_ms, len(decoded)) == (track.fps, 1_234, len(track))
    bound = STEP * (dead_zones() + 0.01)
    bound[52:55] = np.inf  # the head's steps are eased; see below
    assert (np.abs(decoded.table() - track.table())[:, SENT_ANYWAY] <= bound[SENT_ANYWAY]).all()


def test_it_eases_the_steps_of_a_slow_head_and_keeps_a_quick_one() -> None:
    t = np.arange(120) / 30
    table = np.zeros((120, 57), np.float32)
    table[:, 52] = 3 * np.sin(t)
    table[:, 53] = 4 * np.sin(9 * t)
    decoded = decode(FaceEncoder(30).encode(track_of(table)))
    assert np.abs(np.diff(decoded.head[:, 0])).max() < 0.2  # a raw step is 0.25 or more
    assert np.abs(decoded.head - table[:, 52:55]).max() < 0.45
    assert np.ptp(decoded.head[:, 1]) > 7.4


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-8, 8), max_size=80))
def test_it_eases_within_the_steps_around(values: list[int]) -> None:
    steps = np.array(values, np.float32)
    ramps = eased(steps)
    for i, value in enumerate(ramps):
        near = steps[max(0, i - 3) : i + 4]
        assert near.min() <= value <= near.max()
    assert np.array_equal(eased(np.repeat(steps[:1], 20)), np.repeat(steps[:1], 20))


def test_it_begins_with_a_key_frame_and_sends_another_each_second() -> None:
    payload = FaceEncoder(10).encode(track_of(np.full((25, 57), 0.5, np.float32), 10))
    assert len(payload) == 4 + 3 * 35 + 22


@settings(max_examples=30, deadline=None)
@given(tracks())
def test_it_never_holds_lips_back_on_a_closure(track: FaceTrack) -> None:
    decoded = decode(FaceEncoder(track.fps).encode(track))
    closing = track.weights[:, CLOSE] > 5 / 255
    assert (np.abs(decoded.table() - track.table())[closing][:, LIPS] <= STEP[LIPS] * 0.51).all()


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=120))
def test_it_decodes_or_refuses_any_bytes(payload: bytes) -> None:
    try:
        decoded = decode(payload)
    except FaceCodecError:
        return
    assert len(decoded) == payload[1] and decoded.weights.min(initial=0) >= 0 and decoded.weights.max(initial=0) <= 1


@settings(max_examples=150, deadline=None)
@given(tracks(), st.data())
def test_it_refuses_a_payload_that_is_cut_or_drawn_out(track: FaceTrack, data: st.DataObject) -> None:
    payload = FaceEncoder(track.fps).encode(track)
    with pytest.raises(FaceCodecError):
        decode(payload[: data.draw(st.integers(0, len(payload) - 1))])
    with pytest.raises(FaceCodecError, match="after the last frame"):
        decode(payload + b"\0")


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b"", "header"),
        (b"\x1e\x01\x39", "header"),
        (b"\0\0\x39\0", "fps"),
        (b"\x1e\0\x38\0", "channels"),
        (b"\x1e\0\x39\x04", "flags"),
        (b"\x1e\x01\x39\0" + bytes(56), "middle of a frame"),
        (b"\x1e\x02\x39\0" + bytes(57) + b"\x01", "middle of a frame"),
        (b"\x1e\x02\x39\0" + bytes(57) + b"\x01\0", "without a channel"),
        (b"\x1e\x02\x39\0" + bytes(57) + b"\x80\x02\x07", "channel 57 of 57"),
        (b"\x1e\x02\x39\x03" + bytes(35) + b"\x10\x08\x07", "channel 35 of 35"),
    ],
)
def test_it_says_what_is_wrong_with_a_payload(payload: bytes, message: str) -> None:
    with pytest.raises(FaceCodecError, match=message):
        decode(payload)


def test_it_sends_an_unchanged_frame_as_one_zero() -> None:
    payload = FaceEncoder(30).encode(track_of(np.full((10, 57), 0.5, np.float32)))
    assert payload[3] == SYMMETRIC | EYES_FROM_GAZE
    assert len(payload) == 4 + 35 + 9 and payload[-9:] == bytes(9)


def test_it_sends_both_sides_of_an_asymmetric_face() -> None:
    table = np.zeros((2, 57), np.float32)
    table[:, INDEX["mouthSmileRight"]] = 1.0
    payload = FaceEncoder(30).encode(track_of(table))
    assert payload[3] == EYES_FROM_GAZE
    assert decode(payload).weights[1, INDEX["mouthSmileRight"]] == 1.0
    assert decode(payload).weights[1, INDEX["mouthSmileLeft"]] == 0.0


def test_it_keeps_a_mouth_that_moves_sideways() -> None:
    table = np.zeros((2, 57), np.float32)
    table[:, [INDEX["mouthLeft"], INDEX["jawRight"]]] = 0.4
    payload = FaceEncoder(30).encode(track_of(table))
    decoded = decode(payload).weights[1]
    assert payload[3] & SYMMETRIC
    assert decoded[INDEX["mouthLeft"]] > 0.39 and decoded[INDEX["mouthRight"]] == 0.0 and decoded[INDEX["jawRight"]] > 0.39


def test_it_refuses_tracks_it_cannot_carry() -> None:
    with pytest.raises(FaceCodecError, match="256 frames"):
        FaceEncoder(30).encode(track_of(np.zeros((256, 57), np.float32)))
    with pytest.raises(FaceCodecError, match="60 fps"):
        FaceEncoder(30).encode(track_of(np.zeros((2, 57), np.float32), 60))
    with pytest.raises(ValueError, match="fps"):
        FaceEncoder(0)


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_it_streams_speech_under_500_bytes_a_second_with_shut_lips(emotion: str) -> None:
    said = clause(SENTENCE)
    track = face(said, emotion=emotion).track(1_000, 3_000)
    payloads = [FaceEncoder(30).encode(track_of(second)) for second in np.split(track.table(), 2)]
    assert sum(map(len, payloads)) / 2 + 16 < 500
    decoded = np.concatenate([decode(payload).weights for payload in payloads])
    gap, sent = (weights @ row(DEFAULT_RIG.gap) for weights in (track.weights, decoded))
    shut = (gap <= 0.0) & (track.weights[:, INDEX["mouthRollUpper"]] > 5 / 255)
    assert shut.sum() >= 7
    assert sent[shut].max() <= 0.3
