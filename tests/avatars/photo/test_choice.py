"""Which of the faces found is meant, and what a caller hears when none can be used."""

from dataclasses import replace

import numpy as np
import pytest

from avatars.photo.analysis_faces import (
    FaceRefused,
    FoundFace,
    NoFace,
    NoSuchFace,
    Pose,
    Refusal,
    SeveralFaces,
    choose,
)


def found(width: float, refusal: Refusal | None = None) -> FoundFace:
    return FoundFace(
        box=(10.0, 20.0, 10 + width, 20 + width),
        score=0.9,
        landmarks=np.zeros((478, 3), np.float32),
        presence=1.0,
        pose=Pose(yaw=0, pitch=0, roll=0),
        eye_distance=width / 2,
        brightness=0.7,
        mouth_covered=0.0,
        refusal=refusal,
    )


SMALL, DOUBTFUL = Refusal("too_small", "Come closer."), Refusal("not_a_face", "Look here.")


def test_it_takes_the_only_face() -> None:
    face = found(100)
    assert choose([face]) is face


def test_it_takes_a_face_far_larger_than_all_others() -> None:
    large, others = found(161), [found(100, SMALL), found(90)]
    assert choose([others[0], large, others[1]]) is large


def test_it_asks_which_face_is_meant_and_tells_all_boxes_in_their_order() -> None:
    faces = [found(159), found(100), found(20)]
    with pytest.raises(SeveralFaces) as refused:
        choose(faces)
    assert refused.value.code == "several_faces"
    assert refused.value.boxes == [face.box for face in faces]
    assert "number" in refused.value.hint


def test_it_takes_the_number_that_was_asked_for() -> None:
    faces = [found(100), found(99), found(98)]
    assert choose(faces, 3) is faces[2]


@pytest.mark.parametrize("number", [0, -1, 3])
def test_it_knows_no_face_of_another_number(number: int) -> None:
    with pytest.raises(NoSuchFace) as refused:
        choose([found(100), found(99)], number)
    assert refused.value.code == "no_such_face"
    assert "1 to 2" in refused.value.hint


def test_it_says_that_there_is_no_face() -> None:
    with pytest.raises(NoFace) as refused:
        choose([])
    assert refused.value.code == "no_face"
    assert refused.value.boxes == []
    with pytest.raises(NoFace):
        choose([], 1)


def test_it_hands_on_the_refusal_of_the_face_that_is_meant() -> None:
    face = found(100, SMALL)
    with pytest.raises(FaceRefused) as refused:
        choose([face])
    assert (refused.value.code, refused.value.hint) == ("too_small", "Come closer.")
    assert refused.value.boxes == [face.box]


def test_what_is_hardly_a_face_counts_only_when_there_is_nothing_else() -> None:
    face, shadow = found(100), found(120, DOUBTFUL)
    assert choose([shadow, face]) is face
    with pytest.raises(FaceRefused) as refused:
        choose([shadow, replace(shadow, box=(0.0, 0.0, 20.0, 20.0))])
    assert refused.value.code == "not_a_face"
