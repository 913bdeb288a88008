"""Read a GLB: its document, accessors (strided, quantised, sparse) and pictures. Refuses what it does not know."""

from __future__ import annotations

import io
import json
import struct
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, UnidentifiedImageError

from avatars.render.base import RenderFailed

Json = dict[str, Any]
Floats = NDArray[np.float32]

_KNOWN: Final = frozenset(
    {
        "KHR_mesh_quantization",
        "EXT_texture_webp",
        "KHR_materials_specular",
        "KHR_materials_unlit",
        "KHR_materials_emissive_strength",
    }
)
_WIDTH: Final = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
_TYPES: Final = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_TOP: Final = {5120: 127, 5121: 255, 5122: 32767, 5123: 65535}
_MAGIC, _JSON, _BINARY = 0x46546C67, 0x4E4F534A, 0x004E4942
_MOST_ELEMENTS: Final = 4_000_000
_MOST_PIXELS: Final = 4096 * 4096


def floats(values: ArrayLike) -> Floats:
    """float32 of numbers of any kind."""
    return np.asarray(values, np.float32)


class Glb:
    """A parsed file. Raises RenderFailed `glb_unreadable` or `glb_unsupported`."""

    def __init__(self, data: bytes) -> None:
        self.document, self._binary = _chunks(data)
        unknown = set(self.document.get("extensionsRequired", [])) - _KNOWN
        if unknown:
            raise RenderFailed("glb_unsupported", f"the file needs {', '.join(sorted(unknown))}")
        self._kept: dict[int, Floats] = {}

    def accessor(self, number: int) -> Floats:
        """Values (count, width) float32; normalised integers become -1 to 1 or 0 to 1."""
        if number not in self._kept:
            try:
                self._kept[number] = self._read(self.document["accessors"][number])
            except (KeyError, IndexError, ValueError, TypeError) as problem:
                raise RenderFailed("glb_unreadable", f"accessor {number} can't be read: {problem}") from problem
        return self._kept[number]

    def picture(self, texture: int) -> NDArray[np.uint8]:
        """The picture of a texture, (H, W, 4) sRGB with alpha."""
        try:
            entry = self.document["textures"][texture]
            webp = entry.get("extensions", {}).get("EXT_texture_webp", entry)
            image = Image.open(io.BytesIO(self._view(self.document["images"][webp["source"]]["bufferView"])))
            if image.width * image.height > _MOST_PIXELS:
                raise RenderFailed("glb_unsupported", f"texture {texture} is larger than 4096 x 4096")
            return np.asarray(image.convert("RGBA"))
        except (KeyError, IndexError, TypeError, OSError, UnidentifiedImageError) as problem:
            raise RenderFailed("glb_unreadable", f"texture {texture} can't be read: {problem}") from problem

    def _read(self, accessor: Json) -> Floats:
        count, width = int(accessor["count"]), _WIDTH[accessor["type"]]
        if not 0 < count <= _MOST_ELEMENTS:
            raise ValueError(f"{count} elements")
        kind = np.dtype(_TYPES[accessor["componentType"]])
        values = np.zeros((count, width), np.float64)
        if "bufferView" in accessor:
            values[:] = self._strided(accessor, kind, count, width)
        if "sparse" in accessor:
            self._scatter(values, accessor["sparse"], kind)
        if accessor.get("normalized"):
            values /= _TOP[accessor["componentType"]]
        return values.astype(np.float32)

    def _strided(self, accessor: Json, kind: np.dtype[Any], count: int, width: int) -> NDArray[Any]:
        view = self.document["bufferViews"][accessor["bufferView"]]
        size = width * kind.itemsize
        stride, start = view.get("byteStride", size), accessor.get("byteOffset", 0)
        data = self._view(accessor["bufferView"])
        if stride < size or start < 0 or start + stride * (count - 1) + size > len(data):
            raise ValueError("it reaches past its buffer view")
        return np.ndarray((count, width), kind, data, start, (stride, kind.itemsize))

    def _scatter(self, values: NDArray[np.float64], sparse: Json, kind: np.dtype[Any]) -> None:
        rows, chosen = sparse["indices"], sparse["values"]
        index = np.frombuffer(
            self._view(rows["bufferView"]), _TYPES[rows["componentType"]], sparse["count"], rows.get("byteOffset", 0)
        )
        data = self._view(chosen["bufferView"])
        given = np.frombuffer(data, kind, sparse["count"] * values.shape[1], chosen.get("byteOffset", 0))
        values[index] = given.reshape(len(index), -1)

    def _view(self, number: int) -> bytes:
        view = self.document["bufferViews"][number]
        start, length = view.get("byteOffset", 0), view["byteLength"]
        if view.get("buffer", 0) != 0 or start < 0 or start + length > len(self._binary):
            raise KeyError(f"buffer view {number} lies outside the file")
        return self._binary[start : start + length]


def _chunks(data: bytes) -> tuple[Json, bytes]:
    """Document and binary chunk of a file."""
    try:
        magic, version, length = struct.unpack_from("<III", data)
        if (magic, version) != (_MAGIC, 2) or length > len(data):
            raise ValueError("it is no GLB of version 2")
        size, kind = struct.unpack_from("<II", data, 12)
        document = json.loads(data[20 : 20 + size])
        if kind != _JSON or not isinstance(document, dict):
            raise ValueError("its first chunk is no JSON object")
        start = 20 + size
        if start == length:
            return document, b""
        size, kind = struct.unpack_from("<II", data, start)
        if kind != _BINARY or start + 8 + size > len(data):
            raise ValueError("its binary chunk is damaged")
        return document, data[start + 8 : start + 8 + size]
    except (struct.error, ValueError) as problem:
        raise RenderFailed("glb_unreadable", f"the file is no readable GLB: {problem}") from problem
