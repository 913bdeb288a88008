"""Things before a mouth, and beards and lipstick that are none, put onto photos in the mouth's own frame and shaded."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from avatars.photo.rig_topology import LOWER_LIP, UPPER_LIP
from tests.avatars.photo.photos import Photo

Plane = NDArray[np.float64]
Points = NDArray[np.float32]
JAW = (93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323)


def over(photo: Photo, cover: Plane, colour: Plane | tuple[int, ...]) -> Photo:
    """`colour` where `cover` (H, W) is 1."""
    soft = Image.fromarray((np.clip(cover, 0, 1) * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.8))
    part = np.asarray(soft, float)[..., None] / 255
    mixed: Photo = np.clip(photo * (1 - part) + np.asarray(colour, float) * part, 0, 255).astype(np.uint8)
    return mixed


def frame(photo: Photo, points: Points) -> tuple[Plane, Plane]:
    """Each pixel's place to the side of the mouth's middle and below it, in distances of the eyes."""
    across = points[263, :2] - points[33, :2]
    eyes = float(np.linalg.norm(across))
    y, x = np.mgrid[: photo.shape[0], : photo.shape[1]]
    away = (np.stack([x, y], -1) - points[[61, 291, 0, 17], :2].mean(0)) / eyes
    right = across / eyes
    return away @ right, away @ np.array([-right[1], right[0]])


def polygon(photo: Photo, points: NDArray[np.floating]) -> Plane:
    image = Image.new("L", (photo.shape[1], photo.shape[0]))
    ImageDraw.Draw(image).polygon([(float(x), float(y)) for x, y in points], fill=255)
    return np.asarray(image, float) / 255


def grain(photo: Photo, amount: float) -> Plane:
    return 1 + amount * np.random.default_rng(7).normal(size=photo.shape[:2])


def skin(photo: Photo, points: Points) -> Plane:
    columns, rows = points[[50, 280, 101, 330], :2].astype(int).T
    colour: Plane = np.median(photo[rows, columns], 0).astype(float)
    return colour


def mask(colour: tuple[int, int, int]) -> Callable[[Photo, Points], Photo]:
    def put(photo: Photo, points: Points) -> Photo:
        aside, down = frame(photo, points)
        edge = np.concatenate([points[list(JAW), :2], points[[280, 4, 50], :2]])
        shade = (1 - 0.35 * np.clip(np.abs(aside) / 0.7, 0, 1) ** 2 + 0.06 * np.sin(down * 45)) * grain(photo, 0.02)
        return over(photo, polygon(photo, edge), shade[..., None] * np.array(colour))

    return put


def mug(colour: tuple[int, int, int]) -> Callable[[Photo, Points], Photo]:
    def put(photo: Photo, points: Points) -> Photo:
        aside, down = frame(photo, points)
        cover = (np.abs(aside) < 0.42) & (down > -0.2) & (down < 0.75)
        shade = (1.05 - 0.5 * np.clip(np.abs(aside - 0.1) / 0.45, 0, 1) ** 2) * grain(photo, 0.01)
        return over(photo, cover.astype(float), shade[..., None] * np.array(colour))

    return put


def microphone(photo: Photo, points: Points) -> Photo:
    aside, down = frame(photo, points)
    away = np.hypot(aside, down) / 0.3
    shade = (1.3 - 0.8 * np.clip(away, 0, 1) ** 2) * grain(photo, 0.2)
    return over(photo, (away < 1).astype(float), shade[..., None] * 40)


def fist(photo: Photo, points: Points) -> Photo:
    """Of the person's own skin, with knuckles and the gaps between fingers."""
    aside, down = frame(photo, points)
    away = (aside / 0.42) ** 2 + ((down - 0.12) / 0.4) ** 2
    shade = 1 - 0.25 * np.clip(away, 0, 1)
    for finger in (-1, 0, 1):
        shade -= 0.28 * np.exp(-(((aside - finger * 0.19 + 0.03 * down) / 0.018) ** 2)) * (down < 0.3)
    return over(photo, (away < 1).astype(float), (shade * grain(photo, 0.02))[..., None] * skin(photo, points))


def _lips(photo: Photo, points: Points) -> Plane:
    return polygon(photo, np.concatenate([points[UPPER_LIP[3], :2], points[LOWER_LIP[3][::-1], :2]]))


def beard(colour: tuple[int, int, int]) -> Callable[[Photo, Points], Photo]:
    """With moustache; the lips are free."""

    def put(photo: Photo, points: Points) -> Photo:
        edge = np.concatenate([points[list(JAW[1:-1]), :2], points[[323, 426, 2, 206, 93], :2]])
        cover = polygon(photo, edge) * (1 - _lips(photo, points)) * 0.9
        return over(photo, cover, (0.75 * grain(photo, 0.3))[..., None] * np.array(colour))

    return put


def lipstick(photo: Photo, points: Points) -> Photo:
    inside = polygon(photo, np.concatenate([points[UPPER_LIP[0], :2], points[LOWER_LIP[0][::-1], :2]]))
    return over(photo, np.clip(_lips(photo, points) - inside, 0, 1) * 0.6, (70, 20, 40))


COVERED: dict[str, Callable[[Photo, Points], Photo]] = {
    "surgical mask": mask((150, 190, 220)),
    "black mask": mask((32, 32, 35)),
    "red mask": mask((170, 40, 45)),
    "white mug": mug((235, 235, 230)),
    "brown mug": mug((120, 75, 50)),
    "microphone": microphone,
    "fist": fist,
}
FREE: dict[str, Callable[[Photo, Points], Photo]] = {
    "black beard": beard((35, 28, 25)),
    "grey beard": beard((165, 162, 160)),
    "blond beard": beard((175, 135, 85)),
    "lipstick": lipstick,
}
