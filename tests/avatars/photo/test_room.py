"""The person cut out of a photo, and the room painted behind them."""

import numpy as np
import pytest

from avatars.photo.analysis import analyse, segment
from avatars.photo.background import filled
from tests.avatars.photo.photos import landscape, photo, resized


@pytest.mark.parametrize("name", ["astronaut", "officer", "turned"])
def test_the_mask_covers_the_face_and_neither_upper_corner(name: str) -> None:
    alpha, points = segment(photo(name)), analyse(photo(name))[0].landmarks
    assert alpha.shape == photo(name).shape[:2]
    assert alpha.dtype == np.float32
    assert alpha.min() >= 0
    assert alpha.max() <= 1
    columns, rows = np.rint(points[:, :2]).astype(int).T
    inside = alpha[np.clip(rows, 0, len(alpha) - 1), np.clip(columns, 0, alpha.shape[1] - 1)]
    assert (inside > 0.9).mean() > 0.97
    assert alpha[:30, :30].max() < 0.1
    assert alpha[:30, -30:].max() < 0.1


def test_the_mask_is_empty_where_nobody_is() -> None:
    assert segment(landscape()).mean() < 0.02


def test_the_mask_scales_with_the_photo() -> None:
    small, large = segment(photo("officer")), segment(resized(photo("officer"), 1024, 1200))
    assert np.abs(large[::2, ::2] - small).mean() < 0.02


def test_the_room_keeps_what_is_seen_and_loses_the_person() -> None:
    pixels, alpha = photo("officer"), segment(photo("officer"))
    before = pixels.copy()
    room = filled(pixels, alpha)
    np.testing.assert_array_equal(pixels, before)
    assert room.shape == pixels.shape
    assert room.dtype == np.uint8
    np.testing.assert_array_equal(room[:200, 460:], pixels[:200, 460:])
    assert np.abs(segment(room)).mean() < 0.05 < alpha.mean()
    assert {face.refusal.code for face in analyse(room) if face.refusal} <= {"not_a_face"}
    assert all(face.refusal for face in analyse(room))


def test_the_room_goes_on_smoothly_behind_the_person() -> None:
    y, x = np.mgrid[:300, :400]
    wall = np.stack([80 + x * 0.3, 200 - y * 0.4, 100 + y * 0.2], -1)
    alpha = ((x - 200) ** 2 + (y - 160) ** 2 < 70**2).astype(np.float32)
    person = np.where(alpha[..., None] > 0, (250, 20, 20), wall).astype(np.uint8)
    room = filled(person, alpha).astype(float)
    assert np.abs(room - wall).max() < 30
    assert np.abs(np.diff(room[:, 100:300], axis=1)).max() < 6


def test_no_colour_of_the_person_bleeds_into_the_room() -> None:
    person = np.full((256, 256, 3), (40, 90, 200), np.uint8)
    person[60:, 80:180] = (250, 20, 20)
    alpha = np.zeros((256, 256), np.float32)
    alpha[61:, 81:179] = 1
    room = filled(person, alpha)
    assert np.abs(room.astype(int) - (40, 90, 200)).max() <= 3


def test_a_room_without_a_person_stays_as_it_is() -> None:
    np.testing.assert_array_equal(filled(landscape(), np.zeros((400, 600), np.float32)), landscape())


def test_a_person_who_hides_the_whole_room_leaves_one_mean_colour() -> None:
    pixels = photo("turned")
    room = filled(pixels, np.ones(pixels.shape[:2], np.float32))
    assert np.ptp(room.reshape(-1, 3), axis=0).max() <= 2
    np.testing.assert_allclose(room.mean((0, 1)), pixels.mean((0, 1)), atol=6)
