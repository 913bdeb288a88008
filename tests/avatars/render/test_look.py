"""Looks, judged by the pixels: how large the face is, what is behind it, where its pupils are."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray
from PIL import Image

from avatars.face.channels import CHANNELS, EYE_LOOK, INDEX, look
from avatars.photo.analysis import analyse
from avatars.render.base import Pictures, RenderFailed, Table
from avatars.render.choose import Recipe, build
from avatars.render.look import FRAMING, Look, glancing
from tests.avatars.photo.portraits import rig

torch.set_num_threads(1)
CAST = Path(__file__).parents[3] / "static" / "cast"
GREEN = (32, 192, 64)
EYES = (33, 263)  # outer corners
IRISES = (468, 473)
REST = np.zeros((1, len(CHANNELS)), np.float32)


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rigs") / "astronaut"
    rig("astronaut").save(path)
    return path


def drawn(asset: Path, shown: Look, table: Table = REST, side: int = 256) -> Pictures:
    kind = "head" if asset.suffix == ".glb" else "photo"
    recipe = Recipe(kind=kind, asset=asset, size=(side, side), fast=False, look=shown)  # type: ignore[arg-type]
    return build(recipe).render(table)


def points(picture: Pictures) -> NDArray[np.float32]:
    """Landmarks of the face that is found again."""
    return analyse(np.asarray(Image.fromarray(picture).resize((512, 512))))[0].landmarks


def size(picture: Pictures) -> float:
    left, right = points(picture)[list(EYES), :2]
    return float(np.linalg.norm(right - left))


def corners(picture: Pictures) -> Pictures:
    return np.stack([picture[:12, :12], picture[:12, -12:]]).reshape(-1, 3)


@cache
def usual_size(asset: Path) -> float:
    return size(drawn(asset, Look())[0])


@pytest.mark.parametrize("framing", ["face", "bust"])
def test_it_draws_a_head_as_large_as_its_framing_says(framing: str) -> None:
    omar = CAST / "omar.glb"
    assert size(drawn(omar, Look(framing=framing))[0]) == pytest.approx(usual_size(omar) * FRAMING[framing], rel=0.04)


def test_it_draws_a_photo_as_large_as_there_is_picture_for(photo: Path) -> None:
    assert size(drawn(photo, Look(framing="face"))[0]) == pytest.approx(usual_size(photo) * FRAMING["face"], rel=0.03)
    assert_array_equal(drawn(photo, Look(framing="bust")), drawn(photo, Look()))


@pytest.mark.parametrize("framing", ["face", "head"])
def test_it_draws_a_colour_behind_heads_and_photos(framing: str, photo: Path) -> None:
    shown = Look(framing=framing, background="#20c040")
    assert_allclose(corners(drawn(CAST / "omar.glb", shown)[0]), [GREEN] * 288, atol=2)
    upper = corners(drawn(photo, shown)[0]) if framing != "face" else drawn(photo, shown)[0, 100:110, :4].reshape(-1, 3)
    assert_allclose(upper, [GREEN] * len(upper), atol=16)  # hair fills the upper corners of a near photo
    assert np.abs(corners(drawn(CAST / "omar.glb", Look(framing=framing))[0]).astype(int) - GREEN).max() > 60


def test_it_fills_a_picture_with_the_middle_of_another(tmp_path: Path) -> None:
    wide = Image.new("RGBA", (300, 100), (255, 0, 0, 255))
    wide.paste((0, 0, 255, 255), (100, 0, 200, 100))
    wide.paste((0, 0, 0, 0), (100, 50, 200, 100))
    wide.save(tmp_path / "wide.png")
    behind = Look(background=str(tmp_path / "wide.png")).behind((64, 64))
    assert behind is not None
    assert behind.shape == (64, 64, 3)
    assert_allclose(behind[:30, 4:60], np.broadcast_to([0, 0, 255], (30, 56, 3)), atol=4)
    assert_allclose(behind[36:, 4:60], np.full((28, 56, 3), 255), atol=4)
    assert Look().behind((64, 64)) is None


@pytest.mark.parametrize("background", ["#nothing", "/nowhere/at/all.png", __file__])
def test_it_says_that_there_is_no_such_background(background: str) -> None:
    with pytest.raises(RenderFailed) as failed:
        Look(background=background).behind((32, 32))
    assert failed.value.code == "no_background"


@pytest.mark.parametrize("who", ["omar", "astronaut"])
def test_it_turns_the_pupils(who: str, photo: Path) -> None:
    asset = photo if who == "astronaut" else CAST / "omar.glb"
    poses = np.concatenate([glancing(REST, (side, 0)) for side in (-18, 0, 18)])
    pictures = drawn(asset, Look(framing="face"), poses)
    found = [points(picture) for picture in pictures]
    where = [(faces[list(IRISES), 0] - faces[list(EYES), 0]).mean() / np.ptp(faces[list(EYES), 0]) for faces in found]
    assert where[0] + 0.015 < where[1] < where[2] - 0.015  # the avatar's left is the picture's right


def test_it_adds_a_gaze_to_where_the_eyes_look() -> None:
    table = np.tile(REST, (2, 1))
    table[:, EYE_LOOK] = look(np.array([[10.0, -6], [5, -8]])).T
    table[:, [INDEX["gazeX"], INDEX["gazeY"]]] = [[10, 5], [-6, -8]]
    table[:, INDEX["jawOpen"]] = 0.3
    before = table.copy()
    moved = glancing(table, (4, 12))
    assert_array_equal(table, before)
    assert_allclose(moved[:, EYE_LOOK], look(np.array([[14.0, -2], [17, 4]])).T, atol=1e-6)
    assert_allclose(moved[:, [INDEX["gazeX"], INDEX["gazeY"]]], [[14, 17], [-2, 4]])
    others = [i for i in range(len(CHANNELS)) if i not in EYE_LOOK and CHANNELS[i] not in ("gazeX", "gazeY")]
    assert_array_equal(moved[:, others], before[:, others])
    assert_array_equal(glancing(table, (0, 0)), before)


@settings(max_examples=40, deadline=None)
@given(st.tuples(*[st.floats(-14, 14)] * 2), st.tuples(*[st.integers(-8, 8)] * 2))
def test_a_gaze_and_its_opposite_cancel_out(at: tuple[float, float], gaze: tuple[int, int]) -> None:
    table = REST.copy()
    table[:, [INDEX["gazeX"], INDEX["gazeY"]]] = at
    there = glancing(table, gaze)
    assert there[:, EYE_LOOK].min() >= 0 and there[:, EYE_LOOK].max() <= 1
    assert_allclose(glancing(there, (-gaze[0], -gaze[1])), glancing(table, (0, 0)), atol=1e-5)
