"""The numbers in the buffer of a glTF file: all finite, indices below what they count, and not more than anybody draws."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatars.refusals import Refused

Json = dict[str, Any]
TYPES = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
PARTS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
MOST_VALUES = 40_000_000  # many accessors may share one view: what is read in all
FURTHEST = 1e6  # metres: nothing of a head lies beyond it, and float32 has no detail left there
_FLOAT = 5126


def check_values(document: Json, binary: bytes) -> None:
    """Raises ValueError for numbers that mean nothing, Refused (head_too_complex) for too many. Reach was checked before."""
    accessors: list[Json] = document["accessors"]
    if sum(one["count"] * PARTS[one["type"]] for one in accessors) > MOST_VALUES:  # also zeros, which readers make room for
        raise Refused("head_too_complex")
    for accessor in accessors:
        if accessor["componentType"] == _FLOAT:
            _check_floats(_read(document, binary, accessor))
        if sparse := accessor.get("sparse"):
            _check_sparse(document, binary, accessor, sparse)
    for mesh in document["meshes"]:
        for primitive in mesh["primitives"]:
            _check_indices(document, binary, primitive)


def _check_sparse(document: Json, binary: bytes, accessor: Json, sparse: Json) -> None:
    rows = _read(document, binary, {"type": "SCALAR", "count": sparse["count"], **sparse["indices"]})
    given = {"type": accessor["type"], "componentType": accessor["componentType"], "count": sparse["count"]}
    if accessor["componentType"] == _FLOAT:
        _check_floats(_read(document, binary, given | sparse["values"]))
    if rows.size and int(rows.max()) >= accessor["count"]:
        raise ValueError("a sparse value stands outside of its accessor")


def _check_indices(document: Json, binary: bytes, primitive: Json) -> None:
    if "indices" not in primitive:
        return
    count = document["accessors"][primitive["attributes"]["POSITION"]]["count"]
    indices = _read(document, binary, document["accessors"][primitive["indices"]])
    if indices.size and int(indices.max()) >= count:
        raise ValueError("a triangle names a vertex that its mesh lacks")


def _check_floats(values: NDArray[Any]) -> None:
    if values.size and not float(np.abs(values).max()) <= FURTHEST:  # NaN is not below anything
        raise ValueError("a number is not finite")


def _read(document: Json, binary: bytes, accessor: Json) -> NDArray[Any]:
    """(count, parts) as they are stored; nothing for an accessor without a view, which is zeros."""
    kind, width, count = np.dtype(TYPES[accessor["componentType"]]), PARTS[accessor["type"]], accessor["count"]
    if "bufferView" not in accessor or not count:
        return np.zeros((0, width), kind)
    view = document["bufferViews"][accessor["bufferView"]]
    start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
    stride = view.get("byteStride", 0) or width * kind.itemsize
    return np.ndarray((count, width), kind, binary, start, (stride, kind.itemsize))
