"""Drawn mouths look like one piece: no line under the teeth, no black hole, lips that open as a bow."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from avatars.face.channels import INDEX
from avatars.photo.renderer import PhotoRenderer
from avatars.photo.rig_moves import fit_moves, jaw_moves
from avatars.photo.rig_topology import CORNERS, LOWER_LIP, UPPER_LIP
from tests.avatars.photo.portraits import pose, rig, viseme

Values = NDArray[np.float64]
PEOPLE = ("astronaut", "officer", "ada")  # the first shows her teeth
each = pytest.mark.parametrize("name", PEOPLE)
_BRIGHTNESS = np.array([0.299, 0.587, 0.114])


def through_the_mouth(name: str, rows: list[NDArray[np.float32]]) -> NDArray[np.uint8]:
    """Columns of pixels from the upper lip down over the lower one, in the middle third of the mouth, (T, h, 13, 3)."""
    points = rig(name).landmarks[:, :2] * (512 / rig(name).side)
    (left, _), (right, _) = points[list(CORNERS)]
    columns = (left + (right - left) * np.linspace(0.35, 0.65, 13)).astype(int)
    pictures = PhotoRenderer(rig(name), (512, 512)).render(np.stack(rows))
    return pictures[:, int(points[13, 1]) - 6 : int(points[17, 1]) + 45, columns]


def darkness(columns: NDArray[np.uint8]) -> Values:
    """How bright the darkest of each picture's columns is, against what is usual there, (T,)."""
    bright: Values = columns @ _BRIGHTNESS
    usual = np.median(bright, (1, 2))
    return np.asarray(np.median(bright.min(1), 1) / usual)


@each
def test_it_draws_no_dark_line_where_a_mouth_opens_a_little(name: str) -> None:
    """Cut out, the cavity shows as a line of 0.12 to 0.20 between teeth and lip."""
    slits = [pose(jawOpen=float(value)) for value in np.linspace(0.04, 0.2, 9)]
    assert darkness(through_the_mouth(name, slits)).min() > 0.3


@each
def test_it_still_shows_that_a_mouth_is_open(name: str) -> None:
    shut, wide = darkness(through_the_mouth(name, [viseme("PP"), pose(jawOpen=0.5)]))
    assert wide < 0.3 < shut


@each
def test_teeth_are_about_as_bright_as_skin(name: str) -> None:
    """Darker, they look grey: whatever the light, most of what is pale in a mouth is not darker than the skin around it."""
    pixels = through_the_mouth(name, [viseme("E")])[0].astype(int)
    bright = pixels @ _BRIGHTNESS
    pale = np.ptp(pixels, -1) < 0.42 * pixels.max(-1)
    teeth = pale & (bright > 90) & (np.arange(len(bright))[:, None] < len(bright) // 2)
    assert teeth.sum() > 40
    assert np.median(bright[teeth]) > 0.95 * np.median(bright)


@pytest.mark.parametrize("lip", [UPPER_LIP, LOWER_LIP])
@each
def test_an_opening_jaw_bends_a_lip_to_a_bow(name: str, lip: NDArray[np.int64]) -> None:
    """Neither a notch in the middle nor steps beside the corners, and both sides alike."""
    landmarks = rig(name).landmarks.astype(float)
    down = fit_moves(landmarks).flat[INDEX["jawOpen"], lip[0], 1]
    half = (down + down[::-1]) / 2
    way = np.ptp(down)
    steps = np.diff(half[:6]) * np.sign(half[5] - half[0])
    assert steps.min() > -0.02 * way
    assert np.abs(np.diff(steps)).max() < 0.2 * way
    assert np.abs(down - half).max() < 0.05 * way + 1


@each
def test_lower_teeth_stay_behind_the_lip(name: str) -> None:
    """With the chin's lowest point, which turns away, they went down 0.37 to 0.46 of the lip's way, and hung in the air."""
    moves = fit_moves(rig(name).landmarks.astype(float))
    lip, teeth = (way[INDEX["jawOpen"], 1] for way in (moves.flat[:, LOWER_LIP[0, 5]], jaw_moves(moves)))
    assert 0.6 * lip < teeth < 0.9 * lip
