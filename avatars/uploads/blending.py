"""Several morph targets, each by its share, as one more: the part of VRM's expressions that any viewer can draw."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatars.refusals import Refused
from avatars.render.head.glb import Glb
from avatars.uploads.links import Json
from avatars.uploads.vrm import Bind, Expression

_BLENDED = ("POSITION", "NORMAL")  # what viewers draw of a target
_WHOLE = 0.999
MOST_ADDED = 48_000_000  # bytes


class Blender:
    """Adds targets to the meshes of a document; `binary` grows."""

    def __init__(self, document: Json, binary: bytes, reader: Glb) -> None:
        self._document, self._reader = document, reader
        self._binary = bytearray(binary)
        self._first = len(binary)

    @property
    def binary(self) -> bytes:
        """The buffer with what was added."""
        return bytes(self._binary)

    def add(self, names: Mapping[int, list[str]], found: Mapping[str, Expression]) -> None:
        """Make each expression a target called as its weight: one that is a whole target alone gets the name, others are
        blended. `names`: those of the targets, by mesh; changed. Raises Refused (head_too_complex)."""
        for weight, expression in found.items():
            binds: dict[int, list[Bind]] = defaultdict(list)
            for bind in expression.binds:
                binds[bind.mesh].append(bind)
            for mesh, together in binds.items():
                self._add_to(mesh, weight, together, names[mesh], set(found))

    def _add_to(self, mesh: int, weight: str, binds: Sequence[Bind], names: list[str], taken: set[str]) -> None:
        first = binds[0]
        if len(binds) == 1 and first.share >= _WHOLE and names[first.target] not in taken:
            names[first.target] = weight
            return
        names.append(weight)
        holder = self._document["meshes"][mesh]
        for primitive in holder["primitives"]:
            primitive["targets"].append(self._blended(primitive, binds))
        for one in (holder, *(node for node in self._document["nodes"] if node.get("mesh") == mesh)):
            if "weights" in one:
                one["weights"] = [*one["weights"], 0.0]

    def _blended(self, primitive: Json, binds: Sequence[Bind]) -> Json:
        targets = primitive["targets"]
        wanted = [name for name in _BLENDED if any(name in target for target in targets)]
        return {name: self._stored(self._sum(primitive, binds, name)) for name in wanted}

    def _sum(self, primitive: Json, binds: Sequence[Bind], name: str) -> NDArray[np.float32]:
        count = self._document["accessors"][primitive["attributes"]["POSITION"]]["count"]
        total = np.zeros((count, 3), np.float32)
        for bind in binds:
            target = primitive["targets"][bind.target]
            if name in target:
                total += np.float32(bind.share) * self._reader.accessor(target[name])
        return total

    def _stored(self, values: NDArray[np.float32]) -> int:
        self._binary += b"\0" * (-len(self._binary) % 4)
        if len(self._binary) - self._first + values.nbytes > MOST_ADDED:
            raise Refused("head_too_complex")
        views: list[Json] = self._document["bufferViews"]
        accessors: list[Json] = self._document["accessors"]
        views.append({"buffer": 0, "byteOffset": len(self._binary), "byteLength": values.nbytes})
        self._binary += values.astype("<f4").tobytes()
        accessors.append(
            {"bufferView": len(views) - 1, "componentType": 5126, "count": len(values), "type": "VEC3"} | _bounds(values)
        )
        return len(accessors) - 1


def _bounds(values: NDArray[np.float32]) -> dict[str, Any]:
    return {"min": values.min(0).tolist(), "max": values.max(0).tolist()} if len(values) else {}
