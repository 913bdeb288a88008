"""Small VRM heads for tests: two meshes of one triangle with targets that can be told apart, a body, a head's bone."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from avatars.render.head.glb import Glb
from tests.avatars.own.heads import TRIANGLE, Json, glb_of, read

Binds = Sequence[tuple[int, int, float]]  # mesh, target, share
FACE, BROWS = 0, 1
TARGETS = ("open", "wide", "round", "smile", "lids")
BONE = 3


def moved(target: int) -> tuple[float, float, float]:
    """What the target adds to every vertex."""
    return (0.0, (target + 1) / 100, 0.0)


def document() -> tuple[Json, bytes]:
    """Nodes: 0 root → 1 face, 2 neck → 3 head bone → 4 brows. The neck leans by 90° about X, the bone stands askew."""
    deltas = b"".join(struct.pack("<9f", *moved(target) * 3) for target in range(len(TARGETS)))
    binary = TRIANGLE + deltas
    accessors = [
        {"bufferView": 0, "byteOffset": 36 * at, "componentType": 5126, "count": 3, "type": "VEC3"}
        for at in range(1 + len(TARGETS))
    ]
    primitive = {"attributes": {"POSITION": 0}, "targets": [{"POSITION": 1 + at} for at in range(len(TARGETS))]}
    half = 0.5**0.5
    nodes: list[Json] = [
        {"name": "root", "children": [1, 2]},
        {"name": "face", "mesh": FACE},
        {"name": "neck", "translation": [0, 1, 0], "rotation": [half, 0, 0, half], "children": [BONE]},
        {"name": "J_Bip_C_Head", "translation": [0, 0.1, 0], "rotation": [0, 0, half, half], "children": [4]},
        {"name": "Head", "mesh": BROWS},
    ]
    made: Json = {
        "asset": {"version": "2.0"},
        "scenes": [{"nodes": [0]}],
        "nodes": nodes,
        "meshes": [{"primitives": [primitive], "extras": {"targetNames": list(TARGETS)}}, {"primitives": [dict(primitive)]}],
        "accessors": accessors,
        "bufferViews": [{"buffer": 0, "byteLength": len(binary)}],
        "buffers": [{"byteLength": len(binary)}],
    }
    return made, binary


def vrm0(groups: Mapping[str, Binds], **more: Any) -> bytes:
    """A VRM 0 with expressions by the names of presets, or their own where they are no presets."""
    made, binary = document()
    presets = {"a", "i", "u", "e", "o", "blink", "joy", "angry", "sorrow", "fun", "blink_l", "blink_r"}
    listed = [
        {
            "name": name.upper(),
            "presetName": name if name in presets else "unknown",
            "binds": [{"mesh": mesh, "index": index, "weight": share * 100} for mesh, index, share in binds],
        }
        for name, binds in groups.items()
    ]
    bones = [{"bone": "hips", "node": 0}, {"bone": "head", "node": BONE}]
    said = {"blendShapeMaster": {"blendShapeGroups": listed}, "humanoid": {"humanBones": bones}, "meta": {"title": "somebody"}}
    made |= {"extensions": {"VRM": said}, "extensionsUsed": ["VRM"]} | more
    return glb_of(made, binary)


def vrm1(preset: Mapping[str, Binds], custom: Mapping[str, Binds] | None = None) -> bytes:
    """A VRM 1 with these expressions."""
    made, binary = document()
    node_of = {FACE: 1, BROWS: 4}

    def shape(groups: Mapping[str, Binds]) -> Json:
        return {
            name: {"morphTargetBinds": [{"node": node_of[mesh], "index": at, "weight": share} for mesh, at, share in binds]}
            for name, binds in groups.items()
        }

    said = {
        "specVersion": "1.0",
        "expressions": {"preset": shape(preset), "custom": shape(custom or {})},
        "humanoid": {"humanBones": {"head": {"node": BONE}}},
    }
    made |= {"extensions": {"VRMC_vrm": said}, "extensionsUsed": ["VRMC_vrm"], "extensionsRequired": ["VRMC_vrm"]}
    return glb_of(made, binary)


def targets_of(glb: bytes, mesh: int) -> dict[str, tuple[float, ...]]:
    """What each target adds to a mesh's first vertex, by name."""
    made = read(glb)["meshes"][mesh]
    reader = Glb(glb)
    values = [np.round(reader.accessor(one["POSITION"])[0], 5).tolist() for one in made["primitives"][0]["targets"]]
    names = made["extras"]["targetNames"]
    assert len(names) == len(values)
    return {name: tuple(value) for name, value in zip(names, values, strict=True)}
