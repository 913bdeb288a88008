"""A glTF document and its buffer as one GLB file (glTF 2.0, 4.4). Knows nothing of what is in them."""

from __future__ import annotations

import json
import struct
from typing import Any

Json = dict[str, Any]
_HEADER, _CHUNK = struct.Struct("<4sII"), struct.Struct("<I4s")


def packed(document: Json, binary: bytes) -> bytes:
    """The file; `buffers` of `document` is set. Raises ValueError for numbers that JSON doesn't have."""
    binary += b"\0" * (-len(binary) % 4)
    document["buffers"] = [{"byteLength": len(binary)}]
    text = json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-len(text) % 4)
    chunks = _CHUNK.pack(len(text), b"JSON") + text + _CHUNK.pack(len(binary), b"BIN\0") + binary
    return _HEADER.pack(b"glTF", 2, _HEADER.size + len(chunks)) + chunks
