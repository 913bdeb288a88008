"""A VRM's body as our viewers take it: looking at us, with a node `head` whose axes are those of the world.

Viewers turn the node that is called `head` about its own axes. A bone's axes are its maker's choice, so a node with axes of
its own is put above the bone; nothing moves by that.
"""

from __future__ import annotations

from collections.abc import Sequence

from avatars.uploads.links import Json, whole

Quaternion = tuple[float, float, float, float]  # x, y, z, w
_BEHIND = [0.0, 1.0, 0.0, 0.0]  # half a turn around the vertical
_STILL: Quaternion = (0.0, 0.0, 0.0, 1.0)


def turn_around(document: Json) -> None:
    """VRM 0 looks along -Z, everything else along +Z."""
    scene = document["scenes"][whole(document.get("scene", 0))]
    document["nodes"].append({"name": "turned", "rotation": _BEHIND, "children": scene["nodes"]})
    scene["nodes"] = [len(document["nodes"]) - 1]


def mark_head(document: Json, bone: int) -> None:
    """Put a node called `head` above the head's bone."""
    nodes: list[Json] = document["nodes"]
    for node in nodes:
        if node.get("name") in {"head", "Head"}:
            node["name"] = "head_bone"
    line = _line_to(nodes, bone)
    if len(line) < 2 or any("matrix" in nodes[number] for number in line):
        nodes[bone]["name"] = "head"  # its own axes are the best there is
        return
    above = _STILL
    for number in line[:-1]:
        above = _product(above, _rotation(nodes[number]))
    x, y, z, w = above
    pivot = {"name": "head", "rotation": [-x, -y, -z, w], "children": [bone]}
    nodes.append(pivot | {"translation": nodes[bone].get("translation", [0.0, 0.0, 0.0])})
    nodes[bone] |= {"translation": [0.0, 0.0, 0.0], "rotation": list(_product(above, _rotation(nodes[bone])))}
    parent = nodes[line[-2]]
    parent["children"] = [len(nodes) - 1 if child == bone else child for child in parent["children"]]


def _line_to(nodes: Sequence[Json], number: int) -> list[int]:
    """The node and all above it, from the top; the nodes are a tree."""
    parents = {child: above for above, node in enumerate(nodes) for child in node.get("children", [])}
    line = [number]
    while line[0] in parents and len(line) <= len(nodes):
        line.insert(0, parents[line[0]])
    return line


def _rotation(node: Json) -> Quaternion:
    x, y, z, w = node.get("rotation", _STILL)
    length = (x * x + y * y + z * z + w * w) ** 0.5
    if length < 1e-6:
        raise ValueError("a rotation is none")
    return x / length, y / length, z / length, w / length


def _product(one: Quaternion, other: Quaternion) -> Quaternion:
    """First `other`, then `one`."""
    ax, ay, az, aw = one
    bx, by, bz, bw = other
    return (
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
        aw * bw - ax * bx - ay * by - az * bz,
    )
