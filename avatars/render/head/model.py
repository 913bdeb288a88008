"""A head as arrays: every part at rest in the world, its morphs by channel, its surface and its textures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatars.face.channels import ARKIT
from avatars.render.base import RenderFailed
from avatars.render.head.glb import Floats, Glb, Json, floats
from avatars.render.head.nodes import Matrix, Nodes, Placed

_MOST_TRIANGLES: Final = 400_000
_SIDES: Final = {"_l": "left", "_r": "right"}
_BY_NAME: Final = {name.lower(): i for i, name in enumerate(ARKIT)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """How a part looks. `colour`: linear RGBA factor; `roughness` 0–1; `specular` factor on a reflectance of 0.04."""

    name: str
    colour: tuple[float, float, float, float]
    roughness: float
    specular: float
    both_sides: bool
    cutoff: float | None
    blend: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One primitive, metres in the world at rest.

    `positions`, `normals`: (n, 3); `faces`: (t, 3); `uv`: (n, 2); `colours`: (n, 4) linear; `share`: (n,) of the head's
    turn; `rough`: (n,) roughness; `morphs`: channel number → (n, 3) deltas of positions; `turns`: the same of normals;
    `picture`: (H, W, 4) sRGB or None.
    """

    surface: Surface
    positions: Floats
    normals: Floats
    faces: NDArray[np.int64]
    uv: Floats
    colours: Floats
    share: Floats
    rough: Floats
    morphs: dict[int, Floats]
    turns: dict[int, Floats]
    picture: NDArray[np.uint8] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """All parts of a file; `joint`: (4, 4) world matrix of the head joint, `whole` when there is none."""

    parts: tuple[Part, ...]
    joint: Matrix
    whole: bool

    def channels(self) -> set[str]:
        """The ARKit weights that move something."""
        return {ARKIT[number] for part in self.parts for number in part.morphs}


def load_head(path: Path) -> Head:
    """Read a GLB file. Raises RenderFailed `glb_missing`, `glb_unreadable`, `glb_unsupported` or `glb_too_large`."""
    try:
        return read_head(path.read_bytes())
    except OSError as problem:
        raise RenderFailed("glb_missing", f"{path.name} can't be read: {problem.strerror}") from problem


def read_head(data: bytes) -> Head:
    """Read the bytes of a GLB; raises like load_head."""
    glb = Glb(data)
    try:
        nodes = Nodes(glb)
        parts = tuple(_part(glb, placed, whole=nodes.head is None) for placed in nodes.placed())
    except (KeyError, IndexError, TypeError, ValueError) as problem:
        raise RenderFailed("glb_unreadable", f"the file contradicts itself: {problem!r}") from problem
    triangles = sum(len(part.faces) for part in parts)
    if not triangles:
        raise RenderFailed("glb_unreadable", "the file shows no triangles")
    if triangles > _MOST_TRIANGLES:
        raise RenderFailed("glb_too_large", f"{triangles} triangles; at most {_MOST_TRIANGLES}")
    return Head(parts=parts, joint=nodes.joint, whole=nodes.head is None)


def channel_number(name: str) -> int | None:
    """The channel a morph target means: any case, `_L` and `_R` for the sides, prefixes up to the last dot left out."""
    plain = name.rsplit(".", 1)[-1].lower()
    side = _SIDES.get(plain[-2:])
    return _BY_NAME.get(plain[:-2] + side if side else plain)


def _part(glb: Glb, placed: Placed, *, whole: bool) -> Part:
    attributes: Json = placed.primitive["attributes"]
    local = glb.accessor(attributes["POSITION"])[:, :3]
    count = len(local)
    faces = _faces(glb, placed.primitive, count)
    linear = placed.place[:, :3, :3].astype(np.float32)
    positions = _moved(local, linear) + placed.place[:, :3, 3].astype(np.float32)
    normals = _moved(glb.accessor(attributes["NORMAL"]), linear) if "NORMAL" in attributes else _smooth(positions, faces)
    material: Json = glb.document.get("materials", [{}])[placed.primitive.get("material", 0)]
    surface = _surface(placed.name, material)
    uv = glb.accessor(attributes["TEXCOORD_0"]) if "TEXCOORD_0" in attributes else np.zeros((count, 2), np.float32)
    return Part(
        surface=surface,
        positions=positions,
        normals=normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-6),
        faces=faces,
        uv=uv,
        colours=_colours(glb, attributes, count) * floats(surface.colour),
        share=np.broadcast_to(np.ones(1, np.float32) if whole else placed.share, (count,)).astype(np.float32),
        rough=_roughness(glb, material, surface.roughness, uv),
        morphs=_targets(glb, placed, "POSITION", linear),
        turns=_targets(glb, placed, "NORMAL", linear),
        picture=_picture(glb, material),
    )


def _moved(vectors: Floats, linear: Floats) -> Floats:
    moved: Floats = np.einsum("nab,nb->na", np.broadcast_to(linear, (len(vectors), 3, 3)), vectors)
    return moved


def _faces(glb: Glb, primitive: Json, count: int) -> NDArray[np.int64]:
    faces = np.arange(count // 3 * 3) if "indices" not in primitive else _indices(glb, primitive["indices"])
    if faces.size and not 0 <= faces.min() <= faces.max() < count:
        raise RenderFailed("glb_unreadable", "a triangle names a vertex that its part lacks")
    return faces.reshape(-1, 3)


def _indices(glb: Glb, accessor: int) -> NDArray[np.int64]:
    flat = glb.accessor(accessor).ravel().astype(np.int64)
    return flat[: len(flat) // 3 * 3]


def _smooth(positions: Floats, faces: NDArray[np.int64]) -> Floats:
    """Normals of the vertices where the file has none."""
    a, b, c = (positions[faces[:, i]] for i in range(3))
    out = np.zeros_like(positions)
    across = np.cross(b - a, c - a)
    for corner in range(3):
        np.add.at(out, faces[:, corner], across)
    return out


def _colours(glb: Glb, attributes: Json, count: int) -> Floats:
    out = np.ones((count, 4), np.float32)
    if "COLOR_0" in attributes:
        given = glb.accessor(attributes["COLOR_0"])
        out[:, : given.shape[1]] = given
    return out


def _surface(name: str, material: Json) -> Surface:
    base = material.get("pbrMetallicRoughness", {})
    extra = material.get("extensions", {}).get("KHR_materials_specular", {})
    mode = material.get("alphaMode", "OPAQUE")
    red, green, blue, alpha = (float(value) for value in base.get("baseColorFactor", (1, 1, 1, 1)))
    return Surface(
        name=str(material.get("name", name)).lower(),
        colour=(red, green, blue, alpha),
        roughness=float(base.get("roughnessFactor", 1.0)),
        specular=float(extra.get("specularFactor", 1.0)),
        both_sides=bool(material.get("doubleSided", False)),
        cutoff=float(material.get("alphaCutoff", 0.5)) if mode == "MASK" else None,
        blend=mode == "BLEND",
    )


def _picture(glb: Glb, material: Json) -> NDArray[np.uint8] | None:
    texture = material.get("pbrMetallicRoughness", {}).get("baseColorTexture")
    return None if texture is None else glb.picture(texture["index"])


def _roughness(glb: Glb, material: Json, factor: float, uv: Floats) -> Floats:
    """Roughness of each vertex: the factor times the texture's green."""
    texture = material.get("pbrMetallicRoughness", {}).get("metallicRoughnessTexture")
    if texture is None:
        return np.full(len(uv), factor, np.float32)
    green = glb.picture(texture["index"])[..., 1]
    height, width = green.shape
    spots = np.floor((uv % 1.0) * (width, height)).astype(int)
    return floats(green[spots[:, 1].clip(0, height - 1), spots[:, 0].clip(0, width - 1)] / np.float32(255) * factor)


def _targets(glb: Glb, placed: Placed, kind: str, linear: Floats) -> dict[int, Floats]:
    names = placed.mesh.get("extras", {}).get("targetNames", [])
    out: dict[int, Floats] = {}
    for name, target in zip(names, placed.primitive.get("targets", []), strict=False):
        number = channel_number(str(name))
        if number is None or kind not in target:
            continue
        delta = _moved(glb.accessor(target[kind]), linear)
        if np.abs(delta).max() > 0:
            out[number] = delta
    return out
