"""What a VRM says of its face: expressions, each of several morph targets, and the bone of the head.

VRM 0.x: extensions.VRM.blendShapeMaster, weights in percent. VRM 1.0: extensions.VRMC_vrm.expressions. An expression binds
targets of several meshes with weights of their own. Materials, spring bones and licences are not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from avatars.refusals import Refused
from avatars.uploads.links import Json, whole
from avatars.uploads.morphs import weight_of

_NAMELESS = {"", "unknown", "custom", "neutral"}
_MOST_EXPRESSIONS, _MOST_BINDS = 500, 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """A morph target, by the numbers of its mesh and in it, and how much of it (0–1)."""

    mesh: int
    target: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """What a face can show, under the name that its maker or the standard gave it."""

    name: str
    binds: tuple[Bind, ...]


def version_of(document: Json) -> str:
    """Zero or one; empty for a head that is no VRM."""
    extensions = document.get("extensions", {})
    return "1" if "VRMC_vrm" in extensions else "0" if "VRM" in extensions else ""


def expressions(document: Json) -> dict[str, Expression]:
    """The ARKit weights that expressions stand for, each with the one that fits best. Binds to what is not there are left
    out. Raises KeyError, TypeError, ValueError, Refused (head_too_complex)."""
    best: dict[str, tuple[int, Expression]] = {}
    count = 0
    for found in _all(document):
        count += 1 + len(found.binds)
        if count > _MOST_BINDS:
            raise Refused("head_too_complex")
        meant = weight_of(found.name)
        if meant and found.binds and (meant[0] not in best or meant[1] < best[meant[0]][0]):
            best[meant[0]] = (meant[1], found)
    return {weight: expression for weight, (_, expression) in best.items()}


def head_bone(document: Json) -> int | None:
    """The node of the bone that turns the head; None where the file doesn't say."""
    extensions = document.get("extensions", {})
    if version_of(document) == "1":
        bone: Mapping[str, object] = extensions["VRMC_vrm"].get("humanoid", {}).get("humanBones", {}).get("head", {})
    else:
        bones = extensions.get("VRM", {}).get("humanoid", {}).get("humanBones", [])
        bone = next((one for one in bones if one.get("bone") == "head"), {})
    number = bone.get("node")
    return None if number is None or whole(number) >= len(document["nodes"]) else whole(number)


def _all(document: Json) -> Iterator[Expression]:
    extensions = document.get("extensions", {})
    if version_of(document) == "1":
        yield from _of_1(document, extensions["VRMC_vrm"].get("expressions", {}))
    else:
        yield from _of_0(document, extensions.get("VRM", {}).get("blendShapeMaster", {}).get("blendShapeGroups", []))


def _of_1(document: Json, groups: Json) -> Iterator[Expression]:
    nodes = document["nodes"]
    for kind in ("preset", "custom"):
        for name, one in list(groups.get(kind, {}).items())[:_MOST_EXPRESSIONS]:
            binds = [bind for bind in one.get("morphTargetBinds") or [] if whole(bind["node"]) < len(nodes)]
            parts = (_bound(document, nodes[bind["node"]], bind, 1.0) for bind in binds)
            yield Expression(name=_printable(name), binds=tuple(bind for part in parts for bind in part))


def _of_0(document: Json, groups: list[Json]) -> Iterator[Expression]:
    for one in groups[:_MOST_EXPRESSIONS]:
        preset = str(one.get("presetName", "")).lower()
        name = str(one.get("name", "")) if preset in _NAMELESS else preset
        parts = (_bound(document, bind, bind, 100.0) for bind in one.get("binds") or [])
        yield Expression(name=_printable(name), binds=tuple(bind for part in parts for bind in part))


def _bound(document: Json, holder: Json, bind: Json, most: float) -> Iterator[Bind]:
    """The bind of `holder`'s mesh; none where there is no such mesh or target, as in files that were cut down."""
    meshes = document["meshes"]
    number = holder.get("mesh")
    if number is None or number == -1 or whole(number) >= len(meshes):
        return
    target, share = whole(bind["index"]), float(bind["weight"]) / most
    if not -1.0 <= share <= 2.0:  # also what is no number
        raise ValueError("a share of a target is none")
    counts = {len(primitive.get("targets", [])) for primitive in meshes[number]["primitives"]}
    if share > 0 and len(counts) == 1 and target < counts.pop():
        yield Bind(mesh=number, target=target, share=min(share, 1.0))


def _printable(name: str) -> str:
    return "".join(one for one in str(name)[:200] if one.isprintable())
