"""GLB files as the renderer reads them, good and damaged."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from avatars.face.channels import ARKIT
from avatars.render.base import RenderFailed
from avatars.render.head.model import channel_number, load_head, read_head
from tests.avatars.cast.glb import read_glb
from tests.avatars.render.head.looks import CAST, head

ADA = (CAST / "ada.glb").read_bytes()


def rewritten(change: dict[str, Any]) -> bytes:
    """Ada's file with top-level entries of its document changed."""
    size = struct.unpack_from("<I", ADA, 12)[0]
    text = json.dumps(json.loads(ADA[20 : 20 + size]) | change).encode()
    text += b" " * (-len(text) % 4)
    rest = ADA[20 + size :]
    return struct.pack("<4sIIII", b"glTF", 2, 20 + len(text) + len(rest), len(text), 0x4E4F534A) + text + rest


def refused(data: bytes) -> str:
    with pytest.raises(RenderFailed) as caught:
        read_head(data)
    return caught.value.code


def test_it_reads_what_the_cast_was_written_with() -> None:
    other = read_glb(ADA)
    skin = next(part for part in head("ada").parts if part.surface.name == "skin")
    assert np.allclose(skin.positions, other.attribute("skin", "POSITION"), atol=1e-6)
    jaw = skin.morphs[ARKIT.index("jawOpen")]
    assert np.allclose(jaw, other.deltas("skin", "jawOpen"), atol=1e-6)
    assert sum(len(part.faces) for part in head("ada").parts) == other.triangles()


def test_it_places_parts_below_a_joint_in_the_world() -> None:
    eyes = next(part for part in head("ada").parts if part.surface.name == "eyes")
    assert np.abs(eyes.positions.mean(0)[:2]).max() < 0.002
    assert (eyes.share == 1).all()
    cloth = next(part for part in head("ada").parts if part.surface.name == "cloth")
    assert (cloth.share == 0).all()


def test_it_finds_all_channels_but_those_that_move_nothing() -> None:
    assert len(head("ada").channels()) == 52


@pytest.mark.parametrize(
    ("name", "meant"),
    [("jawOpen", "jawOpen"), ("Face.JAWOPEN", "jawOpen"), ("mouthSmile_L", "mouthSmileLeft"), ("eyeblink_r", "eyeBlinkRight")],
)
def test_it_knows_channels_by_other_spellings(name: str, meant: str) -> None:
    assert channel_number(name) == ARKIT.index(meant)


def test_it_leaves_morphs_of_other_kinds_alone() -> None:
    assert channel_number("viseme_PP") is None


@pytest.mark.parametrize("data", [b"", b"glTF", ADA[:-40], b"PK" + ADA[2:], ADA[:20] + b"{" * 40 + ADA[60:]])
def test_it_refuses_what_is_no_glb(data: bytes) -> None:
    assert refused(data) == "glb_unreadable"


def test_it_refuses_compression_that_it_does_not_know() -> None:
    assert refused(rewritten({"extensionsRequired": ["EXT_meshopt_compression"]})) == "glb_unsupported"


def test_it_refuses_nodes_that_form_a_circle() -> None:
    assert refused(rewritten({"nodes": [{"children": [1]}, {"children": [0]}], "scenes": [{"nodes": [0]}]})) == "glb_unreadable"


def test_it_refuses_numbers_that_point_outside() -> None:
    assert refused(rewritten({"bufferViews": []})) == "glb_unreadable"
    assert refused(rewritten({"accessors": []})) == "glb_unreadable"
    assert refused(rewritten({"scenes": []})) == "glb_unreadable"


def test_it_says_so_when_the_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(RenderFailed) as caught:
        load_head(tmp_path / "none.glb")
    assert caught.value.code == "glb_missing"
