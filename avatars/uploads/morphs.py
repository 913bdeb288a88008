"""What the morph targets of heads are called, and which of the 52 ARKit weights they stand for.

ARKit: ARFaceAnchor.BlendShapeLocation. Oculus: OVR LipSync's 15 visemes. VRM: the expression presets of VRM 0 and 1, and
the names that VRoid Studio gives. A target for both sides takes the left weight: the two sides of our faces move together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from avatars.face.channels import ARKIT

_ALIASES: Mapping[str, tuple[str, ...]] = {
    # Oculus
    "jawOpen": ("viseme_aa", "aa", "a", "mouthopen", "fcl_mth_a", "vrc.v_aa", "v_aa"),
    "mouthFunnel": ("viseme_o", "oh", "o", "fcl_mth_o", "vrc.v_oh", "v_oh", "viseme_ch"),
    "mouthPucker": ("viseme_u", "ou", "u", "fcl_mth_u", "vrc.v_ou", "v_ou"),
    "mouthClose": ("viseme_pp", "fcl_mth_close", "vrc.v_pp", "v_pp"),
    "mouthRollLower": ("viseme_ff", "vrc.v_ff", "v_ff"),
    "mouthStretchLeft": ("viseme_i", "ih", "i", "fcl_mth_i", "vrc.v_ih", "v_ih"),
    "mouthUpperUpLeft": ("viseme_e", "ee", "e", "fcl_mth_e", "vrc.v_e", "v_e"),
    "tongueOut": ("viseme_th", "vrc.v_th", "v_th"),
    # VRM and VRoid
    "eyeBlinkLeft": ("blink_l", "blinkleft", "fcl_eye_close_l", "blink", "eyesclosed", "fcl_eye_close"),
    "eyeBlinkRight": ("blink_r", "blinkright", "fcl_eye_close_r"),
    "mouthSmileLeft": ("joy", "happy", "mouthsmile", "fcl_mth_joy", "fcl_all_joy", "fun", "relaxed"),
    "mouthFrownLeft": ("sorrow", "sad", "mouthfrown", "fcl_mth_sorrow", "fcl_all_sorrow"),
    "browDownLeft": ("angry", "fcl_brw_angry", "fcl_all_angry"),
    "browInnerUp": ("surprised", "fcl_brw_surprised", "fcl_all_surprised"),
    "eyeWideLeft": ("fcl_eye_surprised", "eyeswide"),
    "eyeLookUpLeft": ("lookup",),
    "eyeLookDownLeft": ("lookdown",),
    "eyeLookOutLeft": ("lookleft",),
    "eyeLookOutRight": ("lookright",),
}
_ARKIT = {name.lower(): name for name in ARKIT}
_RANK = {alias: (weight, rank) for weight, aliases in _ALIASES.items() for rank, alias in enumerate(aliases)}
_SIDES = (("_left", "left"), ("_right", "right"), ("_l", "left"), ("_r", "right"), (".l", "left"), (".r", "right"))
MOUTH = ("jawOpen", "mouthFunnel", "mouthPucker", "mouthClose", "mouthLowerDownLeft")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """The new name of each target in their order (its own where nobody knows it), and for people what became of which."""

    names: tuple[str, ...]
    known: Mapping[str, str]  # ARKit name → the name that the target had


def mapped(names: Sequence[str]) -> Mapped:
    """Rename targets to ARKit's names. Exact ones win over aliases, an alias over a later one of the same weight."""
    best: dict[str, tuple[int, int]] = {}
    for at, name in enumerate(names):
        found = weight_of(name)
        if found and (found[0] not in best or (found[1], at) < best[found[0]]):
            best[found[0]] = (found[1], at)
    renamed = list(names)
    for weight, (_, at) in best.items():
        renamed[at] = weight
    taken = {at for _, at in best.values()}
    unique = [name if at in taken or name not in best else f"{name}_{at}" for at, name in enumerate(renamed)]
    return Mapped(names=tuple(unique), known={weight: names[at] for weight, (_, at) in best.items()})


def report_of(known: Mapping[str, str]) -> dict[str, Any]:
    """What was mapped and what is missing, by ARKit's names."""
    return {
        "mapped": {weight: known[weight] for weight in ARKIT if weight in known},
        "missing": [weight for weight in ARKIT if weight not in known],
    }


def weight_of(name: str) -> tuple[str, int] | None:
    """The weight that a name stands for and how good a match it is, 0 the best; None for one that nobody knows."""
    plain = re.sub(r"^.*[:/|]", "", name.strip()).lower()
    for text in (plain, _with_side(plain), _last_word(plain)):
        if text in _ARKIT:
            return _ARKIT[text], 0
    for text in (plain, _last_word(plain)):
        if text in _RANK:
            weight, rank = _RANK[text]
            return weight, rank + 1
    return None


def _with_side(plain: str) -> str:
    """eyeBlink_L, eyeblink.l, eyeblink_left → eyeblinkleft."""
    for ending, side in _SIDES:
        if plain.endswith(ending):
            return plain.removesuffix(ending).replace("_", "") + side
    return plain.replace("_", "")


def _last_word(plain: str) -> str:
    """Exporters put the mesh's name in front: head.jawopen, face_blendshape.jawopen."""
    return plain.rpartition(".")[2]
