"""A stranger's head as we keep it: checked, its morph targets under the names that the viewer knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from avatars.refusals import Refused
from avatars.uploads.glb import Json, packed, parsed, primitives_of
from avatars.uploads.morphs import MOUTH, mapped, report_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedHead:
    """`glb`: the head as viewers get it. `report`: "mapped" (ARKit name → its name before) and "missing", and figures."""

    glb: bytes
    report: Mapping[str, Any]


def prepared_head(content: bytes) -> PreparedHead:
    """Check a GLB and rename its morph targets. Raises Refused (head_invalid, …_external, …_extension, …_too_complex,
    …_no_mouth)."""
    document, binary = parsed(content)
    try:
        known = _rename(document)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise Refused("head_invalid") from error
    if not any(weight in known for weight in MOUTH):
        raise Refused("head_no_mouth")
    return PreparedHead(glb=packed(document, binary), report=report_of(known) | _figures(document))


def _rename(document: Json) -> dict[str, str]:
    known: dict[str, str] = {}
    for mesh in document["meshes"]:
        count = max(len(primitive.get("targets", [])) for primitive in mesh["primitives"])
        if not count:
            continue
        result = mapped(_names(mesh, count))
        mesh["extras"] = {"targetNames": list(result.names)}
        known = {**result.known, **known}
    return known


def _names(mesh: Json, count: int) -> list[str]:
    """Where exporters put the names of targets: the mesh's extras, or its first primitive's."""
    for holder in (mesh, *mesh["primitives"]):
        names = holder.get("extras", {}).get("targetNames", [])
        if len(names) == count and all(isinstance(name, str) and len(name) <= 200 for name in names):
            return list(names)
    return [f"target{at}" for at in range(count)]


def _figures(document: Json) -> dict[str, int]:
    vertices = sum(document["accessors"][one["attributes"]["POSITION"]]["count"] for one in primitives_of(document))
    return {"vertices": vertices, "meshes": len(document["meshes"]), "textures": len(document.get("images", []))}
