"""From articulators to the 52 weights of a head, with lips that meet exactly when they must.

A head answers for the gap between its lips: millimetres at the middle of the mouth per unit of each weight. With this
linear model `mouthClose` is set so that a closure closes whatever jaw, smile or frown leave open, and rounded vowels,
f and v keep the slit they need.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from avatars.face.channels import ARKIT, INDEX, Floats, row
from avatars.face.data import table
from avatars.face.noise import cubic
from avatars.face.passage import Articulation
from avatars.face.phones import ARTICULATORS, FUNNEL, JAW, LOWER, ROUND, SPREAD, TONGUE, UPPER

_TABLE: Final = table("rig")
_MIXES: Final = (*ARTICULATORS, "close", "teeth_roll", "teeth_lift")
_MIX: Final = np.stack([row(_TABLE["mix"][name]) for name in _MIXES], axis=1)
"""(52, 10): weights per unit of each articulator, of the closure and of the lip-to-teeth contact."""
_MOUTH: Final = np.array([name.startswith(("mouth", "jaw")) for name in ARKIT])
_WIDE: Final = np.array([name.startswith(("mouthSmile", "mouthStretch", "mouthDimple", "mouthFrown")) for name in ARKIT])
_OPENERS: Final = row({"mouthLowerDown": 1, "mouthUpperUp": 1, "mouthFunnel": 1, "mouthShrugUpper": 1}) > 0
_CLOSE, _JAW_OPEN, _TONGUE_OUT = (INDEX[k] for k in ("mouthClose", "jawOpen", "tongueOut"))
_SMILE: Final = INDEX["mouthSmileLeft"]
_PRESS_MM: Final = 0.75  # a closure presses the lips this far beyond touching
_ROUND_SLIT_MM, _TEETH_SLIT_MM, _TEETH_MOST_MM = 2.2, 1.3, 2.0
_SLIT_SEEN_MM: Final = 0.5  # what is wanted less does not part lips that rest on each other
_TONGUE_SHOWN: Final = 0.34


@dataclass(frozen=True, slots=True, kw_only=True)
class Rig:
    """A head's answer to the weights; without arguments that of the stock heads.

    `gap`: lip gap in mm at the middle of the mouth per unit of each weight; a name without a side stands for each of its
    two sides. `jaw`: factor on how far the jaw opens. ValueError for an unknown weight, and unless jawOpen opens and
    mouthClose closes.
    """

    gap: Mapping[str, float] = field(default_factory=lambda: _TABLE["gap"])
    jaw: float = 1.0

    def __post_init__(self) -> None:
        unknown = [name for name in self.gap if name not in ARKIT and name + "Left" not in ARKIT]
        if unknown:
            raise ValueError(f"unknown weights in a gap model: {', '.join(unknown)}")
        if self.gap.get("jawOpen", 0.0) <= 0 or self.gap.get("mouthClose", 0.0) >= 0:
            raise ValueError("a gap model needs jawOpen > 0 and mouthClose < 0")


DEFAULT_RIG: Final = Rig()


class Mouth:
    """Applies a rig. Keeps what it derives from it."""

    def __init__(self, rig: Rig) -> None:
        self._gap = row(rig.gap)
        self._mix = _MIX.copy()
        self._mix[:, JAW] *= rig.jaw

    def gap(self, weights: Floats) -> Floats:
        """Predicted lip gap in mm, (T,), of weights (52, T)."""
        gap: Floats = self._gap @ weights
        return gap

    def weights(self, mouth: Articulation, expression: Floats) -> Floats:
        """The 52 weights (52, T) of an articulation and an expression (52, T), before eyes and lids."""
        contact = mouth.teeth * (1.0 - mouth.closed)
        obstructed = 1.0 - (1.0 - mouth.closed) * (1.0 - 0.85 * contact)
        pinch = mouth.closed * (1.0 - 0.6 * np.minimum(expression[_SMILE], 1.0))  # a smile thins the lips already
        drive = self._drive(mouth, contact, obstructed, pinch)
        rounding = np.minimum(np.maximum(drive[ROUND] + 0.6 * drive[FUNNEL], 0.0), 1.0)
        weights = self._mix @ drive
        weights[_TONGUE_OUT] += _tongue(drive[TONGUE], mouth.closed, contact)
        weights += _expression(expression, mouth, rounding, obstructed)
        self._solve(weights, mouth, contact, rounding, obstructed)
        return np.minimum(np.maximum(weights, 0.0, out=weights), 1.0, out=weights)

    def _drive(self, mouth: Articulation, contact: Floats, obstructed: Floats, pinch: Floats) -> Floats:
        """Articulators, closure and lip-to-teeth, (10, T): contacts take over what would pull the lips apart."""
        closed, free = mouth.closed, 1.0 - obstructed
        drive = np.concatenate([mouth.shape, pinch[None], mouth.teeth[None], contact[None]])
        drive[JAW] *= 1.0 - 0.45 * closed  # the jaw comes up for a closure, but not all the way
        drive[LOWER] *= free
        drive[UPPER] *= free
        drive[FUNNEL] *= 1.0 - 0.9 * obstructed
        drive[SPREAD] *= 1.0 - 0.4 * closed
        drive[ROUND] *= 1.0 - 0.25 * closed - 0.5 * contact
        return drive

    def _solve(self, weights: Floats, mouth: Articulation, contact: Floats, rounding: Floats, obstructed: Floats) -> None:
        """Open the slit that rounding and lip-to-teeth need, then close what is open where the lips must meet."""
        weights[_CLOSE] = 0.0
        gap = self.gap(weights)
        round_slit = _ROUND_SLIT_MM * cubic((rounding - 0.25) / 0.4) * (1.0 - obstructed) * mouth.active
        wanted = np.maximum(round_slit, _TEETH_SLIT_MM * contact)
        slit = np.minimum(np.maximum(wanted - gap, 0.0), 3.0) * cubic(wanted / _SLIT_SEEN_MM)
        weights[_JAW_OPEN] += slit / self._gap[_JAW_OPEN]
        gap += slit
        surplus = np.maximum(mouth.closed * np.maximum(gap + _PRESS_MM, 0.0), contact * np.maximum(gap - _TEETH_MOST_MM, 0.0))
        weights[_CLOSE] = surplus / -self._gap[_CLOSE]


def _tongue(tongue: Floats, closed: Floats, contact: Floats) -> Floats:
    """The tongue shows only for th, between open lips."""
    return _TONGUE_SHOWN * cubic((tongue - 0.25) / 0.8) * (1.0 - closed) * (1.0 - 0.8 * contact)


def _expression(expression: Floats, mouth: Articulation, rounding: Floats, obstructed: Floats) -> Floats:
    """The expression as far as speech leaves it room, (52, T)."""
    out = np.maximum(expression, 0.0)
    lips = out[_MOUTH] * (1.0 - 0.2 * mouth.active * (1.0 - mouth.closed))
    lips[_WIDE[_MOUTH]] *= 1.0 - 0.5 * rounding
    lips[_OPENERS[_MOUTH]] *= 1.0 - obstructed
    out[_MOUTH] = lips
    return out
