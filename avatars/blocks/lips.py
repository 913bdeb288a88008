"""Speech to lips without a session: mouth shapes in time, weights, or the binary face stream."""

from __future__ import annotations

import json
import struct
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from avatars.blocks.room import each_in_room
from avatars.face import CHANNELS, Animator, FaceEncoder, FaceTrack
from avatars.face.speech import Speech

MOST_FPS = 120
# Whole frames at any rate, and no more of them than one payload holds.
SEGMENT_MS = 2_000
_LONG_AGO_MS = -10_000  # an emotion that began then has faded in
# docs/protocol.md, "Media": version, kind, flags, turn, pts, seq.
_HEADER = struct.Struct("<BBHIII")
_VERSION, _FACE, _KEY, _LAST = 1, 3, 1, 2
_DECIMALS = 3  # of a weight or a degree


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How the face speaks: frames a second (1–120), an emotion with its intensity (0–1), and the seed of what it does idly."""

    fps: int = 30
    emotion: str = "neutral"
    intensity: float = 0.7
    seed: int = 0


def tracks(clauses: Iterable[Speech], manner: Manner, *, end_ms: int = 0) -> Iterator[FaceTrack]:
    """The face for `clauses`, two seconds at a time, until the last has ended and at least until `end_ms`.

    A clause's end is drawn when the next one is there: lips get ready before they speak.
    """
    animator = Animator(manner.seed)
    animator.set_emotion(manner.emotion, manner.intensity, at_ms=_LONG_AGO_MS)
    at = 0
    for clause in clauses:
        animator.speak(clause, at_ms=clause.start_ms)
        while at + SEGMENT_MS <= clause.start_ms:
            yield animator.track(at, at + SEGMENT_MS, fps=manner.fps)
            at += SEGMENT_MS
        end_ms = max(end_ms, clause.start_ms + len(clause.pcm) * 1000 // clause.sample_rate)
    while at < end_ms:
        stop = min(at + SEGMENT_MS, end_ms)
        yield animator.track(at, stop, fps=manner.fps)
        at = stop


def weights_json(made: Iterator[FaceTrack], manner: Manner) -> Generator[bytes]:
    """{"fps", "channels", "frames": [[57 numbers], …], "frame_count"} as UTF-8, two seconds a piece."""
    before = json.dumps({"fps": manner.fps, "channels": CHANNELS})[:-1] + ', "frames": ['
    count = 0
    for track in each_in_room(made):  # nothing is sent before something is made: until then, errors are answers
        rows = np.round(track.table().astype(np.float64), _DECIMALS).tolist()
        yield (before + json.dumps(rows, separators=(",", ":"))[1:-1]).encode()
        before = ","
        count += len(rows)
    yield f'], "frame_count": {count}}}'.encode()


def face_stream(made: Iterator[FaceTrack], manner: Manner) -> Generator[bytes]:
    """Messages of docs/protocol.md (header and face payload), each after its length as u32; the last has the flag for it."""
    encoder = FaceEncoder(manner.fps)
    waiting: tuple[int, bytes] | None = None
    seq = 0
    for track in each_in_room(made):
        if waiting is not None:
            yield _message(*waiting, seq, _KEY)
            seq += 1
        waiting = track.start_ms, encoder.encode(track)
    if waiting is not None:
        yield _message(*waiting, seq, _KEY | _LAST)


def _message(pts_ms: int, payload: bytes, seq: int, flags: int) -> bytes:
    message = _HEADER.pack(_VERSION, _FACE, flags, 0, pts_ms, seq) + payload
    return struct.pack("<I", len(message)) + message


def whole(pieces: Generator[bytes], source: Generator[Speech]) -> Generator[bytes]:
    """`pieces`, with the `source` that they are made from closed at their end, whichever it is."""
    with closing(source), closing(pieces):
        yield from pieces
