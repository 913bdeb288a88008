"""GLB files that nobody should have written: always a clear refusal, or a head that holds what was checked."""

from __future__ import annotations

import copy
import math
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatars.refusals import REASONS, Refused
from avatars.render.base import RenderFailed
from avatars.render.head.model import read_head
from avatars.uploads.heads import PreparedHead, prepared_head
from tests.avatars.own import vrm
from tests.avatars.own.heads import TRIANGLE, Json, document_of, glb_of, head, read

ODD: tuple[Any, ...] = (
    None, True, -1, 0, 1, 2, 3, 7, 255, 2**31, 2**53, 10**40, 0.5, -0.0, 1e308, math.inf, "", "POSITION", "\x00", "\ud800", [],
    {}, [0], [[]], {"index": 9}, [0] * 300, {"extras": 1},
)  # fmt: skip
BASES = (head("jawOpen", "mouthClose"), vrm.vrm0({"a": [(0, 0, 0.5), (1, 1, 1.0)]}), vrm.vrm1({"aa": [(0, 0, 1.0), (0, 1, 0.5)]}))


def attempted(content: bytes) -> PreparedHead | None:
    """The head, or None where it was refused as it should be; nothing else ever comes."""
    try:
        made = prepared_head(content)
    except Refused as refused:
        assert refused.code in REASONS
        assert refused.code.startswith("head_")
        assert refused.hint
        return None
    again = prepared_head(made.glb)  # what we keep is what we would take
    assert again.report["vertices"] == made.report["vertices"]
    try:
        parts = read_head(made.glb).parts
    except RenderFailed:  # it can't be drawn here; a browser may
        return made
    assert all(np.isfinite(part.positions).all() for part in parts)
    return made


def code_of(content: bytes) -> str:
    with pytest.raises(Refused) as refused:
        prepared_head(content)
    return refused.value.code


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value of a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, one in inner for place in places(one, (*path, key)))]


def parted(content: bytes) -> tuple[Json, bytes]:
    """Document and buffer of a file of ours."""
    (size,) = struct.unpack_from("<I", content, 12)
    return read(content), content[28 + size :]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_it_survives_any_document(data: st.DataObject) -> None:
    document, binary = parted(data.draw(st.sampled_from(BASES)))
    changed: Any = copy.deepcopy(document)
    for _ in range(data.draw(st.integers(1, 3))):
        *way, last = data.draw(st.sampled_from([place for place in places(changed) if place]))
        holder = changed
        for key in way:
            holder = holder[key]
        if isinstance(holder, dict) and data.draw(st.booleans()):
            del holder[last]
        else:
            holder[last] = copy.deepcopy(data.draw(st.sampled_from(ODD)))
    attempted(glb_of(changed, binary))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(BASES), st.integers(0, 27), st.binary(min_size=1, max_size=8), st.integers(0, 60))
def test_it_survives_any_header(content: bytes, at: int, noise: bytes, cut: int) -> None:
    changed = bytearray(content)
    changed[at : at + len(noise)] = noise
    attempted(bytes(changed[: len(changed) - cut]))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(BASES), st.data())
def test_it_survives_any_buffer(content: bytes, data: st.DataObject) -> None:
    document, binary = parted(content)
    changed = bytearray(binary)
    at = data.draw(st.integers(0, len(binary) // 4 - 1)) * 4
    number = data.draw(st.floats(width=32) | st.sampled_from([math.nan, math.inf, -math.inf, 3e38]))
    struct.pack_into("<f", changed, at, number)
    made = attempted(glb_of(document, bytes(changed)))
    if not abs(number) <= 1e6 and binary[at:]:
        assert made is None


@given(st.integers(2, 40), st.data())
def test_it_refuses_nodes_that_lead_in_circles(count: int, data: st.DataObject) -> None:
    document = document_of(["jawOpen"])
    document["nodes"] = [{"children": [at + 1]} for at in range(count - 1)] + [{"mesh": 0}]
    assert prepared_head(glb_of(document)).report["vertices"] == 3
    low = data.draw(st.integers(0, count - 1))
    high = data.draw(st.integers(low, count - 1))
    document["nodes"][high].setdefault("children", []).append(low)
    assert code_of(glb_of(document)) == "head_invalid"


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda d: d.update(skins=[{"joints": [0], "inverseBindMatrices": 0}]), "head_invalid"),
        (lambda d: d.update(skins=[{"joints": [1]}], nodes=[{"mesh": 0}, {"children": [1]}]), "head_invalid"),
        (lambda d: d.update(skins=[{"joints": [0] * 1_025}]), "head_invalid"),
        (lambda d: d["nodes"][0].update(mesh=1), "head_invalid"),
        (lambda d: d["nodes"][0].update(skin=0), "head_invalid"),
        (lambda d: d["nodes"][0].update(scale=[1, 1]), "head_invalid"),
        (lambda d: d["nodes"][0].update(translation=[0, 1e9, 0]), "head_invalid"),
        (lambda d: d["meshes"][0]["primitives"][0].update(material=0), "head_invalid"),
        (lambda d: d["meshes"][0]["primitives"][0].update(indices=0), "head_invalid"),
        (lambda d: d["meshes"][0]["primitives"][0].update(mode=9), "head_invalid"),
        (lambda d: d["meshes"][0]["primitives"][0]["attributes"].update(NORMAL=4), "head_invalid"),
        (lambda d: d.update(materials=[{"normalTexture": {"index": 0}}]), "head_invalid"),
        (lambda d: d.update(textures=[{"extensions": {"EXT_texture_webp": {"source": 0}}}]), "head_invalid"),
        (lambda d: d["accessors"].extend(d["accessors"] * 20_000), "head_too_complex"),
        (lambda d: d["accessors"].append({"componentType": 5126, "count": 2**31 - 1, "type": "VEC3"}), "head_too_complex"),
        (lambda d: d["bufferViews"][0].update(byteOffset=1, byteLength=35), "head_invalid"),
        (
            lambda d: d["materials"].append({}) if "materials" in d else d.update(materials=[{"alphaCutoff": 1e999}]),
            "head_invalid",
        ),
    ],
)
def test_it_follows_no_link_that_leads_nowhere(spoil: Any, code: str) -> None:
    document = document_of(["jawOpen"])
    spoil(document)
    assert code_of(glb_of(document)) == code


def test_it_counts_what_many_accessors_share() -> None:
    """A small file whose accessors would be read for gigabytes, and one whose targets would be held for as many."""
    count = 100_000
    buffer = bytes(12 * count)
    document = document_of(["jawOpen"])
    document["bufferViews"][0]["byteLength"] = len(buffer)
    document["accessors"] = [{"bufferView": 0, "componentType": 5126, "count": count, "type": "VEC3"}] * 10
    assert prepared_head(glb_of(document, buffer)).report["vertices"] == count
    document["accessors"] *= 100
    assert code_of(glb_of(document, buffer)) == "head_too_complex"
    document["accessors"] = document["accessors"][:1]
    document["meshes"][0]["primitives"][0]["targets"] *= 121
    assert code_of(glb_of(document, buffer)) == "head_too_complex"


def test_it_reads_indices_and_sparse_values() -> None:
    def made(index: int, row: int) -> bytes:
        document = document_of(["jawOpen"])
        binary = TRIANGLE + struct.pack("<HHH", 0, 1, index) + struct.pack("<H", row) + struct.pack("<3f", 0, 1, 0)
        document["bufferViews"] += [
            {"buffer": 0, "byteOffset": at, "byteLength": size} for at, size in ((36, 6), (42, 2), (44, 12))
        ]
        sparse = {"count": 1, "indices": {"bufferView": 2, "componentType": 5123}, "values": {"bufferView": 3}}
        document["accessors"] += [
            {"bufferView": 1, "componentType": 5123, "count": 3, "type": "SCALAR"},
            {"componentType": 5126, "count": 3, "type": "VEC3", "sparse": sparse},
        ]
        document["meshes"][0]["primitives"][0] |= {"indices": 1, "targets": [{"POSITION": 2}]}
        return glb_of(document, binary)

    assert prepared_head(made(2, 2)).report["mapped"] == {"jawOpen": "jawOpen"}
    assert code_of(made(3, 2)) == code_of(made(2, 3)) == "head_invalid"


def test_it_keeps_only_what_the_scene_shows() -> None:
    document = document_of(["jawOpen"])
    document["nodes"] += [{"camera": 0, "children": [1]}]  # a circle, in a scene that is not shown
    document["nodes"][0]["camera"] = 0
    document |= {"scenes": [{"nodes": [0]}, {"nodes": [1]}], "cameras": [{"type": "perspective"}]}
    kept = read(prepared_head(glb_of(document)).glb)
    assert (kept["scenes"], kept["scene"]) == ([{"nodes": [0]}], 0)
    assert "camera" not in str(kept)


def test_names_hold_nothing_that_can_not_be_kept() -> None:
    made = prepared_head(head("jawOpen\x00", "A\ud800", "mouth\x1bClose"))
    assert set(made.report["mapped"]) == {"jawOpen", "mouthClose"}
    assert "\\u0000" not in made.glb.decode("latin-1")
