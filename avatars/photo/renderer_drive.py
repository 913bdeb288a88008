"""From the 57 channels to what moves one photo: fields, lids, eyes, jaw; and when its own open lips have to close."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatars.face.channels import ARKIT, INDEX, LOOK_DOWN, LOOK_SIDE, LOOK_UP, row
from avatars.face.data import table as face_table
from avatars.photo.rig_moves import Moves

Plane = NDArray[np.float32]
_SPREADING: Final = {"mouthSmile", "mouthStretch", "mouthDimple"}
_GAP: Final = row({name: mm for name, mm in face_table("rig")["gap"].items() if name not in _SPREADING})
"""Millimetres between the lips per weight; what only widens the mouth says nothing about closing it."""
_SPEAKING: Final = row(
    {"jawOpen": 7, "mouthLowerDown": 1.6, "mouthUpperUp": 1.6, "mouthFunnel": 3, "mouthPucker": 3, "mouthStretch": 1}
)
_MOUTH: Final = np.array([name.startswith(("mouth", "jaw")) for name in ARKIT], float)
_LIDS: Final = {side: [i for i, n in enumerate(ARKIT) if n.startswith(("eyeLook", "eyeSquint", "eyeWide")) and n.endswith(side)]
                for side in ("Left", "Right")}  # fmt: skip
_BLINK: Final = {side: INDEX["eyeBlink" + side] for side in ("Left", "Right")}
_POSE: Final = slice(52, 55)
_MOST_TURN: Final = 12.0  # degrees; beyond, one photo has nothing to show
_SPOKEN_GAP: Final = 0.004  # of the eyes' distance is left of an open mouth's gap while it speaks
_PRESSED: Final = 1.3  # a little beyond touching; the upper lip hides the rest
_MOUTH_AWAKE: Final = 0.02  # weights that sum to this are drawn in full; the seam between the layers comes in softly
_IDLE_GAP: Final = (0.12, 0.20)  # a mouth as open as this in the photo is no way to wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Drive:
    """What each of T frames does to the photo.

    `fields`: (T, 53) weights of the movements, the last closes the lips; `turn`: (T, 3) degrees of yaw, pitch, roll;
    `lids`: (T, 2) 0–1 left and right; `look`: (T, 2, 2) sines of the left and right eye to the picture's right and down;
    `tongue`: (T,) 0–1; `sealed`: (T,) 0–1, lips pressed together; `rest`: (T,) 0–1, how much the mouth is as in the photo;
    `mouth`: (T,) 0–1, 0 where nothing of it moves.
    """

    fields: Plane
    turn: Plane
    lids: Plane
    look: Plane
    tongue: Plane
    sealed: Plane
    rest: Plane
    mouth: Plane

    def only(self, frames: NDArray[np.int64]) -> Drive:
        """Of those frames."""
        return Drive(**{field.name: getattr(self, field.name)[frames] for field in fields(self)})


def drive(table: Plane, moves: Moves) -> Drive:
    """What a face table (T, 57) does to a photo."""
    weights = np.clip(table[:, :52].astype(float), 0, 1)
    lids = np.stack([weights[:, _BLINK[side]] for side in ("Left", "Right")], 1)
    rest = np.clip(1 - (weights @ _MOUTH) / 0.12, 0, 1)
    closing = _closing(weights, moves)
    moved = weights.copy()
    for k, side in enumerate(("Left", "Right")):  # a closed lid follows nothing else
        moved[:, _LIDS[side]] *= 1 - lids[:, k : k + 1]
    return Drive(
        fields=np.concatenate([moved, closing[:, None]], 1).astype(np.float32),
        turn=np.clip(table[:, _POSE], -_MOST_TURN, _MOST_TURN).astype(np.float32),
        lids=lids.astype(np.float32),
        look=_look(weights).astype(np.float32),
        tongue=np.clip(weights[:, INDEX["tongueOut"]] * 1.6, 0, 1).astype(np.float32),
        sealed=np.clip((closing - 0.96) / (_PRESSED - 0.96), 0, 1).astype(np.float32),
        rest=(rest * np.clip(1 - closing, 0, 1)).astype(np.float32),
        mouth=np.clip((weights @ _MOUTH) / _MOUTH_AWAKE, 0, 1).astype(np.float32),
    )


def _closing(weights: NDArray[np.float64], moves: Moves) -> NDArray[np.float64]:
    """How far the photo's own open lips are brought together, (T,) 0–1.3: wholly when the face presses them, mostly in speech."""
    pressed = _PRESSED * np.clip((-(weights @ _GAP) - 0.05) / 0.5, 0, 1)
    spoken = np.clip(weights @ _SPEAKING, 0, 1) * np.clip(1 - _SPOKEN_GAP / max(moves.openness, 1e-6), 0, 0.96)
    low, high = _IDLE_GAP
    idle = np.clip((weights @ _MOUTH) / 0.12, 0, 1) * np.clip((moves.openness - low) / (high - low), 0, 1)
    closing: NDArray[np.float64] = np.maximum(np.maximum(pressed, spoken), idle)
    return closing


def _look(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sines (T, 2, 2) of both eyes' angles to the picture's right and down. The person's left is the picture's right."""
    eyes = []
    for side, outwards in (("Left", 1.0), ("Right", -1.0)):
        value = {name: weights[:, INDEX[f"eyeLook{name}{side}"]] for name in ("In", "Out", "Up", "Down")}
        aside = (value["Out"] - value["In"]) * outwards * LOOK_SIDE
        eyes.append(np.stack([aside, value["Down"] * LOOK_DOWN - value["Up"] * LOOK_UP], 1))
    return np.sin(np.radians(np.stack(eyes, 1)))
