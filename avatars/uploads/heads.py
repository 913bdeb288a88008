"""A stranger's head as we keep it: checked, its morph targets under the names that the viewer knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from avatars.refusals import Refused
from avatars.render.base import RenderFailed
from avatars.render.head.glb import Glb
from avatars.uploads import vrm
from avatars.uploads.blending import Blender
from avatars.uploads.glb import BROKEN, packed, parsed, primitives_of
from avatars.uploads.links import Json
from avatars.uploads.morphs import MOUTH, mapped, report_of, weight_of
from avatars.uploads.upright import mark_head, turn_around


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedHead:
    """`glb`: the head as viewers get it. `report`: "mapped" (ARKit name → its name before) and "missing", and figures."""

    glb: bytes
    report: Mapping[str, Any]


def prepared_head(content: bytes) -> PreparedHead:
    """Check a GLB and rename its morph targets; expressions of a VRM become targets. Raises Refused (head_invalid,
    …_external, …_extension, …_too_complex, …_no_mouth)."""
    document, binary = parsed(content)
    try:
        return _prepared(document, binary)
    except (*BROKEN, RenderFailed) as error:
        raise Refused("head_invalid") from error


def _prepared(document: Json, binary: bytes) -> PreparedHead:
    names = {number: _names(mesh) for number, mesh in enumerate(document["meshes"])}
    known: dict[str, str] = {}
    if version := vrm.version_of(document):
        exact = {meant[0] for part in names.values() for name in part if (meant := weight_of(name)) and not meant[1]}
        found = {weight: one for weight, one in vrm.expressions(document).items() if weight not in exact}
        blender = Blender(document, binary, Glb(packed(document | {"extensionsRequired": []}, binary)))
        blender.add(names, found)
        _stand_upright(document, version)
        binary, known = blender.binary, {weight: f"expression {one.name}" for weight, one in found.items()}
    for number, mesh in enumerate(document["meshes"]):
        known = _rename(mesh, names[number]) | known
    if not any(weight in known for weight in MOUTH):
        raise Refused("head_no_mouth")
    report = report_of(known) | _figures(document) | ({"vrm": version} if version else {})
    return PreparedHead(glb=packed(document, binary), report=report)


def _stand_upright(document: Json, version: str) -> None:
    if version == "0":
        turn_around(document)
    bone = vrm.head_bone(document)
    if bone is not None:
        mark_head(document, bone)


def _rename(mesh: Json, names: list[str]) -> dict[str, str]:
    if not names:
        return {}
    result = mapped(names)
    mesh["extras"] = {"targetNames": list(result.names)}
    return dict(result.known)


def _names(mesh: Json) -> list[str]:
    """Where exporters put the names of targets: the mesh's extras, its first primitive's, or the targets' own."""
    count = max((len(primitive.get("targets", [])) for primitive in mesh["primitives"]), default=0)
    targets: list[Json] = next((one["targets"] for one in mesh["primitives"] if one.get("targets")), [])
    own = [target.get("extras", {}).get("name") for target in targets]
    listed = [holder.get("extras", {}).get("targetNames", []) for holder in (mesh, *mesh["primitives"])]
    for names in (*listed, own):
        if count and len(names) == count and all(isinstance(name, str) and len(name) <= 200 for name in names):
            return ["".join(one for one in name if one.isprintable()) for name in names]
    return [f"target{at}" for at in range(count)]


def _figures(document: Json) -> dict[str, int]:
    vertices = sum(document["accessors"][one["attributes"]["POSITION"]]["count"] for one in primitives_of(document))
    return {"vertices": vertices, "meshes": len(document["meshes"]), "textures": len(document.get("images", []))}
