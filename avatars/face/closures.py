"""When the lips shut (p b m) and when the lower lip meets the teeth (f v): envelopes that coarticulation can't blur.

p and b are labelled from closing to release. m, f and v are labelled to some 30 ms only, so they are moved onto the
sound: m mutes the high band, f and v the low one.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatars.face.channels import Floats
from avatars.face.phones import IS_CLOSED, IS_STOP, IS_TEETH, IS_VOWEL, SILENCE
from avatars.face.speech import LEVELS_HZ, Levels, Sounds

_SEARCH_S: Final = 0.05  # how far an edge may move from its label
_DIP_DB: Final = 5.0  # a shallower dip says nothing
_LEAD_S: Final = 0.006  # the lips part a little before the burst is heard
_SHORTEST_HOLD_S: Final = 0.046  # more than a frame at 30 fps
_OPEN_S: Final = 0.075  # what a vowel between two closures keeps, at least
_WAIT_S: Final = 0.018  # what a hold gives up for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """1 from `start` to `end`, smooth flanks outside; seconds. It belongs to the clause's sounds `first` to `last`."""

    first: int
    last: int
    teeth: bool
    start: float
    end: float
    rise: float
    fall: float


def envelopes(sounds: Sounds, loud: Levels, rate: Floats) -> list[Envelope]:
    """Closures and lip-to-teeth contacts of a clause in order. `rate`: (P,), 1 at calm speed, less when fast."""
    shut = IS_CLOSED[sounds.phone] | IS_TEETH[sounds.phone]
    if not shut.any():
        return []
    bands = loud.high.tolist(), loud.low.tolist()
    found = [_place(i, sounds, bands) for i in np.flatnonzero(shut).tolist()]
    found = _join(found)
    found = _leave_vowels_open(found, IS_VOWEL[sounds.phone])
    return [_flanks(found, n, sounds, rate) for n in range(len(found))]


def _place(i: int, sounds: Sounds, bands: tuple[list[float], list[float]]) -> Envelope:
    """The hold of sound i."""
    phone, start, end = sounds.phone[i], float(sounds.start[i]), float(sounds.end[i])
    teeth = bool(IS_TEETH[phone])
    if IS_STOP[phone]:
        length = min(end - start, 0.14)
        middle = end - length / 2 - _LEAD_S
    else:
        start, end = _dip(bands[1] if teeth else bands[0], start, end)
        middle, length = (start + end) / 2 - _LEAD_S, (0.6 if teeth else 0.8) * min(end - start, 0.14)
    half = max(length, _SHORTEST_HOLD_S * (0.8 if teeth else 1.0)) / 2
    return Envelope(first=i, last=i, teeth=teeth, start=middle - half, end=middle + half, rise=0.0, fall=0.0)


def _dip(band: list[float], start: float, end: float) -> tuple[float, float]:
    """The stretch near a label where a band is quiet; the label itself when the band has no clear dip there.

    A dip that is longer than the label holds a neighbour too ("l" is as dull as "m"): the label moves into it and no
    further.
    """
    first, last = int((start - _SEARCH_S) * LEVELS_HZ), int((end + _SEARCH_S) * LEVELS_HZ)
    near = band[max(first, 0) : last + 1]
    core = band[max(int(start * LEVELS_HZ), 0) : max(int(end * LEVELS_HZ), int(start * LEVELS_HZ) + 1)]
    if not core or max(near) - min(core) < _DIP_DB:
        return start, end
    low = min(core)
    limit = low + 0.4 * (max(near) - low)
    bottom = band.index(low, max(int(start * LEVELS_HZ), 0))
    left, right = bottom, bottom
    while left > max(first, 0) and band[left - 1] < limit:
        left -= 1
    while right < min(last, len(band) - 1) and band[right + 1] < limit:
        right += 1
    quiet_from, quiet_to, length = left / LEVELS_HZ, (right + 1) / LEVELS_HZ, end - start
    if quiet_to - quiet_from <= length:
        return quiet_from, quiet_to
    begin = min(max(start, quiet_from), quiet_to - length)
    return begin, begin + length


def _join(found: list[Envelope]) -> list[Envelope]:
    """Neighbouring closures without a sound between ("lamp post") are one."""
    joined: list[Envelope] = []
    for e in found:
        if joined and joined[-1].teeth == e.teeth and joined[-1].last == e.first - 1:
            joined[-1] = replace(joined[-1], last=e.last, end=max(e.end, joined[-1].end))
        else:
            joined.append(e)
    return joined


def _leave_vowels_open(found: list[Envelope], vowel: NDArray[np.bool_]) -> list[Envelope]:
    """Part two holds around a vowel until the mouth has time to open: shorten both, then move both."""
    out = list(found)
    for n in range(len(out) - 1):
        a, b = out[n], out[n + 1]
        lack = _OPEN_S - (b.start - a.end)
        if lack <= 0 or not vowel[a.last + 1 : b.first].any():
            continue
        cut_a, cut_b = (min(lack / 2, max(0.0, e.end - e.start - _SHORTEST_HOLD_S)) for e in (a, b))
        rest = min(lack - cut_a - cut_b, 2 * _WAIT_S) / 2
        out[n] = replace(a, start=a.start - rest, end=a.end - cut_a - rest)
        out[n + 1] = replace(b, start=b.start + cut_b + rest, end=b.end + rest)
    return out


def _flanks(found: list[Envelope], n: int, sounds: Sounds, rate: Floats) -> Envelope:
    """Flanks that reach to the middle of the neighbouring sounds at most, so that those are seen."""
    e = found[n]
    shortest, rise = (0.08, 0.095) if e.teeth else (0.045, 0.075)
    fall = 0.060 if IS_STOP[sounds.phone[e.last]] else rise
    rise, fall = rise * float(rate[e.first]), fall * float(rate[e.last])
    before, after = e.first - 1, e.last + 1
    if before >= 0 and sounds.phone[before] != SILENCE:
        rise = min(rise, max(shortest, e.start - _middle(sounds, before) + 0.01))
    if after < len(sounds.phone) and sounds.phone[after] != SILENCE:
        fall = min(fall, max(shortest, _middle(sounds, after) - e.end + 0.01))
    return replace(e, rise=rise, fall=fall)


def _middle(sounds: Sounds, i: int) -> float:
    return float(sounds.start[i] + sounds.end[i]) / 2
