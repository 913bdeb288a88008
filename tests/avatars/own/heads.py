"""Small GLB heads for tests: one triangle with as many morph targets as are named."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]
TRIANGLE = struct.pack("<9f", 0, 0, 0, 1, 0, 0, 0, 1, 0)


def document_of(names: Sequence[str]) -> Json:
    """glTF of a triangle whose targets all move it by itself."""
    accessor = {"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3", "min": [0, 0, 0], "max": [1, 1, 0]}
    primitive = {"attributes": {"POSITION": 0}, "targets": [{"POSITION": 0}] * len(names)}
    return {
        "asset": {"version": "2.0", "copyright": "somebody"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "extras": {"author": "somebody"}}],
        "meshes": [{"primitives": [primitive], "extras": {"targetNames": list(names)}}],
        "accessors": [accessor],
        "bufferViews": [{"buffer": 0, "byteLength": len(TRIANGLE)}],
        "buffers": [{"byteLength": len(TRIANGLE)}],
    }


def glb_of(document: Json, binary: bytes = TRIANGLE) -> bytes:
    """`document` and its buffer as GLB."""
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(binary), 0x004E4942) + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def head(*names: str) -> bytes:
    """A head with these targets; ARKit's jawOpen alone where none are named."""
    return glb_of(document_of(names or ("jawOpen",)))


def read(glb: bytes) -> Json:
    """The JSON of a GLB."""
    (size,) = struct.unpack_from("<I", glb, 12)
    document: Json = json.loads(glb[20 : 20 + size])
    return document
