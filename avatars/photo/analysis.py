"""Looks at a photo: its faces with 478 landmarks, why one can't be used, and a picture of what was found."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from avatars.photo import analysis_mouth
from avatars.photo.analysis_faces import (
    FaceRefused,
    FoundFace,
    NoFace,
    NoSuchFace,
    PhotoRefused,
    Pose,
    Refusal,
    SeveralFaces,
    choose,
)
from avatars.photo.detector import Detection, detect
from avatars.photo.landmarks import OUTER_EYES, Mesh, mesh
from avatars.photo.segmentation import segment

__all__ = [
    "FaceRefused",
    "FoundFace",
    "NoFace",
    "NoSuchFace",
    "PhotoRefused",
    "Pose",
    "Refusal",
    "SeveralFaces",
    "analyse",
    "annotated",
    "choose",
    "segment",
]

Photo = NDArray[np.uint8]
EYE_DISTANCE, BRIGHTNESS, PRESENCE, COVERED, OUTSIDE = 50.0, 0.25, 0.5, 0.5, 0.04
YAW, PITCH, ROLL = 22.0, 30.0, 35.0
"""The turns up to which a face can be moved well; of drawn heads they are measured within 6° up to 30° to either side."""


def analyse(photo: Photo) -> list[FoundFace]:
    """The faces of an upright photo (H, W, 3), largest first; an empty list when there is none.

    A dark photo in which nothing is seen is brightened and looked at once more, so that it can be refused for what it is.
    """
    found = detect(photo)
    if found:
        return [_measured(photo, photo, face) for face in found]
    bright = _brightened(photo)
    return [_measured(photo, bright, face) for face in detect(bright)] if bright is not photo else []


def _measured(photo: Photo, seen: Photo, detection: Detection) -> FoundFace:
    """Everything about one face; `seen` is the photo as the networks get it."""
    face = mesh(seen, detection)
    left, right = face.points[list(OUTER_EYES), :2]
    distance = float(np.linalg.norm(right - left))
    pose, brightness = pose_of(face.points), _brightness(photo, face.points)
    mouth = analysis_mouth.covered(seen, face.points)
    return FoundFace(
        box=detection.box,
        score=detection.score,
        landmarks=face.points,
        presence=face.presence,
        pose=pose,
        eye_distance=distance,
        brightness=brightness,
        mouth_covered=mouth,
        refusal=_framed(photo, face) or _refusal(eyes=distance, brightness=brightness, pose=pose, mouth=mouth),
    )


def _framed(photo: Photo, face: Mesh) -> Refusal | None:
    """Why there is no whole face to measure."""
    if face.presence < PRESENCE:
        return Refusal("not_a_face", "Use a photo of one person who looks into the camera with the whole face in view.")
    edge = np.array([photo.shape[1], photo.shape[0]])
    outside = ((face.points[:, :2] < 0) | (face.points[:, :2] > edge)).any(1)
    if outside.mean() > OUTSIDE:
        return Refusal("cut_off", "Use a photo with some room around the whole head.")
    return None


def _refusal(*, eyes: float, brightness: float, pose: Pose, mouth: float) -> Refusal | None:
    """The first reason not to use a face, those that spoil the other measurements before these."""
    if eyes < EYE_DISTANCE:
        factor = math.ceil(EYE_DISTANCE / max(eyes, 1) * 10) / 10
        return Refusal("too_small", f"Come closer or use a photo at least {factor} times as large.")
    if brightness < BRIGHTNESS:
        return Refusal("too_dark", "Take the photo in daylight or facing a lamp, without a window behind.")
    if abs(pose.yaw) > YAW or abs(pose.pitch) > PITCH or abs(pose.roll) > ROLL:
        return Refusal("turned_too_far", "Look straight into the camera and hold it upright, at the height of the eyes.")
    if mouth > COVERED:
        return Refusal("mouth_covered", "Take away what is in front of the mouth: mask, hand, cup or microphone.")
    return None


def pose_of(points: NDArray[np.float32]) -> Pose:
    """The pose of landmarks (478, 3): from lines that are level, and one that is upright, on a face seen from the front."""
    across = np.mean([points[right] - points[left] for left, right in ((33, 263), (234, 454), (61, 291))], 0)
    down = points[152] - points[10]
    return Pose(
        yaw=math.degrees(math.atan2(across[2], math.hypot(across[0], across[1]))),
        pitch=math.degrees(math.atan2(-down[2], math.hypot(down[0], down[1]))),
        roll=math.degrees(math.atan2(across[1], across[0])),
    )


def _brightness(photo: Photo, points: NDArray[np.float32]) -> float:
    """What nine tenths of the face's pixels are darker than, 0–1: lit parts, so that dark skin isn't taken for darkness."""
    height, width = photo.shape[:2]
    columns = np.clip(np.rint(points[:468, 0]).astype(int), 0, width - 1)
    rows = np.clip(np.rint(points[:468, 1]).astype(int), 0, height - 1)
    luma = photo[rows, columns] @ np.array([0.299, 0.587, 0.114])
    return float(np.percentile(luma, 90) / 255)


def _brightened(photo: Photo) -> Photo:
    """The photo with its lighter parts brought near white, or itself when they are bright enough."""
    light = float(np.percentile(photo, 98))
    if light > 110 or light < 4:
        return photo
    bright: Photo = np.clip(photo * (230 / light), 0, 255).astype(np.uint8)
    return bright


def annotated(photo: Photo, faces: Sequence[FoundFace]) -> Photo:
    """The photo with a numbered frame around each face, green where it can be used, red where not."""
    picture = Image.fromarray(photo)
    draw = ImageDraw.Draw(picture)
    unit = max(photo.shape[:2]) / 512
    for number, face in enumerate(faces, 1):
        _frame(draw, face, str(number), unit)
    return np.array(picture)


def _frame(draw: ImageDraw.ImageDraw, face: FoundFace, number: str, unit: float) -> None:
    colour = (38, 166, 91) if face.refusal is None else (214, 48, 49)
    line = max(2, round(2.5 * unit))
    draw.rectangle(face.box, outline=colour, width=line)
    for outline in (analysis_mouth.OUTER, OUTER_EYES):
        for one, two in pairwise((*outline, outline[0])):
            draw.line([tuple(face.landmarks[one, :2]), tuple(face.landmarks[two, :2])], fill=colour, width=max(1, line // 2))
    font = ImageFont.load_default(size=round(16 * unit))
    left, top = face.box[0], max(0.0, face.box[1])
    badge = draw.textbbox((left + 3 * line, top + 2 * line), number, font=font)
    draw.rectangle((left, top, badge[2] + 3 * line, badge[3] + 2 * line), fill=colour)
    draw.text((left + 3 * line, top + 2 * line), number, font=font, fill="white")
