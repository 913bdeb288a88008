"""What hides a mouth is told from what grows or is painted round it; docs/rig.md has the figures of many more portraits."""

import pytest

from avatars.photo.analysis import analyse
from tests.avatars.photo.occlusions import COVERED, FREE
from tests.avatars.photo.photos import Photo, photo

PEOPLE = ("astronaut", "officer", "drawn/kenji_level", "drawn/ruth_level")


def changed(name: str, change: str) -> Photo:
    pixels = photo(name)
    return (COVERED | FREE)[change](pixels, analyse(pixels)[0].landmarks)


@pytest.mark.parametrize("change", COVERED)
@pytest.mark.parametrize("name", PEOPLE)
def test_it_refuses_a_mouth_behind_something(name: str, change: str) -> None:
    codes = {face.refusal.code if face.refusal else None for face in analyse(changed(name, change))}
    assert None not in codes  # where too much is hidden, no face may be found at all
    assert codes <= {"mouth_covered", "not_a_face"}


@pytest.mark.parametrize("change", FREE)
@pytest.mark.parametrize("name", PEOPLE)
def test_it_takes_beards_and_paint_for_what_they_are(name: str, change: str) -> None:
    (face,) = analyse(changed(name, change))
    assert face.refusal is None
