"""The rig asset: what is cut out of a photo, kept, read back, and refused."""

from __future__ import annotations

import io
import json
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from avatars.photo.rig import FORMAT, SIZES, BadRig, PhotoRig, prepare
from avatars.photo.rig_moves import fit_moves
from avatars.photo.rig_topology import EYE_ENDS, OVAL
from tests.avatars.photo.photos import photo
from tests.avatars.photo.portraits import rig


def arrays() -> dict[str, Any]:
    kept = rig("astronaut")
    return {name: getattr(kept, name) for name in ("photo", "alpha", "background", "landmarks")}


def refused(data: bytes) -> str:
    with pytest.raises(BadRig) as refusal:
        PhotoRig.from_bytes(data)
    return refusal.value.code


@pytest.mark.parametrize("name", ["astronaut", "officer"])
def test_it_cuts_a_square_with_the_whole_face(name: str) -> None:
    kept = rig(name)
    assert kept.side in SIZES
    oval = kept.landmarks[OVAL, :2]
    assert oval.min() > 0.1 * kept.side
    assert oval.max() < 0.9 * kept.side
    assert 0.35 < np.ptp(oval[:, 1]) / kept.side < 0.65


def test_it_keeps_landmarks_on_the_same_pixels() -> None:
    """A dot painted at a landmark of the photo is at that landmark of the crop."""
    kept, source = rig("astronaut"), photo("astronaut").copy()
    near = [kept.landmarks[k, :2] for k in EYE_ENDS]
    zoom = kept.side / np.linalg.norm(near[0] - near[1])
    assert zoom > 3
    eye = kept.photo[int(kept.landmarks[473, 1]), int(kept.landmarks[473, 0])].astype(int)
    cheek = kept.photo[int(kept.landmarks[425, 1]), int(kept.landmarks[425, 0])].astype(int)
    assert eye.sum() < cheek.sum() - 150
    assert source.shape == (512, 512, 3)


def test_it_goes_on_beyond_a_photo_that_is_too_small_for_a_square() -> None:
    kept = rig("astronaut")
    marks = kept.landmarks.copy()
    strip = slice(150, 362)
    marks[:, 0] -= 150
    cut = prepare(kept.photo[:, strip], marks, (kept.alpha[:, strip] / 255).astype(np.float32), kept.background[:, strip])
    assert cut.photo.shape == (cut.side, cut.side, 3)
    assert np.ptp(cut.photo[:, :10].astype(int), axis=1).max() < 12


def test_it_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    path = tmp_path / "face.rig"
    rig("astronaut").save(path)
    back = PhotoRig.load(path)
    for name, array in arrays().items():
        assert np.array_equal(getattr(back, name), array)
    assert path.stat().st_size < 4_500_000


def test_it_reads_no_version_it_does_not_know() -> None:
    assert refused(save(arrays(), metadata={"format": FORMAT, "version": "2"})) == "rig_version"
    assert refused(save(arrays(), metadata={"format": "other", "version": "1"})) == "rig_unreadable"
    assert refused(save(arrays())) == "rig_unreadable"


def test_it_executes_nothing_that_a_file_holds() -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return (pytest.fail, ("executed",))

    assert refused(pickle.dumps(Bomb())) == "rig_unreadable"
    packed = io.BytesIO()
    np.savez(packed, photo=np.array([Bomb()], object))
    assert refused(packed.getvalue()) == "rig_unreadable"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("photo", np.zeros((512, 400, 3), np.uint8)),
        ("photo", np.zeros((64, 64, 3), np.uint8)),
        ("alpha", np.zeros((512, 512), np.float32)),
        ("landmarks", np.full((478, 3), np.nan, np.float32)),
        ("landmarks", np.zeros((478, 3), np.float32)),
        ("landmarks", np.full((478, 3), 1e9, np.float32)),
        ("landmarks", np.zeros((468, 3), np.float32)),
    ],
)
def test_it_refuses_arrays_that_are_no_face(name: str, value: np.ndarray[Any, Any]) -> None:
    data = save({**arrays(), name: value}, metadata={"format": FORMAT, "version": "1"})
    assert refused(data) in {"rig_shape", "rig_landmarks"}


def test_it_refuses_other_arrays_and_lengths() -> None:
    meta = {"format": FORMAT, "version": "1"}
    assert refused(save({**arrays(), "more": np.zeros(3, np.uint8)}, metadata=meta)) == "rig_unreadable"
    assert refused(bytes(9 << 20)) == "rig_too_large"
    assert refused(b"") == "rig_unreadable"
    whole = rig("astronaut").to_bytes()
    assert refused(whole[:-1]) == "rig_unreadable"
    header = json.dumps([[[]]]).encode()
    assert refused(struct.pack("<Q", len(header)) + header) == "rig_unreadable"


@settings(max_examples=40, deadline=None)
@given(at=st.integers(0, 600), value=st.integers(0, 255), cut=st.integers(0, 40))
def test_it_reads_or_refuses_a_damaged_file_but_never_breaks(at: int, value: int, cut: int) -> None:
    data = bytearray(rig("astronaut").to_bytes())
    data[at] = value
    try:
        kept = PhotoRig.from_bytes(bytes(data[: len(data) - cut]))
    except BadRig:
        return
    assert kept.landmarks.shape == (478, 3)


def test_it_refuses_parts_of_different_photos() -> None:
    kept = rig("astronaut")
    with pytest.raises(BadRig):
        prepare(kept.photo, kept.landmarks, np.ones((10, 10), np.float32), kept.background)


def test_it_measures_what_the_photo_does_already() -> None:
    smiling, drawn = fit_moves(rig("astronaut").landmarks.astype(float)), fit_moves(rig("ada").landmarks.astype(float))
    assert smiling.smile > 0.4 > drawn.smile
    assert smiling.openness > 0.08
    assert drawn.openness < 0.02
