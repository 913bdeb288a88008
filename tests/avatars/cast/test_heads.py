"""The committed heads are what cast.json promises and what a viewer relies on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.avatars.cast.glb import Glb, read_glb

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "static" / "cast"
CAST: list[dict[str, Any]] = json.loads((FOLDER / "cast.json").read_text())["heads"]
SIDED = [
    *("browDown", "browOuterUp", "cheekSquint", "eyeBlink", "eyeLookDown", "eyeLookIn", "eyeLookOut", "eyeLookUp"),
    *("eyeSquint", "eyeWide", "jaw", "mouth", "mouthDimple", "mouthFrown", "mouthLowerDown", "mouthPress"),
    *("mouthSmile", "mouthStretch", "mouthUpperUp", "noseSneer"),
]
SINGLE = [
    *("browInnerUp", "cheekPuff", "jawForward", "jawOpen", "mouthClose", "mouthFunnel", "mouthPucker"),
    *("mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "tongueOut"),
]
ARKIT = sorted(SINGLE + [name + side for name in SIDED for side in ("Left", "Right")])

each_head = pytest.mark.parametrize("row", CAST, ids=lambda row: row["slug"])


@cache
def load(slug: str) -> Glb:
    return read_glb(FOLDER / f"{slug}.glb")


def test_it_lists_every_head_file_once() -> None:
    assert sorted(row["file"] for row in CAST) == sorted(file.name for file in FOLDER.glob("*.glb"))
    assert len({row["slug"] for row in CAST}) == len(CAST) >= 4
    assert {row["voice_gender"] for row in CAST} == {"female", "male"}


@each_head
def test_it_agrees_with_the_file(row: dict[str, Any]) -> None:
    assert (FOLDER / row["file"]).stat().st_size == row["bytes"] <= 1_200_000
    assert row["licence"] == "CC0-1.0"
    assert row["name"] and row["description"]
    with Image.open(FOLDER / row["portrait"]) as portrait:
        assert (portrait.format, portrait.size) == ("WEBP", (512, 512))


@each_head
def test_it_carries_the_52_arkit_channels(row: dict[str, Any]) -> None:
    assert len(ARKIT) == 52
    skin = load(row["slug"]).mesh("skin")
    assert skin["extras"]["targetNames"] == ARKIT
    assert len(skin["primitives"][0]["targets"]) == 52


@each_head
def test_it_stays_light_enough_for_a_phone(row: dict[str, Any]) -> None:
    assert 10_000 < load(row["slug"]).triangles() < 30_000


@each_head
def test_it_turns_the_head_and_leaves_the_shoulders(row: dict[str, Any]) -> None:
    glb = load(row["slug"])
    nodes = glb.document["nodes"]
    assert [nodes[joint]["name"] for joint in glb.document["skins"][0]["joints"]] == ["body", "head"]
    height, share = glb.attribute("skin", "POSITION")[:, 1], glb.attribute("skin", "WEIGHTS_0")[:, 1]
    assert share[height > -0.05].min() > 0.98
    assert share[height < -0.165].max() < 0.02
    inside = {nodes[child]["name"] for child in glb.node("head")["children"]}
    assert {"eyes", "teeth", "tongue", "mouth", "lash"} <= inside
    assert "cloth" not in inside


@each_head
def test_it_binds_the_head_where_it_stands(row: dict[str, Any]) -> None:
    """At rest the joint's place and its inverse bind matrix cancel, so nothing jumps when a viewer skins the mesh."""
    glb = load(row["slug"])
    inverse = glb.accessor(glb.document["skins"][0]["inverseBindMatrices"]).reshape(2, 4, 4)
    place = np.array(glb.node("head")["translation"])
    assert np.allclose(inverse[0], np.eye(4))
    assert np.allclose(inverse[1][3, :3] + place, 0, atol=1e-6)
    assert np.allclose(np.array(glb.node("teeth")["translation"]) + place, 0, atol=1e-6)


@each_head
def test_it_closes_the_lips_that_the_jaw_opens(row: dict[str, Any]) -> None:
    gap = row["gap"]
    assert gap["jawOpen"] > 20
    assert abs(gap["jawOpen"] + gap["mouthClose"]) < 3
    assert gap["mouthFunnel"] > 4
    assert abs(gap.get("mouthSmileLeft", 0)) < 3


@each_head
def test_it_moves_only_the_side_a_channel_names(row: dict[str, Any]) -> None:
    glb = load(row["slug"])
    side = glb.attribute("skin", "POSITION")[:, 0]
    blink = np.abs(glb.deltas("skin", "eyeBlinkLeft")).max(1)
    assert blink[side > 0.01].max() > 0.004
    assert blink[side < -0.01].max() == 0


@each_head
def test_it_shows_the_tongue_without_moving_the_lips(row: dict[str, Any]) -> None:
    glb = load(row["slug"])
    assert glb.deltas("tongue", "tongueOut")[:, 2].max() > 0.02
    assert np.abs(glb.deltas("skin", "tongueOut")).max() == 0


@each_head
def test_it_rounds_the_lips_evenly(row: dict[str, Any]) -> None:
    """A pucker narrows the mouth from both corners alike."""
    glb = load(row["slug"])
    place, pucker = glb.attribute("skin", "POSITION"), glb.deltas("skin", "mouthPucker")
    mouth = (np.abs(place[:, 1] + 0.055) < 0.012) & (place[:, 2] > 0)
    left, right = (pucker[mouth & (place[:, 0] * sign > 0.012), 0].copy() for sign in (1, -1))
    assert left.min() < -0.003
    assert abs(left.min() + right.max()) < 0.0008


def test_it_passes_the_khronos_validator() -> None:
    folder = Path(os.environ.get("VISAVIS_GLTF_VALIDATOR") or ROOT / "clients/web/node_modules/gltf-validator")
    node = shutil.which("node")
    if node is None or not folder.is_dir():
        pytest.skip("gltf-validator is not installed: npm install in clients/web")
    command = [node, str(ROOT / "avatars/cast/validate.mjs"), str(folder), *(str(FOLDER / row["file"]) for row in CAST)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    results = json.loads(run.stdout)
    assert len(results) == len(CAST)
    assert all(result["errors"] == 0 for result in results.values())
