"""Write a head as GLB: quantised, with sparse morph targets, WebP textures and a head joint."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from avatars.cast.arrays import Floats, present, vec
from avatars.cast.buffers import BYTE, FLOAT, SHORT, UBYTE, USHORT, Buffers
from avatars.cast.build import Head
from avatars.cast.mesh import Part
from avatars.cast.people import Person
from avatars.cast.units import index_of
from avatars.glb import Json

METRES = 0.1  # of a decimetre
EXTENSIONS = ("KHR_mesh_quantization", "EXT_texture_webp", "KHR_materials_specular")
CREDIT = "CC0 1.0; shaped from the MakeHuman base mesh, its targets and the ARKit face units (all CC0)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """Surface of a part: roughness and specular factors, and how it is drawn."""

    roughness: float
    specular: float | None = None
    double_sided: bool = False
    cutoff: float | None = None
    blend: bool = False
    threshold: int = 8  # deltas below this many steps of 1/32767 m are left out


FINISHES = {
    "skin": Finish(roughness=1.0),
    "eyes": Finish(roughness=0.10),
    "mouth": Finish(roughness=1.0, specular=0.15, threshold=12),
    "teeth": Finish(roughness=0.30, specular=0.7),
    "tongue": Finish(roughness=0.55, specular=0.5),
    "lash": Finish(roughness=1.0, specular=0.1, double_sided=True),
    "lidshade": Finish(roughness=1.0, specular=0.0, blend=True),
    "hair": Finish(roughness=0.52, specular=0.42, double_sided=True, cutoff=0.38),
    "beard": Finish(roughness=0.7, specular=0.3, double_sided=True, threshold=14),
    "cloth": Finish(roughness=0.92, specular=0.25, double_sided=True),
}
QUALITY = {"skin": 82, "hair": 60, "eyes": 60}


def head_to_glb(head: Head) -> bytes:
    """The whole file. The node `head` turns the head alone; the scene's origin is the middle of the eye line."""
    scene = _Scene(head)
    for part in head.parts:
        scene.add(part)
    return scene.packed()


class _Scene:
    def __init__(self, head: Head) -> None:
        self._head = head
        self._pivot = head.pivot * METRES
        skinned = [len(np.unique(part.faces)) for part in head.parts if part.head_share is not None]
        self._buffers = Buffers(joint_count=max(skinned))
        self._meshes: list[Json] = []
        self._materials: list[Json] = []
        joint = {"name": "head", "translation": np.round(self._pivot, 6).tolist(), "children": []}
        self._nodes: list[Json] = [{"name": "body", "children": [1]}, joint]
        self._roots = [0]

    def add(self, part: Part) -> None:
        """Add a mesh: fixed to the head, fixed to the body, or skinned between them."""
        part = _only_used(part)
        self._materials.append(self._material(part))
        primitive: Json = {
            "attributes": self._attributes(part),
            "indices": self._buffers.indices(part.faces),
            "material": len(self._materials) - 1,
        }
        mesh: Json = {"name": part.name, "primitives": [primitive]}
        names = [name for name, number in index_of().items() if _moves(part, number)]
        if names:
            primitive["targets"] = [self._target(part, index_of()[name]) for name in names]
            mesh |= {"weights": [0] * len(names), "extras": {"targetNames": names}}
        self._meshes.append(mesh)
        self._place(part, len(self._meshes) - 1)

    def _place(self, part: Part, mesh: int) -> None:
        node: Json = {"name": part.name, "mesh": mesh}
        self._nodes.append(node)
        number = len(self._nodes) - 1
        if part.head_share is None:
            node["translation"] = np.round(-self._pivot, 6).tolist()
            self._nodes[1]["children"].append(number)
        elif part.head_share.max() == 0:
            self._nodes[0]["children"].append(number)
        else:
            node["skin"] = 0
            self._roots.append(number)

    def _attributes(self, part: Part) -> Json:
        positions = part.positions * METRES
        normals = part.normals if part.normals is not None else part.smooth_normals()
        normals = np.where(np.abs(normals).max(1, keepdims=True) < 0.1, vec(0, 0, 1), normals)
        out: Json = {
            "POSITION": self._buffers.vertices(positions, SHORT, bounds=True),
            "NORMAL": self._buffers.vertices(normals, BYTE),
        }
        if part.uv is not None and part.textures:
            inside = part.uv.min() >= -1e-4 and part.uv.max() <= 1.0001
            out["TEXCOORD_0"] = self._buffers.vertices(part.uv, USHORT if inside else FLOAT)
        if part.colours is not None:
            out["COLOR_0"] = self._buffers.vertices(_linear(part), UBYTE)
        if part.head_share is not None and part.head_share.max() > 0:
            share = np.clip(np.round(part.head_share * 255), 1, 254) / 255
            nothing = np.zeros_like(share)
            out["JOINTS_0"] = self._buffers.both_joints(len(share))
            out["WEIGHTS_0"] = self._buffers.vertices(np.stack([1 - share, share, nothing, nothing], 1), UBYTE)
        return out

    def _target(self, part: Part, number: int) -> Json:
        delta = present(part.deltas)[number]
        out = {"POSITION": self._buffers.sparse(delta * METRES, SHORT, FINISHES[part.name].threshold)}
        if part.name == "skin":  # without them a smile is flat
            turned = part.smooth_normals(delta) - part.smooth_normals()
            out["NORMAL"] = self._buffers.sparse(turned, BYTE, 9)
        return out

    def _material(self, part: Part) -> Json:
        finish = _finish(part, self._head.person)
        surface: Json = {"metallicFactor": 0, "roughnessFactor": finish.roughness}
        material: Json = {"name": part.name, "pbrMetallicRoughness": surface, "doubleSided": finish.double_sided}
        if finish.specular is not None:
            material["extensions"] = {"KHR_materials_specular": {"specularFactor": finish.specular}}
        if "base" in part.textures:
            surface["baseColorTexture"] = self._texture(part, "base", QUALITY[part.name])
        if "roughness" in part.textures:
            surface["metallicRoughnessTexture"] = self._texture(part, "roughness", 75)
        if "normal" in part.textures:
            material["normalTexture"] = self._texture(part, "normal", 80) | {"scale": 0.7}
        if finish.cutoff is not None:
            material |= {"alphaMode": "MASK", "alphaCutoff": finish.cutoff}
        if finish.blend:
            material["alphaMode"] = "BLEND"
        return material

    def _texture(self, part: Part, kind: str, quality: int) -> Json:
        return {"index": self._buffers.texture(part.textures[kind], quality)}

    def packed(self) -> bytes:
        """JSON and binary chunk as one GLB."""
        document: Json = {
            "asset": {"version": "2.0", "generator": "avatars.cast", "copyright": CREDIT},
            "nodes": self._nodes,
            "meshes": self._meshes,
            "materials": self._materials,
            "samplers": [{"magFilter": 9729, "minFilter": 9987, "wrapS": 10497, "wrapT": 10497}],
        }
        return self._buffers.glb(document, roots=self._roots, pivot=np.round(self._pivot, 6), extensions=EXTENSIONS)


def _finish(part: Part, person: Person) -> Finish:
    if part.name == "hair":
        return replace(FINISHES["hair"], roughness=person.hair.roughness, specular=person.hair.specular)
    return FINISHES[part.name]


def _moves(part: Part, number: int) -> bool:
    """Whether a channel moves this part; the skin carries all 52, so that a viewer finds every name there."""
    if part.deltas is None:
        return False
    steps = np.abs(part.deltas[number]).max() * METRES * 32767
    return part.name == "skin" or bool(steps > FINISHES[part.name].threshold + 0.5)


def _linear(part: Part) -> Floats:
    """Vertex colours as glTF wants them: linear. The skin's are factors and stay."""
    colours = present(part.colours)
    if part.name == "skin":
        return colours
    return np.concatenate([np.clip(colours[:, :3], 0, 1) ** 2.2, colours[:, 3:]], 1)


def _only_used(part: Part) -> Part:
    """The part without vertices that no triangle uses. Normals are computed first: they need the welded mesh."""
    used, faces = np.unique(part.faces, return_inverse=True)
    weld = None if part.weld is None else np.unique(part.weld[used], return_inverse=True)[1]

    def pick(values: Floats | None) -> Floats | None:
        return None if values is None else values[used]

    return replace(
        part,
        positions=part.positions[used],
        faces=faces.reshape(-1, 3),
        deltas=None if part.deltas is None else part.deltas[:, used],
        normals=pick(part.normals),
        weld=weld,
        uv=pick(part.uv),
        colours=pick(part.colours),
        head_share=pick(part.head_share),
    )
