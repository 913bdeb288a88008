"""A photo avatar as GLB, for viewers that draw it themselves from the same stream of 52 weights and head angles."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatars.cast.buffers import FLOAT, SHORT, UBYTE, USHORT, Buffers
from avatars.face.channels import ARKIT
from avatars.glb import Json
from avatars.photo.closed_lips import with_closed_lips
from avatars.photo.glb_parts import Part, backdrop, eyeballs, mouth_parts, skin
from avatars.photo.mouth import interior
from avatars.photo.rig import PhotoRig
from avatars.photo.rig_eyes import EyeParts, eye_parts
from avatars.photo.rig_moves import Moves, fit_moves
from avatars.photo.rig_topology import EYES

Picture = NDArray[np.uint8]
EXTENSIONS: Final = ("KHR_mesh_quantization", "EXT_texture_webp", "KHR_materials_unlit")
_NECK: Final = (0.0, -0.085, -0.06)  # metres from the eyes to where the head turns
_THRESHOLD: Final = 3  # movements below so many steps of 1/32767 m are left out
_QUALITY: Final = {"person": 84, "background": 72, "eyes": 86, "mouth": 80}
_EFFORT: Final = 2  # who uploads a photo waits for this file
_ALPHA: Final = {"skin": "BLEND", "tongue": "MASK", "lowerTeeth": "MASK", "teeth": "MASK"}


def photo_glb(rig: PhotoRig) -> bytes:
    """The whole file: metres, y up, the eyes at the origin; at rest the viewer's camera sees the photo, its lips closed."""
    rig = with_closed_lips(rig)
    photo = rig.photo.astype(np.float32) / np.float32(255)
    landmarks = rig.landmarks.astype(float)
    points, moves = landmarks[:, :2], fit_moves(landmarks)
    eyes = tuple(eye_parts(eye, points, photo, moves.mm, levels=1) for eye in EYES)
    pictures = {
        "person": np.dstack([rig.photo, rig.alpha]),
        "background": rig.background,
        "eyes": _eye_picture(eyes),
        "mouth": _mouth_picture(rig, moves),
    }
    behind = [
        backdrop(points, moves, rig.side),
        *mouth_parts(points, moves, rig.side),
        *reversed(eyeballs(points, moves, rig.side, eyes)),
    ]
    return _Scene([*behind, skin(points, moves, rig.side)], pictures).packed()


def _eye_picture(eyes: tuple[EyeParts, ...]) -> Picture:
    """Both balls side by side, each (96, 96)."""
    size = 96
    steps = np.minimum((np.arange(size) + 0.5) / size, 1)
    tiles = []
    for eye in eyes:
        at = (steps * eye.size).astype(int)
        tiles.append(eye.ball[:, at[:, None], at[None]])
    return _bytes(np.concatenate(tiles, 2).transpose(1, 2, 0))


def _mouth_picture(rig: PhotoRig, moves: Moves) -> Picture:
    """Cavity, tongue, lower and upper teeth as tiles of one picture, RGBA."""
    textures = interior(
        rig.landmarks[:, :2].astype(float), rig.photo.astype(np.float32) / np.float32(255), moves, own=False
    ).textures
    covering = np.maximum(textures[:, 3:], 1e-3)
    tiles = np.concatenate([textures[:, :3] / covering * _DIM[:, None, None, None], textures[:, 3:]], 1).transpose(0, 2, 3, 1)
    rows = [np.concatenate([tiles[k], tiles[k + 1]], 1) for k in (0, 2)]
    return _bytes(np.concatenate(rows, 0))


_DIM: Final = np.array([1.0, 0.85, 1.0, 1.05], np.float32)  # there is no lips' shadow on what lies behind them


def _bytes(picture: NDArray[np.float32]) -> Picture:
    return np.ascontiguousarray((np.clip(picture, 0, 1) * 255).round().astype(np.uint8))


class _Scene:
    """Collects nodes, meshes and materials; node 0 is the body, node 1 the head's joint."""

    def __init__(self, parts: list[Part], pictures: dict[str, Picture]) -> None:
        self._buffers = Buffers(joint_count=max(len(part.places) for part in parts))
        self._textures = {name: self._buffers.texture(picture, _QUALITY[name], _EFFORT) for name, picture in pictures.items()}
        self._meshes: list[Json] = []
        self._materials: list[Json] = []
        self._nodes: list[Json] = [
            {"name": "body", "children": [1]},
            {"name": "head", "translation": list(_NECK), "children": []},
        ]
        self._roots = [0]
        for part in parts:
            self._add(part)

    def _add(self, part: Part) -> None:
        self._materials.append(self._material(part))
        primitive: Json = {
            "attributes": self._attributes(part),
            "indices": self._buffers.indices(part.faces),
            "material": len(self._materials) - 1,
        }
        mesh: Json = {"name": part.name, "primitives": [primitive]}
        if part.moves is not None:
            kept = [k for k in range(len(ARKIT)) if part.name == "skin" or np.abs(part.moves[k]).max() > 1e-4]
            if kept:
                primitive["targets"] = [{"POSITION": self._buffers.sparse(part.moves[k], SHORT, _THRESHOLD)} for k in kept]
                mesh |= {"weights": [0] * len(kept), "extras": {"targetNames": [ARKIT[k] for k in kept]}}
        self._meshes.append(mesh)
        self._place(part)

    def _place(self, part: Part) -> None:
        node: Json = {"name": part.name, "mesh": len(self._meshes) - 1}
        self._nodes.append(node)
        number = len(self._nodes) - 1
        if part.share is not None:
            node["skin"] = 0
            self._roots.append(number)
        elif part.still:
            self._nodes[0]["children"].append(number)
        else:
            node["translation"] = [-value for value in _NECK]
            self._nodes[1]["children"].append(number)

    def _attributes(self, part: Part) -> Json:
        inside = part.uv.min() >= 0 and part.uv.max() <= 1
        attributes: Json = {
            "POSITION": self._buffers.vertices(part.places, SHORT, bounds=True),
            "TEXCOORD_0": self._buffers.vertices(part.uv, USHORT if inside else FLOAT),
        }
        if part.share is not None:
            share = np.clip(np.round(part.share * 255), 1, 254) / 255
            nothing = np.zeros_like(share)
            attributes["JOINTS_0"] = self._buffers.both_joints(len(share))
            attributes["WEIGHTS_0"] = self._buffers.vertices(np.stack([1 - share, share, nothing, nothing], 1), UBYTE)
        return attributes

    def _material(self, part: Part) -> Json:
        surface: Json = {"baseColorTexture": {"index": self._textures[part.picture]}, "metallicFactor": 0, "roughnessFactor": 1}
        material: Json = {"name": "photo-" + part.name, "pbrMetallicRoughness": surface, "doubleSided": True}
        material["extensions"] = {"KHR_materials_unlit": {}}
        if part.name in _ALPHA:
            material["alphaMode"] = _ALPHA[part.name]
        if material.get("alphaMode") == "MASK":
            material["alphaCutoff"] = 0.5
        return material

    def packed(self) -> bytes:
        """JSON and binary chunk as one GLB."""
        document: Json = {
            "asset": {"version": "2.0", "generator": "avatars.photo"},
            "nodes": self._nodes,
            "meshes": self._meshes,
            "materials": self._materials,
            "samplers": [{"magFilter": 9729, "minFilter": 9729, "wrapS": 33071, "wrapT": 33071}],
        }
        return self._buffers.glb(document, roots=self._roots, pivot=np.array(_NECK), extensions=EXTENSIONS)
