"""Binary side of a glTF file: buffer views, quantised and sparse accessors, WebP images."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from avatars.cast.arrays import Floats, Ints, Pixels
from avatars.glb import Json, packed

BYTE, UBYTE, SHORT, USHORT, FLOAT = 5120, 5121, 5122, 5123, 5126
TYPES: dict[int, str] = {BYTE: "<i1", UBYTE: "<u1", SHORT: "<i2", USHORT: "<u2", FLOAT: "<f4"}
SCALE = {BYTE: 127, UBYTE: 255, SHORT: 32767, USHORT: 65535}
VERTICES, INDICES = 34962, 34963  # glTF buffer view targets
VECTOR = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}


def quantised(values: Floats, component: int) -> NDArray[Any]:
    """Numbers in -1 to 1 (0 to 1 for unsigned) as normalised integers of a glTF component type; floats stay."""
    if component == FLOAT:
        return values.astype(TYPES[component])
    top = SCALE[component]
    low = 0 if component in (UBYTE, USHORT) else -top
    return np.clip(np.round(values * top), low, top).astype(TYPES[component])


class Buffers:
    """Grows one binary chunk with its accessors, views, images and textures.

    `joint_count` is the size of the largest skinned part.
    """

    def __init__(self, joint_count: int) -> None:
        self.bytes = bytearray()
        self.views: list[Json] = []
        self.accessors: list[Json] = []
        self.images: list[Json] = []
        self.textures: list[Json] = []
        self._pictures: dict[bytes, int] = {}
        self._zeros: dict[tuple[int, int], int] = {}
        self._joints: int | None = None
        self._joint_count = joint_count

    def vertices(self, values: Floats, component: int, *, bounds: bool = False) -> int:
        """An accessor of vertex data (n, k), each element padded to four bytes."""
        data = quantised(values, component)
        count, width = data.shape
        stride = -(-width * data.itemsize // 4) * 4
        padded = np.zeros((count, stride // data.itemsize), data.dtype)
        padded[:, :width] = data
        view = self._view(padded.tobytes(), target=VERTICES, byteStride=stride)
        accessor: Json = {"bufferView": view, "componentType": component, "count": count, "type": VECTOR[width]}
        if component != FLOAT:
            accessor["normalized"] = True
        if bounds:
            accessor |= {"min": data.min(0).tolist(), "max": data.max(0).tolist()}
        return self._accessor(accessor)

    def both_joints(self, count: int) -> int:
        """An accessor of `count` times the joints (0, 1, 0, 0). All of them share one view."""
        if self._joints is None:
            self._joints = self._view(bytes((0, 1, 0, 0)) * self._joint_count, target=VERTICES, byteStride=4)
        return self._accessor({"bufferView": self._joints, "componentType": UBYTE, "count": count, "type": "VEC4"})

    def indices(self, faces: Ints) -> int:
        """An accessor of triangle indices; at most 65,535 vertices."""
        view = self._view(faces.astype("<u2").tobytes(), target=INDICES)
        return self._accessor({"bufferView": view, "componentType": USHORT, "count": faces.size, "type": "SCALAR"})

    def matrices(self, values: Floats) -> int:
        """An accessor of column-major 4 x 4 matrices (k, 16)."""
        view = self._view(values.astype("<f4").tobytes())
        return self._accessor({"bufferView": view, "componentType": FLOAT, "count": len(values), "type": "MAT4"})

    def sparse(self, values: Floats, component: int, threshold: int) -> int:
        """A sparse accessor of (n, 3) deltas that leaves out rows whose steps all stay within `threshold`."""
        data = quantised(values, component)
        rows = np.flatnonzero(np.abs(data.astype(int)).max(1) > threshold)
        key = (component, len(data))
        if not len(rows) and key in self._zeros:
            return self._zeros[key]
        shown = data[rows] if len(rows) == len(data) else np.concatenate([data[rows], np.zeros((1, 3), data.dtype)])
        accessor: Json = {"componentType": component, "count": len(data), "type": "VEC3", "normalized": True}
        accessor |= {"min": shown.min(0).tolist(), "max": shown.max(0).tolist()}
        if len(rows):
            indices = self._view(rows.astype("<u2").tobytes())
            numbers = self._view(np.ascontiguousarray(data[rows]).tobytes())
            accessor["sparse"] = {
                "count": len(rows),
                "indices": {"bufferView": indices, "componentType": USHORT},
                "values": {"bufferView": numbers},
            }
        number = self._accessor(accessor)
        if not len(rows):
            self._zeros[key] = number
        return number

    def texture(self, picture: Pixels, quality: int, effort: int = 6) -> int:
        """A texture from a picture, stored as WebP; the same picture is stored once. `effort`: 0 (fast) to 6 (small)."""
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "WEBP", quality=quality, method=effort)
        encoded = file.getvalue()
        if encoded not in self._pictures:
            self.images.append({"bufferView": self._view(encoded), "mimeType": "image/webp"})
            source = {"source": len(self.images) - 1}
            self.textures.append({"sampler": 0, "extensions": {"EXT_texture_webp": source}})
            self._pictures[encoded] = len(self.textures) - 1
        return self._pictures[encoded]

    def glb(self, document: Json, *, roots: list[int], pivot: Floats, extensions: Sequence[str]) -> bytes:
        """The file of a head: `document` is its asset, nodes, meshes, materials and samplers. Its skin has the joints 0 and 1,
        the second at `pivot`; the first two `extensions` are what nobody can draw it without."""
        shifted = np.eye(4)
        shifted[3, :3] = -pivot  # column-major: the translation is the last column
        inverse = self.matrices(np.stack([np.eye(4).ravel(), shifted.ravel()]))
        own: Json = {
            "scene": 0,
            "scenes": [{"nodes": roots}],
            "skins": [{"name": "neck", "joints": [0, 1], "inverseBindMatrices": inverse, "skeleton": 0}],
            "textures": self.textures,
            "images": self.images,
            "accessors": self.accessors,
            "bufferViews": self.views,
            "extensionsUsed": list(extensions),
            "extensionsRequired": list(extensions[:2]),
        }
        return packed(document | own, bytes(self.bytes))

    def _accessor(self, accessor: Json) -> int:
        self.accessors.append(accessor)
        return len(self.accessors) - 1

    def _view(self, data: bytes, **more: int) -> int:
        self.bytes.extend(b"\0" * (-len(self.bytes) % 4))
        self.views.append({"buffer": 0, "byteOffset": len(self.bytes), "byteLength": len(data), **more})
        self.bytes.extend(data)
        return len(self.views) - 1
