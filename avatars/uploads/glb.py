"""A stranger's GLB, taken apart within limits: glTF 2.0, 4.4 (GLB) and 5 (properties). Nothing outside of it is ever read.

What is written again holds the geometry, materials, skins and pictures, and none of the extras that an author left.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator
from typing import Any

from avatars.refusals import Refused
from avatars.uploads.headers import PICTURES, Size, media_type_of, picture_size

Json = dict[str, Any]
MOST_NODES, MOST_PRIMITIVES, MOST_VERTICES, MOST_TARGETS = 2_000, 200, 200_000, 250
MOST_PICTURES, MOST_SIDE, MOST_DEPTH = 32, 4_096, 64
_JSON_CHUNK, _BIN_CHUNK = 0x4E4F534A, 0x004E4942
_MOST_JSON = 8_000_000
_WIDTHS = {5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4}
_PARTS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
# What three.js draws without a decoder that is loaded from elsewhere.
DRAWN = frozenset(
    {
        "KHR_mesh_quantization",
        "KHR_texture_transform",
        "EXT_texture_webp",
        "KHR_materials_unlit",
        "KHR_materials_specular",
        "KHR_materials_ior",
        "KHR_materials_sheen",
        "KHR_materials_clearcoat",
        "KHR_materials_transmission",
        "KHR_materials_emissive_strength",
    }
)
_KEPT = ("accessors", "asset", "bufferViews", "images", "materials", "meshes", "nodes", "samplers", "scene", "scenes", "skins")


def parsed(content: bytes) -> tuple[Json, bytes]:
    """The JSON and the binary chunk of a GLB that is within all limits; raises Refused (head_…)."""
    try:
        document, binary = _chunks(content)
        _check(document, binary)
    except (struct.error, ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise Refused("head_invalid") from error
    return document, binary


def packed(document: Json, binary: bytes) -> bytes:
    """A GLB of what `parsed` gave, without the parts that nobody draws."""
    used = [name for name in document.get("extensionsUsed", []) if name in DRAWN]
    kept: Json = {name: document[name] for name in (*_KEPT, "textures") if name in document}
    kept["asset"] = {"version": "2.0", "generator": "Visavis"}
    kept["buffers"] = [{"byteLength": len(binary)}]
    if used:
        kept["extensionsUsed"] = used
    if required := [name for name in document.get("extensionsRequired", []) if name in DRAWN]:
        kept["extensionsRequired"] = required
    text = json.dumps(_bare(kept), separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-len(text) % 4)
    binary += b"\0" * (-len(binary) % 4)
    head = struct.pack("<4sII", b"glTF", 2, 12 + 8 + len(text) + 8 + len(binary))
    return head + struct.pack("<II", len(text), _JSON_CHUNK) + text + struct.pack("<II", len(binary), _BIN_CHUNK) + binary


def _bare(value: Any, name: str = "") -> Any:
    """Without extras (but the names of morph targets) and without extensions that are not drawn."""
    if isinstance(value, list):
        return [_bare(one) for one in value]
    if not isinstance(value, dict):
        return value
    if name == "extensions":
        return {key: _bare(one) for key, one in value.items() if key in DRAWN}
    if name == "extras":
        return {"targetNames": value["targetNames"]} if "targetNames" in value else {}
    return {key: _bare(one, key) for key, one in value.items()}


def _chunks(content: bytes) -> tuple[Json, bytes]:
    magic, version, length = struct.unpack_from("<4sII", content)
    if magic != b"glTF" or version != 2 or not 20 <= length <= len(content):
        raise ValueError("not a GLB of version 2")
    size, kind = struct.unpack_from("<II", content, 12)
    if kind != _JSON_CHUNK or size > _MOST_JSON or 20 + size > length:
        raise ValueError("no JSON chunk")
    document = json.loads(content[20 : 20 + size].decode("utf-8"), parse_constant=_not_json)
    at = 20 + size
    if at + 8 > length:
        return document, b""
    size, kind = struct.unpack_from("<II", content, at)
    if kind != _BIN_CHUNK or at + 8 + size > length:
        raise ValueError("no binary chunk")
    return document, content[at + 8 : at + 8 + size]


def _not_json(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _check(document: Json, binary: bytes) -> None:
    if str(document["asset"]["version"]).partition(".")[0] != "2":
        raise ValueError("not glTF 2")
    if any("uri" in part for part in (*document.get("buffers", []), *document.get("images", []))):
        raise Refused("head_external")
    if not set(document.get("extensionsRequired", [])) <= DRAWN:
        raise Refused("head_extension")
    _check_views(document, len(binary))
    for accessor in document.get("accessors", []):
        _check_accessor(accessor, document["bufferViews"])
    _check_meshes(document)
    _check_tree(document)
    _check_pictures(document, binary)


def _check_views(document: Json, length: int) -> None:
    if len(document.get("buffers", [])) > 1:
        raise Refused("head_external")
    for view in document.get("bufferViews", []):
        start, size = _whole(view.get("byteOffset", 0)), _whole(view["byteLength"])
        if view.get("buffer", 0) != 0 or size < 1 or start + size > length or not 0 <= view.get("byteStride", 4) <= 252:
            raise ValueError("a view leaves the buffer")


def _check_accessor(accessor: Json, views: list[Json]) -> None:
    count, width = _whole(accessor["count"]), _WIDTHS[accessor["componentType"]] * _PARTS[accessor["type"]]
    if "bufferView" in accessor:
        _check_reach(accessor, views, count, width)
    if sparse := accessor.get("sparse"):
        number = _whole(sparse["count"])
        if number > count:
            raise ValueError("more sparse values than values")
        _check_reach(sparse["indices"], views, number, _WIDTHS[sparse["indices"]["componentType"]])
        _check_reach(sparse["values"], views, number, width)


def _check_reach(part: Json, views: list[Json], count: int, width: int) -> None:
    view = views[_whole(part["bufferView"])]
    step = view.get("byteStride", width) or width
    if count and _whole(part.get("byteOffset", 0)) + (count - 1) * step + width > view["byteLength"]:
        raise ValueError("an accessor leaves its view")


def _check_meshes(document: Json) -> None:
    accessors, primitives = document["accessors"], list(primitives_of(document))
    vertices = sum(_whole(accessors[_whole(one["attributes"]["POSITION"])]["count"]) for one in primitives)
    targets = max((len(one.get("targets", [])) for one in primitives), default=0)
    if len(primitives) > MOST_PRIMITIVES or vertices > MOST_VERTICES or targets > MOST_TARGETS:
        raise Refused("head_too_complex")
    for one in primitives:
        count = accessors[one["attributes"]["POSITION"]]["count"]
        for target in one.get("targets", []):
            if any(accessors[_whole(index)]["count"] != count for index in target.values()):
                raise ValueError("a target has another number of vertices than its mesh")


def primitives_of(document: Json) -> Iterator[Json]:
    """Every primitive of every mesh."""
    for mesh in document["meshes"]:
        yield from mesh["primitives"]


def _check_tree(document: Json) -> None:
    """No node below itself, none too deep, none twice: walking them ends."""
    nodes = document["nodes"]
    if len(nodes) > MOST_NODES:
        raise Refused("head_too_complex")
    seen: set[int] = set()
    level = [_whole(root) for root in document["scenes"][_whole(document.get("scene", 0))]["nodes"]]
    for _ in range(MOST_DEPTH):
        if seen & set(level) or len(set(level)) < len(level):
            raise ValueError("a node has two parents")
        seen |= set(level)
        level = [_whole(child) for index in level for child in nodes[index].get("children", [])]
    if level:
        raise Refused("head_too_complex")
    numbers = (number for node in nodes for key in ("translation", "rotation", "scale", "matrix") for number in node.get(key, []))
    if not all(math.isfinite(number) for number in numbers):
        raise ValueError("a node is nowhere")


def _check_pictures(document: Json, binary: bytes) -> None:
    images = document.get("images", [])
    if len(images) > MOST_PICTURES:
        raise Refused("head_too_complex")
    for image in images:
        view = document["bufferViews"][_whole(image["bufferView"])]
        start = view.get("byteOffset", 0)
        size = _texture_size(binary[start : start + view["byteLength"]], image.get("mimeType"))
        if max(size.width, size.height) > MOST_SIDE:
            raise Refused("head_too_complex")


def _texture_size(content: bytes, said: str | None) -> Size:
    try:
        media_type = media_type_of(content)
        if media_type not in PICTURES or said not in {media_type, None}:
            raise ValueError("a texture is no picture")
        return picture_size(content, media_type)
    except Refused as error:
        raise ValueError("a texture can't be read") from error


def _whole(value: Any) -> int:
    """A number that counts or points; raises ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise ValueError("not a whole number")
    return value
