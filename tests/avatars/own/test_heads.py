"""GLB heads of strangers: taken apart within limits, their morph targets under the names that the viewer knows."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatars.face.channels import ARKIT
from avatars.refusals import Refused
from avatars.uploads.heads import prepared_head
from avatars.uploads.morphs import mapped
from tests.avatars.own.conftest import picture
from tests.avatars.own.heads import TRIANGLE, Json, document_of, glb_of, head, read

CAST = Path(__file__).resolve().parents[3] / "static" / "cast"
Spoil = Callable[[Json], Any]


def code_of(content: bytes) -> str:
    with pytest.raises(Refused) as refused:
        prepared_head(content)
    return refused.value.code


@pytest.mark.parametrize("path", sorted(CAST.glob("*.glb")), ids=lambda path: path.stem)
def test_it_takes_the_cast_as_it_is(path: Path) -> None:
    made = prepared_head(path.read_bytes())
    assert (list(made.report["mapped"]), made.report["missing"]) == (list(ARKIT), [])
    assert prepared_head(made.glb).glb == made.glb


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("JAWOPEN", "eyeBlink_L", "eyeBlink_R"), {"jawOpen": 0, "eyeBlinkLeft": 1, "eyeBlinkRight": 2}),
        (("Head.jawOpen", "mesh:mouthSmile_left", "browDown.R"), {"jawOpen": 0, "mouthSmileLeft": 1, "browDownRight": 2}),
        (("viseme_aa", "viseme_O", "viseme_U", "viseme_PP"), {"jawOpen": 0, "mouthFunnel": 1, "mouthPucker": 2, "mouthClose": 3}),
        (("A", "I", "U", "E", "O", "Blink_L", "Joy"), {"jawOpen": 0, "mouthPucker": 2, "eyeBlinkLeft": 5, "mouthSmileLeft": 6}),
        (("Fcl_MTH_A", "Fcl_EYE_Close_R", "Fcl_ALL_Angry"), {"jawOpen": 0, "eyeBlinkRight": 1, "browDownLeft": 2}),
        (("viseme_aa", "jawOpen"), {"jawOpen": 1}),
        (("nose_wiggle",), {}),
    ],
    ids=["ARKit", "prefixes", "Oculus", "VRM", "VRoid", "exact wins", "unknown"],
)
def test_it_knows_the_names_of_others(names: tuple[str, ...], expected: dict[str, int]) -> None:
    result = mapped(names)
    found = {weight: result.names.index(weight) for weight in result.known}
    assert expected.items() <= found.items()
    assert all(result.known[weight] == names[at] for weight, at in found.items())


@given(st.lists(st.sampled_from([*ARKIT, "A", "viseme_aa", "Blink", "x", "jawopen", "JawOpen", "joy"]), max_size=60))
def test_it_gives_every_weight_to_one_target(names: list[str]) -> None:
    result = mapped(names)
    assert len(result.names) == len(names)
    assert all(result.names.count(weight) == 1 for weight in result.known)
    assert {name for name in result.names if name in ARKIT} == set(result.known)


def test_it_writes_the_names_back_and_forgets_who_made_it() -> None:
    made = prepared_head(head("viseme_aa", "Blink_L", "hat"))
    document = read(made.glb)
    assert document["meshes"][0]["extras"] == {"targetNames": ["jawOpen", "eyeBlinkLeft", "hat"]}
    assert "somebody" not in str(document)
    assert made.report["mapped"] == {"eyeBlinkLeft": "Blink_L", "jawOpen": "viseme_aa"}
    assert len(made.report["missing"]) == 50


def spoiled(spoil: Spoil, binary: bytes = TRIANGLE) -> bytes:
    document = document_of(["jawOpen"])
    spoil(document)
    return glb_of(document, binary)


def _index(document: Json, count: int) -> None:
    """Indices that are nowhere in the buffer."""
    document["accessors"].append({"componentType": 5123, "count": count, "type": "SCALAR"})
    document["meshes"][0]["primitives"][0]["indices"] = 1


def _skin(document: Json, count: int) -> None:
    """A skin whose matrices are nowhere in the buffer."""
    document["accessors"].append({"componentType": 5126, "count": count, "type": "MAT4"})
    document["skins"] = [{"joints": [0], "inverseBindMatrices": 1}]


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda d: d["buffers"][0].update(uri="https://example.com/a.bin"), "head_external"),
        (lambda d: d["buffers"][0].update(uri="data:,"), "head_external"),
        (lambda d: d.update(images=[{"uri": "../../etc/passwd"}]), "head_external"),
        (lambda d: d["buffers"].append({"byteLength": 4}), "head_external"),
        (lambda d: d.update(extensionsRequired=["KHR_draco_mesh_compression"]), "head_extension"),
        (lambda d: d["bufferViews"][0].update(byteLength=37), "head_invalid"),
        (lambda d: d["bufferViews"][0].update(byteOffset=-4), "head_invalid"),
        (lambda d: d["accessors"][0].update(count=4), "head_invalid"),
        (lambda d: d["accessors"][0].update(count=2**40), "head_invalid"),
        (lambda d: d["accessors"][0].update(byteOffset=1e3), "head_invalid"),
        (lambda d: _index(d, 3), "head_invalid"),
        (lambda d: _skin(d, 1), "head_invalid"),
        (lambda d: d["nodes"][0].update(children=[0]), "head_invalid"),
        (lambda d: d["nodes"][0].update(scale=[1e999, 1, 1]), "head_invalid"),
        (lambda d: d["nodes"].extend([{}] * 2_000), "head_too_complex"),
        (lambda d: d["meshes"].extend(d["meshes"] * 200), "head_too_complex"),
        (lambda d: d["meshes"][0]["primitives"][0].update(targets=[{"POSITION": 0}] * 251), "head_too_complex"),
        (lambda d: d.update(images=[{"bufferView": 0}]), "head_invalid"),
        (lambda d: d.pop("meshes"), "head_invalid"),
        (lambda d: d["asset"].update(version="1.0"), "head_invalid"),
        (lambda d: d.update(meshes=7), "head_invalid"),
    ],
)
def test_it_refuses_what_is_wrong_with_a_reason(spoil: Spoil, code: str) -> None:
    assert prepared_head(glb_of(document_of(["jawOpen"]))).report["mapped"] == {"jawOpen": "jawOpen"}
    assert code_of(spoiled(spoil)) == code


def test_it_looks_at_textures_before_anybody_decodes_them() -> None:
    def with_texture(content: bytes) -> bytes:
        def add(document: Json) -> None:
            document["bufferViews"].append({"buffer": 0, "byteOffset": len(TRIANGLE), "byteLength": len(content)})
            document["images"] = [{"bufferView": 1, "mimeType": "image/png"}]

        return spoiled(add, TRIANGLE + content)

    good = picture(512, 512, kind="PNG")
    assert prepared_head(with_texture(good)).report["textures"] == 1
    vast = bytearray(good)
    struct.pack_into(">II", vast, 16, 5_000, 5_000)
    assert code_of(with_texture(bytes(vast))) == "head_too_complex"
    assert code_of(with_texture(b"GIF89a" + good)) == "head_invalid"


def test_it_refuses_a_nest_of_brackets() -> None:
    text = b'{"asset":' + b"[" * 100_000
    content = struct.pack("<4sIIII", b"glTF", 2, 20 + len(text), len(text), 0x4E4F534A) + text
    assert code_of(content) == "head_invalid"


@given(st.integers(0, 900), st.binary(min_size=1, max_size=8))
def test_it_never_breaks_on_damage(at: int, noise: bytes) -> None:
    content = bytearray(head("jawOpen", "mouthClose"))
    content[at : at + len(noise)] = noise
    try:
        prepared_head(bytes(content))
    except Refused as refused:
        assert refused.code.startswith("head_")
