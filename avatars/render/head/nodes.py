"""Where a GLB's nodes stand: world matrices at rest, skins, and what turns with the head."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatars.render.base import RenderFailed
from avatars.render.head.glb import Floats, Glb, Json, floats

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A primitive in the scene.

    `place`: (n, 4, 4) or (1, 4, 4), from the mesh to the world at rest. `share`: (n,) or (1,), 0–1, how much of the head's
    turn each vertex takes.
    """

    name: str
    mesh: Json
    primitive: Json
    place: Matrix
    share: Floats


class Nodes:
    """The node tree. Raises RenderFailed `glb_unreadable` when it is no tree."""

    def __init__(self, glb: Glb) -> None:
        self._glb = glb
        self._nodes: list[Json] = glb.document.get("nodes", [])
        self._worlds: dict[int, Matrix] = {}
        self._headed: set[int] = set()
        self.head = next((i for i, node in enumerate(self._nodes) if node.get("name") in ("head", "Head")), None)
        for root in _roots(glb.document):
            self._walk(root, np.eye(4), headed=False)

    @property
    def joint(self) -> Matrix:
        """World matrix of the head joint; without one the scene's origin."""
        return np.eye(4) if self.head is None else self._worlds.get(self.head, np.eye(4))

    def placed(self) -> Iterator[Placed]:
        """Every triangle primitive of the scene."""
        for number in sorted(self._worlds):
            node = self._nodes[number]
            if "mesh" not in node:
                continue
            mesh = self._glb.document["meshes"][node["mesh"]]
            for primitive in mesh["primitives"]:
                if primitive.get("mode", 4) == 4:
                    yield self._place(number, node, mesh, primitive)

    def _place(self, number: int, node: Json, mesh: Json, primitive: Json) -> Placed:
        name = str(mesh.get("name", node.get("name", "")))
        if "skin" in node and "JOINTS_0" in primitive["attributes"]:
            place, share = self._skinned(self._glb.document["skins"][node["skin"]], primitive)
        else:
            place, share = self._worlds[number][None], floats([number in self._headed])
        return Placed(name=name, mesh=mesh, primitive=primitive, place=place, share=share)

    def _skinned(self, skin: Json, primitive: Json) -> tuple[Matrix, Floats]:
        joints: list[int] = skin["joints"]
        inverse = np.broadcast_to(np.eye(4), (len(joints), 4, 4))
        if "inverseBindMatrices" in skin:
            inverse = self._glb.accessor(skin["inverseBindMatrices"]).reshape(-1, 4, 4).swapaxes(1, 2).astype(np.float64)
        matrices = np.stack([self._worlds.get(joint, np.eye(4)) for joint in joints]) @ inverse[: len(joints)]
        turning = np.array([joint in self._headed for joint in joints], np.float32)
        index = self._glb.accessor(primitive["attributes"]["JOINTS_0"]).astype(np.int64)
        if index.max() >= len(joints):
            raise RenderFailed("glb_unreadable", "a vertex names a joint that its skin lacks")
        weights = self._glb.accessor(primitive["attributes"]["WEIGHTS_0"])
        weights = weights / np.maximum(weights.sum(1, keepdims=True), 1e-6)
        return np.einsum("nj,njab->nab", weights, matrices[index]), (weights * turning[index]).sum(1)

    def _walk(self, number: int, above: Matrix, *, headed: bool) -> None:
        if number in self._worlds or not 0 <= number < len(self._nodes):
            raise RenderFailed("glb_unreadable", "the nodes are no tree")
        node = self._nodes[number]
        self._worlds[number] = above @ _local(node)
        headed = headed or number == self.head
        if headed:
            self._headed.add(number)
        for child in node.get("children", []):
            self._walk(child, self._worlds[number], headed=headed)


def _roots(document: Json) -> list[int]:
    scenes = document.get("scenes", [])
    if not scenes:
        raise RenderFailed("glb_unreadable", "the file has no scene")
    roots: list[int] = scenes[document.get("scene", 0)].get("nodes", [])
    return roots


def _local(node: Json) -> Matrix:
    if "matrix" in node:
        return np.array(node["matrix"], np.float64).reshape(4, 4).T
    x, y, z, w = node.get("rotation", (0, 0, 0, 1))
    out = np.eye(4)
    out[:3, :3] = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    ) * np.array(node.get("scale", (1, 1, 1)))
    out[:3, 3] = node.get("translation", (0, 0, 0))
    return out
