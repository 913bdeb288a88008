"""Coarticulation: every sound pulls the articulators towards its shape, most around its own time.

Cohen & Massaro (1993): value = Σ dominance · target / Σ dominance. The dominance flank exp(-1.5 (√(1 + 2x²) - 1)) is
Gaussian near the hold and exponential far away: pure Gaussians cross over more steeply the further two sounds are apart.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatars.face.channels import Floats
from avatars.face.phones import (
    ARTICULATORS,
    DOMINANCE,
    FALL_S,
    FUNNEL,
    IS_VOWEL,
    JAW,
    LEAD_S,
    LOWER,
    RISE_S,
    ROUND,
    SPREAD,
    TARGET,
    UPPER,
)
from avatars.face.speech import LEVELS_HZ, Levels, Sounds

Singles = NDArray[np.float32]

REACH_S: Final = 0.7  # beyond this a sound's pull is below 1e-6
IDLE_PULL: Final = 0.02  # how weakly the rest position holds the articulators when nothing speaks
_TAIL: Final = np.float32(1.5)
_SHORT_PAUSE_S: Final = 0.22  # does not shut the mouth
_REST_BEFORE_S: Final = 0.10  # rest lets go this long before the first sound
_REST_AFTER_S: Final = 0.10  # and takes hold this long after the last
_REST_AIM: Final = np.array([0.0, 0.9])[:, None]
_BY_LOUDNESS: Final = [JAW, LOWER, UPPER, SPREAD]
_STRESS_GAIN: Final = np.array([0.90, 1.0, 1.08])


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulls:
    """P sounds as dominance curves of the 7 articulators; seconds from one origin. Arrays are (7, P) float32."""

    start: Floats  # (P,) the sounds' labels
    end: Floats
    aim: Singles  # (7, P, 2): dominance · target, dominance
    hold_start: Singles
    hold_end: Singles
    per_rise: Singles  # 1 / width
    per_fall: Singles


def rates(sounds: Sounds) -> Floats:
    """How slow the speech is around each sound, (P,): mean length of 7 sounds by 85 ms, within 0.76–1.2."""
    length = np.where(sounds.silent, 0.09, np.minimum(np.maximum(sounds.end - sounds.start, 0.03), 0.2))
    padded = np.concatenate([np.repeat(length[:1], 3), length, np.repeat(length[-1:], 3)])
    total = np.cumsum(np.concatenate([[0.0], padded]))
    slow: Floats = np.clip((total[7:] - total[:-7]) / 7 / 0.085, 0.76, 1.2)
    return slow


def loudness(sounds: Sounds, loud: Levels) -> Floats:
    """Opening by loudness, (P,): linear in dB around the clause's median vowel, within 0.72–1.22."""
    first = np.clip((sounds.start * LEVELS_HZ).astype(np.int64), 0, len(loud.full) - 1)
    peak = np.maximum.reduceat(loud.full, first)
    vowel = IS_VOWEL[sounds.phone]
    middle = float(np.median(peak[vowel])) if vowel.any() else -12.0
    gain: Floats = np.clip(1.0 + 0.03 * (peak - middle), 0.72, 1.22)
    return gain


def pulls(sounds: Sounds, gain: Floats, rate: Floats, *, origin: float) -> Pulls:
    """Dominance curves of a clause that lies `origin` seconds after the zero of the clock they are for.

    The first and the last column are added: the rest before and after the clause.
    """
    target, dominance = _targets(sounds, gain)
    length = sounds.end - sounds.start
    rounding = np.clip(target[[ROUND, FUNNEL]] / 0.5, 0.3, 1.2)
    lead = np.repeat(LEAD_S[:, None], len(length), axis=1)
    lead[[ROUND, FUNNEL]] *= rounding
    hold_start = sounds.start + 0.22 * length - lead
    hold_end = np.maximum(sounds.end - 0.30 * length - 0.6 * lead, hold_start + 0.01)
    _pauses(sounds, dominance, hold_start, hold_end)
    _bridge(sounds, target, dominance, hold_start, hold_end)
    single = np.float32
    spoken = np.flatnonzero(~sounds.silent)
    first, last = (float(sounds.start[spoken[0]]), float(sounds.end[spoken[-1]])) if len(spoken) else (0.0, 0.0)
    return Pulls(
        start=_ends(sounds.start, sounds.start[0], sounds.duration) + origin,
        end=_ends(sounds.end, sounds.start[0], sounds.duration) + origin,
        aim=_ends(np.stack([dominance * target, dominance]), _REST_AIM, _REST_AIM).transpose(1, 2, 0).astype(single),
        hold_start=(_ends(hold_start, -REACH_S, last + _REST_AFTER_S) + origin).astype(single),
        hold_end=(_ends(hold_end, first - _REST_BEFORE_S, sounds.duration + REACH_S) + origin).astype(single),
        per_rise=(1.0 / (RISE_S[:, None] * _ends(rate, 1.0, 1.0))).astype(single),
        per_fall=(1.0 / (FALL_S[:, None] * _ends(rate, 1.0, 1.0))).astype(single),
    )


def _ends(x: Floats, first: float | Floats, last: float | Floats) -> Floats:
    """x with one column before and one behind."""
    out = np.empty((*x.shape[:-1], x.shape[-1] + 2))
    out[..., 0], out[..., 1:-1], out[..., -1] = first, x, last
    return out


def joined(a: Pulls, b: Pulls) -> Pulls:
    """The sounds of a, then those of b."""
    two = {name: np.concatenate([getattr(a, name), getattr(b, name)], axis=-1) for name in _PER_SOUND}
    return Pulls(aim=np.concatenate([a.aim, b.aim], axis=1), **two)


_PER_SOUND: Final = ("start", "end", "hold_start", "hold_end", "per_rise", "per_fall")


def pull(p: Pulls, sounds: slice, t: Floats) -> Singles:
    """Undirected dominance of some sounds at times t, (7, T, P'), before their strength (`aim`) is applied."""
    x = t.astype(np.float32)[None, :, None]
    d = np.maximum(p.hold_start[:, None, sounds] - x, 0) * p.per_rise[:, None, sounds]
    d += np.maximum(x - p.hold_end[:, None, sounds], 0) * p.per_fall[:, None, sounds]
    d *= d
    d *= 2
    d += 1
    np.sqrt(d, out=d)
    d -= 1
    d *= -_TAIL
    strength: Singles = np.exp(d, out=d)
    return strength


def _targets(sounds: Sounds, gain: Floats) -> tuple[Floats, Floats]:
    """Targets scaled by stress, loudness and length (short vowels undershoot), and dominances: (7, P) each."""
    target, dominance = TARGET[sounds.phone].T.copy(), DOMINANCE[sounds.phone].T.copy()
    vowel = IS_VOWEL[sounds.phone]
    undershoot = np.clip(0.74 + 0.26 * (sounds.end - sounds.start - 0.04) / 0.07, 0.74, 1.0)
    target[_BY_LOUDNESS] *= np.where(vowel, undershoot * gain * _STRESS_GAIN[sounds.stress], 1.0)
    return target, dominance


def _pauses(sounds: Sounds, dominance: Floats, hold_start: Floats, hold_end: Floats) -> None:
    """Pauses: short ones barely pull to rest, long ones do so well after the last sound and let go before the next."""
    silent = sounds.silent
    start, end = sounds.start[silent], sounds.end[silent]
    length = end - start
    dominance[:, silent] *= np.where(length < _SHORT_PAUSE_S, 0.3, 1.0)
    hold_start[:, silent] = start + np.minimum(0.10, 0.4 * length)
    hold_end[:, silent] = np.maximum(hold_start[:, silent], end - np.minimum(0.14, 0.45 * length))


def _bridge(sounds: Sounds, target: Floats, dominance: Floats, hold_start: Floats, hold_end: Floats) -> None:
    """Equal strong lip shapes in a row are one long shape: no dip between them."""
    for k in range(len(ARTICULATORS)):
        strong = np.flatnonzero((dominance[k] > 1.2) & (target[k] > 0.3))
        if len(strong) < 2:
            continue
        a, b = strong[:-1], strong[1:]
        same = (np.abs(target[k, a] - target[k, b]) < 0.2) & (sounds.start[b] - sounds.end[a] < 0.06)
        hold_end[k, a[same]] = np.maximum(hold_end[k, a[same]], hold_start[k, b[same]] - 0.01)
