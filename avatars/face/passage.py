"""One stretch of speech on the session's clock: clauses that follow each other closely, given one after the other.

A clause may come late, when the frames before it were already given out. It never changes what was given: all that it
brings fades in from the moment it became known. A stop fades everything out.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from avatars.face.channels import Floats
from avatars.face.closures import Envelope, envelopes
from avatars.face.dominance import IDLE_PULL, REACH_S, Pulls, Singles, joined, loudness, pull, pulls, rates
from avatars.face.noise import cubic, quintic
from avatars.face.phones import ARTICULATORS
from avatars.face.prosody import Prosody, prosody
from avatars.face.speech import LEVELS_HZ, Speech, after_pause, levels, timeline

FADE_IN_S: Final = 0.12
FADE_OUT_S: Final = 0.16
_SHUT_FADE_S: Final = 0.05  # closures come in faster: the resting mouth is nearly shut anyway
_BLOCK: Final = 48  # frames at a time: bounds the sounds that are looked at
_NEAR_S: Final = 1.5  # events further away have no effect
_ACTIVE_BEFORE_S, _ACTIVE_AFTER_S = 0.22, 0.40
_QUIET: Final = 0.62  # loudness of average speech on the scale of _swell


@dataclass(frozen=True, slots=True, kw_only=True)
class Articulation:
    """What the mouth does at T moments."""

    shape: Floats  # (7, T) articulators, 0–1
    closed: Floats  # (T,) 0–1, lips shut
    teeth: Floats  # (T,) 0–1, lower lip to the upper teeth
    active: Floats  # (T,) 0–1, speaking
    swell: Floats  # (T,) about -0.3…0.2, loudness of the moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Gestures:
    """What head and brows do with the words at T moments; (T,) each, about 0–1 but for `tilt` (-1…1)."""

    accent_nod: Floats
    accent_brow: Floats
    tilt: Floats
    end_nod: Floats
    question: Floats


@dataclass(slots=True)
class _Clause:
    first: int  # columns of the pulls
    stop: int
    known: float
    tail: Singles  # (7, 2): the aim of its last column, until the next clause replaces it


def _table(rows: int) -> Floats:
    return np.zeros((rows, 0))


class Passage:
    """Clauses from `origin` (seconds on the session's clock) on. Event tables have the moment they became known last."""

    def __init__(self, origin: float) -> None:
        self.origin = origin
        self.end = origin
        self.cut = np.inf
        self._pulls: Pulls | None = None
        self._clauses: list[_Clause] = []
        self._closed, self._teeth = _table(5), _table(5)  # start, end, rise, fall, known
        self._runs = _table(3)  # from, to, known
        self._accents, self._ends, self._questions = _table(4), _table(3), _table(2)  # time, strength, side, known
        self._swell = np.zeros(0)

    def add(self, speech: Speech, *, at: float, known: float) -> None:
        """Put a clause whose audio starts at `at` ≥ `end`; `known`: what lies before was given out already."""
        sounds, loud = timeline(speech), levels(speech)
        if self._clauses:
            sounds = after_pause(sounds, at - self.end)
        offset, gain, rate = at - self.origin, loudness(sounds, loud), rates(sounds)
        self._add_pulls(pulls(sounds, gain, rate, origin=offset), known)
        self._add_envelopes(envelopes(sounds, loud, rate), at, known)
        self._add_prosody(prosody(sounds, gain, speech.text), at, known)
        self._add_swell(_swell(loud.full), offset)
        self.end = at + sounds.duration

    def gate(self, t: Floats) -> Floats:
        """1, falling to 0 after a stop, (T,)."""
        return 1.0 - quintic((t - self.cut) / FADE_OUT_S) if np.isfinite(self.cut) else np.ones(len(t))

    def articulation(self, t: Floats) -> Articulation:
        """The mouth at rising times t (T,)."""
        x, gate = t - self.origin, self.gate(t)
        shape = np.concatenate([self._shape(x[b : b + _BLOCK]) for b in range(0, len(x), _BLOCK)], axis=1)
        active = self.activity(t)
        return Articulation(
            shape=shape * gate,
            closed=_lobes(self._closed, t, _SHUT_FADE_S) * gate,
            teeth=_lobes(self._teeth, t, _SHUT_FADE_S) * gate,
            active=active * gate,
            swell=self._swell_at(x) * active,
        )

    def activity(self, t: Floats) -> Floats:
        """0–1, speaking, without regard to a stop, (T,)."""
        start, end, known = self._runs
        flanks = np.stack([start, end, np.full(len(start), _ACTIVE_BEFORE_S), np.full(len(start), _ACTIVE_AFTER_S), known])
        return _lobes(flanks, t, FADE_IN_S)

    def gestures(self, t: Floats) -> Gestures:
        """Head and brows at rising times t (T,)."""
        gate = self.gate(t)
        d, size, side = self._near(self._accents, t)
        nod = (size * (0.55 * _bell(d + 0.13, 0.13) - 1.5 * _bell(d - 0.07, 0.15))).sum(axis=1)
        lift = (size * _bell(d - 0.04, np.where(d < 0.04, 0.13, 0.22))).max(axis=1, initial=0.0)
        tilt = (size * side * _bell(d - 0.15, 0.32)).sum(axis=1)
        d, size, _ = self._near(self._ends, t)
        end = (size * _bell(d - 0.02, 0.26)).sum(axis=1)
        d, size, _ = self._near(self._questions, t)
        ask = (size * _bell(d + 0.18, np.where(d < -0.18, 0.30, 0.55))).sum(axis=1)
        return Gestures(accent_nod=nod * gate, accent_brow=lift * gate, tilt=tilt * gate, end_nod=end * gate, question=ask * gate)

    def phrase_ends(self) -> tuple[Floats, Floats]:
        """Times of phrase ends and questions, and when they became known, (n,) each."""
        times = np.concatenate([self._ends[0], self._questions[0]])
        return times, np.concatenate([self._ends[-1], self._questions[-1]])

    def _add_pulls(self, new: Pulls, known: float) -> None:
        before = self._pulls
        count = new.aim.shape[1]
        if before is None:
            self._pulls, first = new, 0
        else:
            first = before.aim.shape[1]
            before.aim[:, -1] = 0.0  # the clause before is not followed by rest any more
            new.aim[:, 0] = 0.0
            self._pulls = joined(before, new)
        self._clauses.append(_Clause(first, first + count, known - self.origin, new.aim[:, -1].copy()))

    def _add_envelopes(self, found: list[Envelope], at: float, known: float) -> None:
        for teeth in (False, True):
            rows = [(at + e.start, at + e.end, e.rise, e.fall, known) for e in found if e.teeth is teeth]
            table = np.array(rows).reshape(-1, 5).T
            if teeth:
                self._teeth = np.concatenate([self._teeth, table], axis=1)
            else:
                self._closed = np.concatenate([self._closed, table], axis=1)

    def _add_prosody(self, found: Prosody, at: float, known: float) -> None:
        def known_row(n: int) -> Floats:
            return np.full((1, n), known)

        n = len(found.accents)
        side = np.where((np.arange(n) + self._accents.shape[1]) % 3 == 1, -1.0, 1.0)[None]
        shift = np.array([[at], [0.0]])
        self._accents = np.hstack([self._accents, np.vstack([found.accents.T + shift, side, known_row(n)])])
        self._ends = np.hstack([self._ends, np.vstack([found.ends.T + shift, known_row(len(found.ends))])])
        asked = (found.questions + at)[None]
        self._questions = np.hstack([self._questions, np.vstack([asked, known_row(asked.shape[1])])])
        self._runs = np.hstack([self._runs, np.vstack([found.runs.T + at, known_row(len(found.runs))])])

    def _add_swell(self, swell: Floats, offset: float) -> None:
        gap = max(0, round(offset * LEVELS_HZ) - len(self._swell))
        self._swell = np.concatenate([self._swell, np.zeros(gap), swell])

    def _swell_at(self, x: Floats) -> Floats:
        return np.interp(x * LEVELS_HZ - 0.5, np.arange(len(self._swell)), self._swell, left=0.0, right=0.0)

    def _shape(self, x: Floats) -> Floats:
        """Articulators (7, T) at times from the origin on."""
        p = self._pulls
        if p is None:
            return np.zeros((len(ARTICULATORS), len(x)))
        near = slice(int(np.searchsorted(p.end, x[0] - REACH_S)), int(np.searchsorted(p.start, x[-1] + REACH_S)))
        if near.stop <= near.start:
            return np.zeros((len(ARTICULATORS), len(x)))
        strength = pull(p, near, x)
        late = [c for c in self._clauses if c.stop > near.start and c.first < near.stop and x[0] < c.known + FADE_IN_S]
        if not late:
            return _mean(np.matmul(strength, p.aim[:, near]))
        return self._growing(strength, p, near, x)

    def _growing(self, strength: Singles, p: Pulls, near: slice, x: Floats) -> Floats:
        """The same when clauses become known on the way: each time the old answer fades into the new one."""
        total = np.zeros((*strength.shape[:2], 2), np.float32)
        shape = np.zeros(strength.shape[:2])
        for clause in self._clauses:
            a, b = max(clause.first, near.start), min(clause.stop, near.stop)
            if b <= a:
                continue
            here = strength[:, :, a - near.start : b - near.start]
            total = total + np.matmul(here, p.aim[:, a:b])
            with_rest = total
            if b == clause.stop and clause is not self._clauses[-1]:
                with_rest = total + here[:, :, -1:] * clause.tail[:, None, :]
            after = quintic((x - clause.known) / FADE_IN_S)
            shape = shape + (_mean(with_rest) - shape) * after
        return shape

    def _near(self, events: Floats, t: Floats) -> tuple[Floats, Floats, Floats]:
        """Distances in time (T, n) of the events that matter, their strengths faded in (T, n), and their sides (n,)."""
        near = events[:, (events[0] > t[0] - _NEAR_S) & (events[0] < t[-1] + _NEAR_S)]
        size = quintic((t[:, None] - near[-1]) / FADE_IN_S)
        if len(near) > 2:
            size = size * near[1]
        return t[:, None] - near[0], size, near[2] if len(near) > 3 else np.ones(near.shape[1])


def _mean(total: Singles) -> Floats:
    """(7, T) of the sums (7, T, 2); rest holds on weakly."""
    return total[:, :, 0].astype(np.float64) / (total[:, :, 1] + IDLE_PULL)


def _bell(d: Floats, width: Floats | float) -> Floats:
    return np.exp(-((d / width) ** 2))


def _lobes(table: Floats, t: Floats, fade: float) -> Floats:
    """Smooth union (T,) of envelopes in a table (5, n) of start, end, rise, fall, known."""
    near = table[:, (table[1] > t[0] - 1.0) & (table[0] < t[-1] + 1.0)]
    if not near.shape[1]:
        return np.zeros(len(t))
    start, end, rise, fall, known = near
    x = t[:, None]
    lobe = cubic((x - start + rise) / rise) * cubic((end + fall - x) / fall)
    if (known + fade > t[0]).any():
        lobe = lobe * quintic((x - known) / fade)
    union: Floats = 1.0 - (1.0 - lobe).prod(axis=1)
    return union


def _swell(full: Floats) -> Floats:
    """Loudness of the moment, smoothed over some 80 ms, as a part of average; tapered to 0 at both ends."""
    loud = np.minimum(np.maximum((full + 32.0) / 32.0, 0.0), 1.0)
    kernel = np.exp(-0.5 * (np.arange(-9, 10) / 3.5) ** 2)
    smooth = np.convolve(np.pad(loud, 9, mode="edge"), kernel / kernel.sum(), "valid")
    taper = np.minimum(np.minimum(np.arange(len(full)), np.arange(len(full))[::-1]) / 5.0, 1.0)
    swell: Floats = (smooth - _QUIET) * 0.45 * taper
    return swell
