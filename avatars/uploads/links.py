"""Every number of a glTF document that points to something points to something of the right kind (glTF 2.0, 3.5–3.9).

What a viewer follows while it loads ends: joints stand in the scene's tree, and nothing points to what is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
MOST_JOINTS = 1_024
_UNSIGNED = {5121, 5123, 5125}
_MODES = range(7)


def whole(value: Any) -> int:
    """A number that counts or points; raises ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise ValueError("not a whole number")
    return value


def attributes_of(part: Json) -> dict[str, int]:
    """The accessors of a primitive's attributes or of a morph target, by name; what exporters noted beside them is not one."""
    return {name: whole(number) for name, number in part.items() if name not in {"extras", "extensions"}}


def check_links(document: Json, reached: set[int]) -> None:
    """Raises KeyError, TypeError or ValueError where a link leads nowhere. `reached`: the nodes of the scene's tree."""
    for node in document["nodes"]:
        _follow(node, "mesh", document, "meshes")
        _follow(node, "skin", document, "skins")
    for skin in document.get("skins", []):
        _check_skin(skin, document, reached)
    for mesh in document["meshes"]:
        for primitive in mesh["primitives"]:
            _check_primitive(primitive, document)
    for texture in document.get("textures", []):
        for holder in (texture, *texture.get("extensions", {}).values()):
            _follow(holder, "source", document, "images")
        _follow(texture, "sampler", document, "samplers")
    for used in _textures_of(document.get("materials", [])):
        _target(used["index"], document, "textures")


def _check_skin(skin: Json, document: Json, reached: set[int]) -> None:
    joints = [whole(joint) for joint in skin["joints"]]
    if not 0 < len(joints) <= MOST_JOINTS or not set(joints) <= reached:
        raise ValueError("a joint stands outside of the scene")
    _follow(skin, "skeleton", document, "nodes")
    if "inverseBindMatrices" in skin:
        matrices = _written(skin["inverseBindMatrices"], document)
        if matrices["type"] != "MAT4" or matrices["componentType"] != 5126 or matrices["count"] < len(joints):
            raise ValueError("a skin has too few matrices")


def _check_primitive(primitive: Json, document: Json) -> None:
    attributes = attributes_of(primitive["attributes"])
    count = _target(attributes["POSITION"], document, "accessors")["count"]
    if whole(primitive.get("mode", 4)) not in _MODES:
        raise ValueError("a primitive of no known kind")
    for name, number in attributes.items():
        accessor = _target(number, document, "accessors")
        if accessor["count"] != count or (name in {"POSITION", "NORMAL"} and accessor["type"] != "VEC3"):
            raise ValueError("an attribute does not fit its primitive")
    for target in primitive.get("targets", []):
        for number in attributes_of(target).values():
            accessor = _target(number, document, "accessors")
            if accessor["count"] != count or accessor["type"] != "VEC3":
                raise ValueError("a target does not fit its primitive")
    if "indices" in primitive:
        accessor = _written(primitive["indices"], document)
        if accessor["type"] != "SCALAR" or accessor["componentType"] not in _UNSIGNED:
            raise ValueError("indices of no known kind")
    _follow(primitive, "material", document, "materials")


def _textures_of(value: Any, name: str = "") -> Iterator[Json]:
    """Every use of a texture in materials and their extensions."""
    if isinstance(value, list):
        for one in value:
            yield from _textures_of(one, name)
    elif isinstance(value, dict):
        if name.endswith("Texture"):
            yield value
        for key, one in value.items():
            yield from _textures_of(one, key)


def _follow(holder: Json, key: str, document: Json, kind: str) -> None:
    if key in holder:
        _target(holder[key], document, kind)


def _written(number: Any, document: Json) -> Json:
    """An accessor that has its numbers in the buffer: readers take these from there, whatever glTF says about zeros."""
    found = _target(number, document, "accessors")
    if "bufferView" not in found:
        raise ValueError("an accessor has no view")
    return found


def _target(number: Any, document: Json, kind: str) -> Json:
    things = document.get(kind, [])
    if whole(number) >= len(things):
        raise ValueError(f"a link to {kind} leads nowhere")
    found: Json = things[number]
    return found
