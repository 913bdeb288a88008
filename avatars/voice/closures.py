"""Places p and b on the sound: labels of stops scatter by tens of ms, and lips that close late are seen at once."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from avatars.voice.envelope import HOP_MS

if TYPE_CHECKING:
    from avatars.voice.labels import Label

_BILABIAL_STOPS = frozenset("pb")
_RISE_DB, _RISE_MS = 6.0, 20  # the release is the first rise of 6 dB within 20 ms
_DIP_DB = 10.0  # the closure lasts while the sound is within 10 dB of its lowest
_SHORTEST_MS, _LONGEST_MS = 46.0, 110.0
_BEFORE_MS, _AFTER_MS, _LOOK_MS = 60.0, 10.0, 50.0
_KEEP_MS = 12.0  # what a neighbouring phone keeps at least


def place_closures(pieces: Sequence["Label"], loudness: NDArray[np.float32]) -> list["Label"]:
    """The same labels with each p and b from closing to release, its neighbours moved to match."""
    out = list(pieces)
    for at, piece in enumerate(out):
        if piece.ipa in _BILABIAL_STOPS:
            _move(out, at, *closure(out[at].start, out[at].end, loudness))
    return out


def closure(start: float, end: float, loudness: NDArray[np.float32]) -> tuple[float, float]:
    """(closing, release) in ms near a label; the label itself when the sound shows no dip there."""
    first, last = max(0, int((start - _BEFORE_MS) / HOP_MS)), int((end + _AFTER_MS) / HOP_MS)
    heard = loudness[first : int((end + _LOOK_MS + _RISE_MS) / HOP_MS)]
    if last - first < 4 or len(heard) < 8:
        return start, end
    lowest = int(heard[: last - first].argmin())
    step = _RISE_MS // HOP_MS
    rises = np.flatnonzero(heard[lowest + step :] - heard[lowest:-step] > _RISE_DB)
    if not len(rises):
        return start, end
    release = lowest + int(rises[0]) + step // 2
    loud_before = np.flatnonzero(heard[: lowest + 1] > heard[lowest] + _DIP_DB)
    dip = (release - (int(loud_before[-1]) if len(loud_before) else 0)) * HOP_MS
    length = min(max(float(dip), _SHORTEST_MS), _LONGEST_MS)
    opened = float((first + release) * HOP_MS)
    return opened - length, opened


def _move(pieces: list["Label"], at: int, closing: float, release: float) -> None:
    """Put the closure at (closing, release) as far as both neighbours keep some time."""
    before = pieces[at - 1] if at else None
    after = pieces[at + 1] if at + 1 < len(pieces) else None
    earliest = 0.0 if before is None else _keep(before, before.start)
    latest = release if after is None else after.end - (0.0 if after.silent else _KEEP_MS)
    start, end = max(closing, earliest), min(release, latest)
    if end - start < _KEEP_MS:
        return
    pieces[at] = replace(pieces[at], start=start, end=end)
    if before is not None:
        pieces[at - 1] = replace(before, end=start)
    if after is not None:
        pieces[at + 1] = replace(after, start=end)


def _keep(before: "Label", start: float) -> float:
    return start if before.silent else min(start + _KEEP_MS, before.end)
