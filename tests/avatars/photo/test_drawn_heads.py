"""Heads whose pose and beard are known because they were drawn (pictures/SOURCES.md), looked at like photos."""

import pytest

from avatars.photo.analysis import FoundFace, analyse
from tests.avatars.photo.photos import photo


def seen(name: str) -> FoundFace:
    (face,) = analyse(photo(f"drawn/{name}"))
    return face


@pytest.mark.parametrize("yaw", [-30, -15, 15, 30])
def test_it_measures_how_far_a_head_is_turned(yaw: int) -> None:
    face = seen(f"ada_yaw{yaw:+d}")
    assert face.pose.yaw == pytest.approx(yaw, abs=7)
    assert (face.refusal.code if face.refusal else None) == ("turned_too_far" if abs(yaw) == 30 else None)


@pytest.mark.parametrize("pitch", [-20, 20])
def test_it_measures_how_far_a_head_is_raised(pitch: int) -> None:
    level, raised = seen("ada_level"), seen(f"ada_pitch{pitch:+d}")
    assert raised.pose.pitch - level.pose.pitch == pytest.approx(pitch, abs=6)


def test_it_measures_to_which_side_a_head_leans() -> None:
    assert seen("ada_lean").pose.roll == pytest.approx(20, abs=3)


@pytest.mark.parametrize("name", ["omar_level", "omar_lowered", "omar_smile"])
def test_it_does_not_take_a_beard_for_a_mask(name: str) -> None:
    assert seen(name).refusal is None


@pytest.mark.parametrize("name", ["ada", "amara", "kenji", "ruth"])
def test_it_uses_faces_of_every_skin_and_age(name: str) -> None:
    face = seen(f"{name}_level")
    assert face.refusal is None
    assert face.mouth_covered < 0.2
