"""What was found in a photo, why a face can't be used, and which one is meant. Needs no torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

RefusalCode = Literal["not_a_face", "cut_off", "too_small", "too_dark", "turned_too_far", "mouth_covered"]
LARGER = 1.6
"""A face this many times as wide as every other is the one that is meant."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a face can't become an avatar: a stable code, and what the person may do about it."""

    code: RefusalCode
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """How the head is held towards the camera, in degrees.

    `yaw` > 0: turned to the picture's right; `pitch` > 0: chin up; `roll` > 0: tilted clockwise.
    """

    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFace:
    """A face of a photo. Lengths in pixels of the photo; `box` is left, top, right, bottom.

    `landmarks`: (478, 3) float32, x to the right, y down, z away from the viewer, in MediaPipe's numbering.
    `score` (detector), `presence` (mesh), `brightness` (the face's lighter parts), `mouth_covered`: 0–1.
    """

    box: tuple[float, float, float, float]
    score: float
    landmarks: NDArray[np.float32]
    presence: float
    pose: Pose
    eye_distance: float
    brightness: float
    mouth_covered: float
    refusal: Refusal | None

    @property
    def width(self) -> float:
        return self.box[2] - self.box[0]


class PhotoRefused(Exception):
    """A photo that can't become an avatar: stable `code`, what to do (`hint`), and the boxes of what was found."""

    def __init__(self, code: str, detail: str, hint: str, faces: Sequence[FoundFace] = ()) -> None:
        super().__init__(detail)
        self.code, self.detail, self.hint = code, detail, hint
        self.boxes = [face.box for face in faces]


class NoFace(PhotoRefused):
    """Nothing in the photo looks like a face."""

    def __init__(self) -> None:
        hint = "Take a photo from the front, upright, in good light, in which the face fills a third of the height or more."
        super().__init__("no_face", "No face was found in the photo.", hint)


class SeveralFaces(PhotoRefused):
    """More than one face could be meant; `boxes` are in the order in which they are numbered, from 1."""

    def __init__(self, faces: Sequence[FoundFace]) -> None:
        hint = "Choose a face by its number, or crop the photo to one person."
        super().__init__("several_faces", f"The photo shows {len(faces)} faces.", hint, faces)


class NoSuchFace(PhotoRefused):
    """The number chosen is not one of those found."""

    def __init__(self, number: int, faces: Sequence[FoundFace]) -> None:
        hint = f"Choose a number from 1 to {len(faces)}."
        super().__init__("no_such_face", f"There is no face {number} in the photo.", hint, faces)


class FaceRefused(PhotoRefused):
    """The face that is meant can't be used; `code` is that of its refusal."""

    def __init__(self, face: FoundFace, refusal: Refusal) -> None:
        super().__init__(refusal.code, _DETAILS[refusal.code], refusal.hint, [face])


_DETAILS: dict[RefusalCode, str] = {
    "not_a_face": "What was found is hardly a face seen from the front.",
    "cut_off": "The edge of the photo cuts the face off.",
    "too_small": "The face is too small.",
    "too_dark": "The face is too dark.",
    "turned_too_far": "The face is turned too far away from the camera.",
    "mouth_covered": "The mouth is covered.",
}


def choose(faces: Sequence[FoundFace], number: int | None = None) -> FoundFace:
    """The face that is meant: face `number` (from 1, in the order given), the only one, or one far larger than all others.

    What is hardly a face counts only when there is nothing else. Raises NoFace, SeveralFaces, NoSuchFace or FaceRefused.
    """
    if not faces:
        raise NoFace
    meant = _numbered(faces, number) if number is not None else _largest(faces)
    if meant.refusal is not None:
        raise FaceRefused(meant, meant.refusal)
    return meant


def _numbered(faces: Sequence[FoundFace], number: int) -> FoundFace:
    if not 1 <= number <= len(faces):
        raise NoSuchFace(number, faces)
    return faces[number - 1]


def _largest(faces: Sequence[FoundFace]) -> FoundFace:
    sure = [face for face in faces if face.refusal is None or face.refusal.code != "not_a_face"] or list(faces)
    first, *others = sorted(sure, key=lambda face: -face.width)
    if any(face.width * LARGER > first.width for face in others):
        raise SeveralFaces(faces)
    return first
