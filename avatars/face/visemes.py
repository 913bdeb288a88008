"""The 15 Oculus visemes: which one a sound belongs to, and how each looks on a head. For clients that take visemes."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import numpy as np

from avatars.face.channels import ARKIT
from avatars.face.passage import Articulation
from avatars.face.phones import IS_CLOSED, IS_TEETH, TARGET, sounds, viseme
from avatars.face.rig import DEFAULT_RIG, Mouth, Rig

__all__ = ["VISEMES", "viseme", "viseme_weights"]

_SOUND_OF: Final[Mapping[str, str]] = {
    "sil": "", "PP": "p", "FF": "f", "TH": "θ", "DD": "t", "kk": "k", "CH": "ʃ", "SS": "s",
    "nn": "n", "RR": "ɹ", "aa": "ɑ", "E": "ɛ", "ih": "i", "oh": "ɔ", "ou": "u",
}  # fmt: skip
VISEMES: Final[tuple[str, ...]] = tuple(_SOUND_OF)
"""In the order of the Oculus and OpenXR tables."""


def viseme_weights(name: str, rig: Rig = DEFAULT_RIG) -> Mapping[str, float]:
    """The ARKit weights above zero of a viseme held alone, by name. KeyError for an unknown viseme."""
    return _weights(_SOUND_OF[name], tuple(sorted(rig.gap.items())), rig.jaw)


@lru_cache(maxsize=256)
def _weights(ipa: str, gap: tuple[tuple[str, float], ...], jaw: float) -> Mapping[str, float]:
    parts = sounds(ipa)
    shape = TARGET[parts[0].phone][:, None] if parts else np.zeros((TARGET.shape[1], 1))
    held = np.ones(1) if parts else np.zeros(1)
    mouth = Articulation(
        shape=shape,
        closed=held * bool(parts and IS_CLOSED[parts[0].phone]),
        teeth=held * bool(parts and IS_TEETH[parts[0].phone]),
        active=held,
        swell=np.zeros(1),
    )
    weights = Mouth(Rig(gap=dict(gap), jaw=jaw)).weights(mouth, np.zeros((len(ARKIT), 1)))[:, 0]
    return {name: round(float(value), 4) for name, value in zip(ARKIT, weights, strict=True) if value > 1e-4}
