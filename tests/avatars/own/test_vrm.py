"""VRM 0 and 1: expressions of several targets become one of ours each, and the body looks at us."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from avatars.refusals import Refused
from avatars.render.head.glb import Glb
from avatars.render.head.nodes import Nodes
from avatars.uploads.heads import prepared_head
from tests.avatars.own.heads import glb_of, read
from tests.avatars.own.vrm import BROWS, FACE, document, moved, targets_of, vrm0, vrm1

VOWELS = {"aa": [(FACE, 0, 1.0)], "ou": [(FACE, 2, 1.0)], "oh": [(FACE, 0, 0.5), (FACE, 2, 0.5)]}


@pytest.mark.parametrize(
    "made",
    [
        vrm0({"a": VOWELS["aa"], "u": VOWELS["ou"], "o": VOWELS["oh"], "joy": [(FACE, 3, 0.8), (BROWS, 3, 0.3)]}),
        vrm1(VOWELS | {"happy": [(FACE, 3, 0.8), (BROWS, 3, 0.3)]}),
    ],
    ids=["VRM 0", "VRM 1"],
)
def test_it_reads_expressions_of_several_targets(made: bytes) -> None:
    head = prepared_head(made)
    face, brows = targets_of(head.glb, FACE), targets_of(head.glb, BROWS)
    assert face["jawOpen"] == pytest.approx(moved(0))
    assert face["mouthPucker"] == pytest.approx(moved(2))
    assert face["mouthFunnel"][1] == pytest.approx((moved(0)[1] + moved(2)[1]) / 2)
    assert face["mouthSmileLeft"][1] == pytest.approx(0.8 * moved(3)[1])
    assert brows["mouthSmileLeft"][1] == pytest.approx(0.3 * moved(3)[1])
    assert set(head.report["mapped"]) == {"jawOpen", "mouthFunnel", "mouthPucker", "mouthSmileLeft"}
    assert head.report["mapped"]["mouthFunnel"] in {"expression o", "expression oh"}
    assert len(head.report["missing"]) == 48


def test_it_says_which_vrm_it_was_and_leaves_the_rest_behind() -> None:
    head = prepared_head(vrm0({"a": VOWELS["aa"]}))
    assert head.report["vrm"] == "0"
    assert "somebody" not in str(read(head.glb))
    assert not {"extensions", "extensionsUsed"} & set(read(head.glb))
    assert prepared_head(head.glb).report["mapped"] == {"jawOpen": "jawOpen"}
    assert "vrm" not in prepared_head(head.glb).report


def test_targets_with_arkits_names_win_over_presets() -> None:
    custom = {"mouthSmile_L": [(FACE, 3, 1.0)], "browInnerUp": [(BROWS, 4, 0.5)]}
    head = prepared_head(vrm1(VOWELS | {"happy": [(FACE, 1, 1.0)]}, custom))
    assert targets_of(head.glb, FACE)["mouthSmileLeft"] == pytest.approx(moved(3))
    assert targets_of(head.glb, BROWS)["browInnerUp"][1] == pytest.approx(moved(4)[1] / 2)
    assert head.report["mapped"]["mouthSmileLeft"] == "expression mouthSmile_L"
    made, binary = document()
    made["meshes"][0]["extras"] = {"targetNames": ["x", "jawOpen", "y", "z", "q"]}
    group = {"presetName": "a", "name": "A", "binds": [{"mesh": 0, "index": 0, "weight": 100}]}
    made["extensions"] = {"VRM": {"blendShapeMaster": {"blendShapeGroups": [group]}}}
    head = prepared_head(glb_of(made, binary))
    assert targets_of(head.glb, FACE)["jawOpen"] == pytest.approx(moved(1))
    assert head.report["mapped"] == {"jawOpen": "jawOpen"}


def test_one_target_may_serve_several_expressions() -> None:
    head = prepared_head(vrm0({"a": [(FACE, 0, 1.0)], "o": [(FACE, 0, 1.0)], "u": [(FACE, 0, 0.25)]}))
    face = targets_of(head.glb, FACE)
    assert face["jawOpen"] == face["mouthFunnel"] == pytest.approx(moved(0))
    assert face["mouthPucker"][1] == pytest.approx(moved(0)[1] / 4)


def test_weights_at_rest_keep_their_places() -> None:
    made, binary = document()
    made["meshes"][0]["weights"] = [0, 0, 0, 0.2, 0]
    made["nodes"][1]["weights"] = [0, 0, 0, 0.1, 0]
    binds = [{"mesh": 0, "index": at, "weight": 50} for at in (0, 1)]
    made["extensions"] = {"VRM": {"blendShapeMaster": {"blendShapeGroups": [{"presetName": "a", "binds": binds}]}}}
    out = read(prepared_head(glb_of(made, binary)).glb)
    assert out["meshes"][0]["weights"] == [0, 0, 0, 0.2, 0, 0]
    assert out["nodes"][1]["weights"] == [0, 0, 0, 0.1, 0, 0]


@pytest.mark.parametrize(("made", "facing"), [(vrm0({"a": VOWELS["aa"]}), -1), (vrm1(VOWELS), 1)], ids=["VRM 0", "VRM 1"])
def test_it_looks_at_us_and_turns_its_head_about_the_worlds_axes(made: bytes, facing: int) -> None:
    before, after = Nodes(Glb(glb_of(*document()))), Nodes(Glb(prepared_head(made).glb))
    np.testing.assert_allclose(after.joint[:3, :3], np.eye(3), atol=1e-6)
    for old, new in zip(before.placed(), after.placed(), strict=True):
        turned = np.diag([facing, 1, facing, 1]) @ old.place[0]
        np.testing.assert_allclose(new.place[0], turned, atol=1e-6)
    assert [placed.share[0] for placed in after.placed()] == [0, 1]


@pytest.mark.parametrize(
    "spoil",
    [
        {"blendShapeMaster": 7},
        {"blendShapeMaster": {"blendShapeGroups": [{"presetName": "a", "binds": [{"mesh": 0, "index": 0, "weight": "x"}]}]}},
        {"blendShapeMaster": {"blendShapeGroups": [{"presetName": "a", "binds": [{"mesh": 0, "index": 0, "weight": 1e999}]}]}},
        {"blendShapeMaster": {"blendShapeGroups": [{"presetName": "a", "binds": [{"mesh": -7, "index": 0, "weight": 1}]}]}},
        {"blendShapeMaster": {"blendShapeGroups": [{"presetName": "a", "binds": [{"mesh": 0, "index": 0.5, "weight": 1}]}]}},
        {"humanoid": {"humanBones": [{"bone": "head", "node": -1}]}},
    ],
)
def test_it_refuses_what_means_nothing(spoil: Any) -> None:
    with pytest.raises(Refused) as refused:
        prepared_head(vrm0({"a": VOWELS["aa"]}, extensions={"VRM": spoil}))
    assert refused.value.code == "head_invalid"


def test_it_leaves_out_binds_to_what_was_cut_away() -> None:
    head = prepared_head(vrm0({"a": [(FACE, 0, 1.0), (FACE, 9, 1.0), (7, 0, 1.0)], "o": [(9, 0, 1.0)]}))
    assert targets_of(head.glb, FACE)["jawOpen"] == pytest.approx(moved(0))
    assert set(head.report["mapped"]) == {"jawOpen"}
    with pytest.raises(Refused) as refused:
        prepared_head(vrm0({"o": [(9, 0, 1.0)]}))
    assert refused.value.code == "head_no_mouth"
