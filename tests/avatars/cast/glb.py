"""Read back what the tests need of a GLB: its JSON, accessors with sparse values, and morph targets by name."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

WIDTH = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
DTYPE = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5126: "<f4"}
TOP = {5120: 127, 5121: 255, 5122: 32767, 5123: 65535}


@dataclass(frozen=True, slots=True, kw_only=True)
class Glb:
    """A parsed file: the JSON document and its binary chunk."""

    document: dict[str, Any]
    binary: bytes

    def mesh(self, name: str) -> dict[str, Any]:
        return next(mesh for mesh in self.document["meshes"] if mesh["name"] == name)

    def node(self, name: str) -> dict[str, Any]:
        return next(node for node in self.document["nodes"] if node["name"] == name)

    def attribute(self, mesh: str, name: str) -> NDArray[np.float64]:
        """One vertex attribute; normalised integers come back as -1 to 1."""
        return self.accessor(self.mesh(mesh)["primitives"][0]["attributes"][name])

    def deltas(self, mesh: str, channel: str) -> NDArray[np.float64]:
        """Position deltas of one channel in metres, (n, 3)."""
        names = self.mesh(mesh)["extras"]["targetNames"]
        return self.accessor(self.mesh(mesh)["primitives"][0]["targets"][names.index(channel)]["POSITION"])

    def accessor(self, number: int) -> NDArray[np.float64]:
        accessor = self.document["accessors"][number]
        dtype, width = np.dtype(DTYPE[accessor["componentType"]]), WIDTH[accessor["type"]]
        values = np.zeros((accessor["count"], width))
        if "bufferView" in accessor:
            view = self.document["bufferViews"][accessor["bufferView"]]
            stride = view.get("byteStride", width * dtype.itemsize)
            raw = np.frombuffer(self._bytes(accessor["bufferView"]), dtype)[: accessor["count"] * stride // dtype.itemsize]
            values = raw.reshape(accessor["count"], -1)[:, :width].astype(float)
        if "sparse" in accessor:
            sparse = accessor["sparse"]
            rows = np.frombuffer(self._bytes(sparse["indices"]["bufferView"]), "<u2")
            values[rows] = np.frombuffer(self._bytes(sparse["values"]["bufferView"]), dtype).reshape(-1, width)
        return values / TOP[accessor["componentType"]] if accessor.get("normalized") else values

    def triangles(self) -> int:
        accessors = self.document["accessors"]
        return sum(accessors[mesh["primitives"][0]["indices"]]["count"] // 3 for mesh in self.document["meshes"])

    def _bytes(self, view: int) -> bytes:
        entry = self.document["bufferViews"][view]
        return self.binary[entry["byteOffset"] : entry["byteOffset"] + entry["byteLength"]]


def read_glb(source: Path | bytes) -> Glb:
    """Parse a file or its bytes; the two chunks must fill it exactly."""
    data = source if isinstance(source, bytes) else source.read_bytes()
    magic, version, length = struct.unpack_from("<4sII", data)
    assert (magic, version, length) == (b"glTF", 2, len(data))
    text = struct.unpack_from("<I", data, 12)[0]
    return Glb(document=json.loads(data[20 : 20 + text]), binary=data[28 + text :])
