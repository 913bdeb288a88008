"""A photo's faces: where they are, what is measured of them, and why one is refused."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from avatars.photo.analysis import FoundFace, analyse, annotated
from avatars.photo.analysis_mouth import INNER, OUTER
from tests.avatars.photo.photos import (
    Photo,
    beside,
    darkened,
    landscape,
    patched,
    photo,
    resized,
    rotated,
)


def only(pixels: Photo) -> FoundFace:
    (face,) = analyse(pixels)
    return face


def codes(pixels: Photo) -> list[str | None]:
    return [face.refusal.code if face.refusal else None for face in analyse(pixels)]


@pytest.mark.parametrize(
    ("name", "left_eye", "right_eye", "chin"),
    [("astronaut", (195, 101), (256, 104), (221, 179)), ("officer", (206, 193), (322, 186), (269, 334))],
)
def test_it_finds_the_one_face_and_its_landmarks_where_they_are(
    name: str, left_eye: tuple[int, int], right_eye: tuple[int, int], chin: tuple[int, int]
) -> None:
    face = only(photo(name))
    assert face.refusal is None
    assert face.landmarks.shape == (478, 3)
    assert face.landmarks.dtype == np.float32
    np.testing.assert_allclose(face.landmarks[[33, 263, 152], :2], [left_eye, right_eye, chin], atol=4)
    left, top, right, bottom = face.box
    inside = (face.landmarks[:, :2] > (left - 20, top - 40)) & (face.landmarks[:, :2] < (right + 20, bottom + 20))
    assert inside.all()
    assert face.eye_distance == pytest.approx(np.hypot(*np.subtract(right_eye, left_eye)), abs=4)


def test_it_puts_lips_irises_and_brows_in_their_order() -> None:
    points = only(photo("officer")).landmarks
    upper, lower, nose, chin = points[0], points[17], points[1], points[152]
    assert nose[1] < upper[1] < points[13, 1] <= points[14, 1] + 1 < lower[1] < chin[1]
    assert points[61, 0] < points[0, 0] < points[291, 0]
    assert np.ptp(points[list(INNER), 0]) < np.ptp(points[list(OUTER), 0])
    for iris, corners in ((468, (33, 133)), (473, (362, 263))):
        assert points[corners[0], 0] < points[iris, 0] < points[corners[1], 0]
    assert points[1, 2] < points[152, 2] < points[234, 2]


def test_it_measures_alike_at_any_size_tilt_and_side() -> None:
    small, mirrored = only(photo("officer")), only(np.ascontiguousarray(photo("officer")[:, ::-1]))
    large = only(resized(photo("officer"), 1536, 1800))
    tilted = only(rotated(photo("officer"), 20))
    np.testing.assert_allclose(large.landmarks[:, :2] / 3, small.landmarks[:, :2], atol=4)
    assert mirrored.landmarks[33, 0] == pytest.approx(511 - small.landmarks[263, 0], abs=4)
    assert tilted.pose.roll == pytest.approx(small.pose.roll - 20, abs=3)
    assert tilted.eye_distance == pytest.approx(small.eye_distance, rel=0.04)
    assert {face.refusal for face in (small, mirrored, large, tilted)} == {None}


def test_it_sees_a_usable_face_in_a_corner_of_a_large_photo() -> None:
    room = np.full((2000, 2000, 3), (120, 130, 140), np.uint8)
    room[1300:1812, 1400:1912] = photo("astronaut")
    face = only(room)
    assert face.refusal is None
    assert face.landmarks[33, :2] == pytest.approx((1595, 1401), abs=4)


def test_it_tells_to_which_side_a_head_is_turned_and_refuses_it() -> None:
    turned, mirrored = only(photo("turned")), only(np.ascontiguousarray(photo("turned")[:, ::-1]))
    assert turned.pose.yaw < -20 < 20 < mirrored.pose.yaw
    assert turned.refusal and mirrored.refusal
    assert turned.refusal.code == mirrored.refusal.code == "turned_too_far"


def test_it_refuses_a_photo_lying_on_its_side() -> None:
    assert codes(rotated(photo("officer"), 90)) == ["turned_too_far"]


@pytest.mark.parametrize("light", [0.25, 0.1, 0.04])
def test_it_refuses_darkness_even_where_nothing_can_be_seen_at_first(light: float) -> None:
    assert codes(darkened(photo("officer"), light)) == ["too_dark"]
    assert codes(darkened(photo("officer"), 0.6)) == [None]


def test_it_refuses_a_face_too_small_and_says_how_much_is_missing() -> None:
    face = only(resized(photo("astronaut"), 256, 256))
    assert face.refusal
    assert face.refusal.code == "too_small"
    assert "1.7 times" in face.refusal.hint


@pytest.mark.parametrize("colour", [(150, 190, 220), (30, 30, 32), (235, 235, 235), (90, 150, 110), (205, 150, 130)])
@pytest.mark.parametrize(("name", "box"), [("officer", (195, 245, 345, 330)), ("astronaut", (188, 126, 262, 176))])
def test_it_refuses_a_mouth_behind_cloth_or_a_hand(
    name: str, box: tuple[int, int, int, int], colour: tuple[int, int, int]
) -> None:
    assert codes(patched(photo(name), box, colour)) == ["mouth_covered"]


def test_a_patch_beside_the_mouth_covers_nothing() -> None:
    assert codes(patched(photo("officer"), (215, 135, 315, 165), (150, 190, 220))) == [None]


def test_a_grey_photo_shows_its_mouth_too() -> None:
    grey = np.repeat(photo("officer").mean(2, keepdims=True).astype(np.uint8), 3, 2)
    assert codes(grey) == [None]


def test_it_refuses_a_face_that_the_edge_cuts_off() -> None:
    assert codes(np.ascontiguousarray(photo("officer")[:290, 100:420])) == ["cut_off"]


@pytest.mark.parametrize(
    "make",
    [
        landscape,
        lambda: np.random.default_rng(1).integers(0, 256, (400, 400, 3), dtype=np.uint8),
        lambda: np.zeros((300, 900, 3), np.uint8),
        lambda: np.full((1, 1, 3), 255, np.uint8),
        lambda: np.ascontiguousarray(photo("astronaut")[250:]),
    ],
    ids=["landscape", "noise", "black", "one pixel", "no head"],
)
def test_it_finds_nobody_where_nobody_is(make: Callable[[], Photo]) -> None:
    assert analyse(make()) == []


def test_it_gives_several_faces_the_largest_first() -> None:
    first, second = analyse(beside(photo("astronaut"), photo("officer")))
    assert first.width > second.width
    assert first.box[0] > 512 > second.box[2]
    assert {first.refusal, second.refusal} == {None}


def test_it_leaves_the_photo_and_the_threads_as_they_were() -> None:
    before, threads = photo("officer").copy(), torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        analyse(photo("officer"))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
    np.testing.assert_array_equal(photo("officer"), before)


def test_it_draws_what_it_found_without_touching_the_photo() -> None:
    both = beside(photo("officer"), photo("turned"))
    before, faces = both.copy(), analyse(both)
    drawn = annotated(both, faces)
    np.testing.assert_array_equal(both, before)
    assert drawn.shape == both.shape
    for face in faces:
        _, top, right, bottom = (round(value) for value in face.box)
        red, green, _ = drawn[(top + bottom) // 2, min(right - 1, both.shape[1] - 1)].astype(int)
        assert (green > red) == (face.refusal is None)
    assert {face.refusal is None for face in faces} == {True, False}
    far = drawn[-20:] == both[-20:]
    assert far.all()


def test_it_draws_nothing_where_nothing_was_found() -> None:
    np.testing.assert_array_equal(annotated(landscape(), []), landscape())
