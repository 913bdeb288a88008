"""A stranger's GLB, taken apart within limits: glTF 2.0, 4.4 (GLB) and 5 (properties). Nothing outside of it is ever read.

What is written again holds the geometry, materials, skins and pictures, and none of the extras that an author left.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np

from avatars import glb
from avatars.refusals import Refused
from avatars.uploads.headers import PICTURES, Size, media_type_of, picture_size
from avatars.uploads.links import Json, check_links, whole
from avatars.uploads.values import FURTHEST, PARTS, TYPES, check_values

MOST_NODES, MOST_PRIMITIVES, MOST_VERTICES, MOST_TARGETS = 2_000, 200, 200_000, 250
MOST_MORPHED = 12_000_000  # vertices times targets: what the graphics card holds of them
MOST_ACCESSORS = 20_000
MOST_PICTURES, MOST_SIDE, MOST_PIXELS, MOST_DEPTH = 32, 4_096, 8 * 4_096**2, 64
# What may be required and is read or left out here: heads of VRM look well without their own materials and hair that swings.
_VRM = frozenset(
    {
        "VRM",
        "VRMC_vrm",
        "VRMC_materials_mtoon",
        "VRMC_springBone",
        "VRMC_node_constraint",
        "VRMC_materials_hdr_emissiveMultiplier",
    }
)
_PLACES = {"translation": 3, "rotation": 4, "scale": 3, "matrix": 16}
_JSON_CHUNK, _BIN_CHUNK = 0x4E4F534A, 0x004E4942
_MOST_JSON = 8_000_000
_WIDTHS = {component: np.dtype(kind).itemsize for component, kind in TYPES.items()}
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
_KEPT = ("accessors", "bufferViews", "images", "materials", "meshes", "nodes", "samplers", "skins", "textures")
# What can go wrong in walking through JSON that anybody may have written.
BROKEN = (struct.error, ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, RecursionError)


def parsed(content: bytes) -> tuple[Json, bytes]:
    """The JSON and the binary chunk of a GLB that is within all limits; raises Refused (head_…)."""
    try:
        document, binary = _chunks(content)
        _check(document, binary)
    except BROKEN as error:
        raise Refused("head_invalid") from error
    return document, binary


def packed(document: Json, binary: bytes) -> bytes:
    """A GLB of what `parsed` gave, without the parts that nobody draws: other scenes, cameras, lights, animations."""
    used = [name for name in document.get("extensionsUsed", []) if name in DRAWN]
    kept: Json = {name: document[name] for name in _KEPT if name in document}
    kept["nodes"] = [{key: node[key] for key in node if key != "camera"} for node in kept["nodes"]]
    kept["scene"], kept["scenes"] = 0, [{"nodes": scene_of(document)["nodes"]}]
    kept["asset"] = {"version": "2.0", "generator": "Visavis"}
    if used:
        kept["extensionsUsed"] = used
    if required := [name for name in document.get("extensionsRequired", []) if name in DRAWN]:
        kept["extensionsRequired"] = required
    return glb.packed(_bare(kept), binary)


def scene_of(document: Json) -> Json:
    """The scene that is shown."""
    found: Json = document["scenes"][whole(document.get("scene", 0))]
    return found


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
    if not set(document.get("extensionsRequired", [])) <= DRAWN | _VRM:
        raise Refused("head_extension")
    if len(document["accessors"]) > MOST_ACCESSORS:
        raise Refused("head_too_complex")
    _check_views(document, len(binary))
    for accessor in document["accessors"]:
        _check_accessor(accessor, document.get("bufferViews", []))
    _check_meshes(document)
    check_links(document, _check_tree(document))
    check_values(document, binary)
    _check_pictures(document, binary)


def _check_views(document: Json, length: int) -> None:
    if len(document.get("buffers", [])) > 1:
        raise Refused("head_external")
    for view in document.get("bufferViews", []):
        start, size = whole(view.get("byteOffset", 0)), whole(view["byteLength"])
        if view.get("buffer", 0) != 0 or size < 1 or start + size > length or not 0 <= view.get("byteStride", 4) <= 252:
            raise ValueError("a view leaves the buffer")


def _check_accessor(accessor: Json, views: list[Json]) -> None:
    count, size = whole(accessor["count"]), _WIDTHS[accessor["componentType"]]
    width = size * PARTS[accessor["type"]]
    if "bufferView" in accessor:
        _check_reach(accessor, views, count, width, size)
    if sparse := accessor.get("sparse"):
        number, index_size = whole(sparse["count"]), _WIDTHS[sparse["indices"]["componentType"]]
        if number > count:
            raise ValueError("more sparse values than values")
        _check_reach(sparse["indices"], views, number, index_size, index_size)
        _check_reach(sparse["values"], views, number, width, size)


def _check_reach(part: Json, views: list[Json], count: int, width: int, size: int) -> None:
    """Within its view, and where a browser can read it without copying: at multiples of a number's `size`."""
    view = views[whole(part["bufferView"])]
    start, step = whole(part.get("byteOffset", 0)), view.get("byteStride", 0) or width
    if count and start + (count - 1) * step + width > view["byteLength"]:
        raise ValueError("an accessor leaves its view")
    if step < width or step % size or (start + view.get("byteOffset", 0)) % size:
        raise ValueError("an accessor is not aligned")


def _check_meshes(document: Json) -> None:
    accessors, primitives = document["accessors"], list(primitives_of(document))
    counts = [whole(accessors[whole(one["attributes"]["POSITION"])]["count"]) for one in primitives]
    targets = [len(one.get("targets", [])) for one in primitives]
    morphed = sum(count * number for count, number in zip(counts, targets, strict=True))
    if len(primitives) > MOST_PRIMITIVES or sum(counts) > MOST_VERTICES or morphed > MOST_MORPHED:
        raise Refused("head_too_complex")
    if max(targets, default=0) > MOST_TARGETS:
        raise Refused("head_too_complex")


def primitives_of(document: Json) -> Iterator[Json]:
    """Every primitive of every mesh."""
    for mesh in document["meshes"]:
        yield from mesh["primitives"]


def _check_tree(document: Json) -> set[int]:
    """No node below itself, none too deep, none twice: walking them ends. Returns those that are reached."""
    nodes = document["nodes"]
    if len(nodes) > MOST_NODES:
        raise Refused("head_too_complex")
    seen: set[int] = set()
    level = [whole(root) for root in scene_of(document)["nodes"]]
    for _ in range(MOST_DEPTH):
        if seen & set(level) or len(set(level)) < len(level):
            raise ValueError("a node has two parents")
        seen |= set(level)
        level = [whole(child) for index in level for child in nodes[index].get("children", [])]
    if level:
        raise Refused("head_too_complex")
    for node in nodes:
        _check_place(node)
    return seen


def _check_place(node: Json) -> None:
    for key, length in _PLACES.items():
        numbers = node.get(key, [0.0] * length)
        if len(numbers) != length or not all(math.isfinite(number) and abs(number) <= FURTHEST for number in numbers):
            raise ValueError("a node is nowhere")


def _check_pictures(document: Json, binary: bytes) -> None:
    images = document.get("images", [])
    if len(images) > MOST_PICTURES:
        raise Refused("head_too_complex")
    pixels = 0
    for image in images:
        view = document["bufferViews"][whole(image["bufferView"])]
        start = view.get("byteOffset", 0)
        size = _texture_size(binary[start : start + view["byteLength"]], image.get("mimeType"))
        pixels += size.width * size.height
        if max(size.width, size.height) > MOST_SIDE or pixels > MOST_PIXELS:
            raise Refused("head_too_complex")


def _texture_size(content: bytes, said: str | None) -> Size:
    try:
        media_type = media_type_of(content)
        if media_type not in PICTURES or said not in {media_type, None}:
            raise ValueError("a texture is no picture")
        return picture_size(content, media_type)
    except Refused as error:
        raise ValueError("a texture can't be read") from error
