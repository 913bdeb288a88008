"""A knitted top: the torso clipped at a neckline, lifted and smoothed, with a collar swept along its edge."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from avatars.cast.anatomy import Anatomy
from avatars.cast.arrays import Bools, Floats, Ints, lerp, present, unit, vec
from avatars.cast.fields import blur
from avatars.cast.mesh import Part, vertex_normals
from avatars.cast.ribbons import grid_faces

AROUND = 64
COLLARS: dict[str, tuple[tuple[float, float], ...]] = {  # (outwards, upwards) in head units, from inside over the rim
    "crew": (
        (-0.045, -0.085), (0.062, -0.088), (0.080, -0.05), (0.074, -0.01),
        (0.055, 0.022), (0.022, 0.026), (0.005, 0.0), (-0.02, -0.05),
    ),
    "shirt": (
        (0.02, -0.05), (0.035, 0.06), (0.045, 0.17), (0.065, 0.205), (0.105, 0.17),
        (0.16, 0.02), (0.205, -0.10), (0.19, -0.115), (0.12, 0.0), (0.07, 0.06),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Torso:
    """The welded skin around the neck: decimetres."""

    points: Floats
    faces: Ints
    axis_z: float  # depth of the neck's axis


def dress(anatomy: Anatomy, skin: Part) -> tuple[Part, Part]:
    """(skin without what the cloth hides, cloth)."""
    weld = present(skin.weld)
    torso = Torso(
        points=skin.welded(skin.positions),
        faces=weld[skin.faces],
        axis_z=float(anatomy.origin[2] - 0.62 * anatomy.scale),
    )
    below = _below_neckline(anatomy, torso, torso.points)
    cloth, rim = _cloth(anatomy, torso, below)
    away = np.hypot(torso.points[:, 0], torso.points[:, 2] - torso.axis_z) / anatomy.scale
    deep = below > np.interp(away, [0.45, 0.70], [0.16, 0.02])
    hidden = deep[weld[skin.faces]].all(1)
    return replace(skin, faces=skin.faces[~hidden]), _joined(cloth, _collar(anatomy, torso, rim))


def _below_neckline(anatomy: Anatomy, torso: Torso, points: Floats) -> Floats:
    """How far each point lies below the neckline, head units; shoulders count as below."""
    front, side, back = anatomy.person.outfit.neckline
    arm_x, arm_z = points[:, 0], points[:, 2] - torso.axis_z
    facing = np.cos(np.arctan2(np.abs(arm_x), arm_z))
    line = np.where(facing > 0, lerp(front, side, (1 - np.abs(facing)) ** 1.15), lerp(side, back, np.abs(facing)))
    height = anatomy.relative(points)[:, 1]
    shoulder = (np.hypot(arm_x, arm_z) / anatomy.scale - 0.82) * (height < -1.2)
    return np.asarray(np.maximum(line - height, shoulder))


class _Clipper:
    """Cuts triangles where a field over the vertices changes its sign; new vertices follow the old ones."""

    def __init__(self, points: Floats, normals: Floats, field: Floats) -> None:
        self.points, self.normals = list(points), list(normals)
        self._field = field
        self._cuts: dict[tuple[int, int], int] = {}

    def clip(self, triangle: Ints) -> list[list[int]]:
        """The parts of a triangle where the field is positive."""
        inside = [k for k in range(3) if self._field[triangle[k]] > 0]
        if len(inside) == 3:
            return [[int(corner) for corner in triangle]]
        if len(inside) == 1:
            a, b, c = (int(corner) for corner in np.roll(triangle, -inside[0]))
            return [[a, self._cut(a, b), self._cut(a, c)]]
        if len(inside) == 2:
            outside = ({0, 1, 2} - set(inside)).pop()
            a, b, c = (int(corner) for corner in np.roll(triangle, -outside))
            first, second = self._cut(a, b), self._cut(a, c)
            return [[first, b, c], [first, c, second]]
        return []

    def _cut(self, a: int, b: int) -> int:
        key = (min(a, b), max(a, b))
        if key not in self._cuts:
            share = self._field[a] / (self._field[a] - self._field[b])
            self._cuts[key] = len(self.points)
            self.points.append(lerp(self.points[a], self.points[b], share))
            self.normals.append(lerp(self.normals[a], self.normals[b], share))
        return self._cuts[key]


def _cloth(anatomy: Anatomy, torso: Torso, below: Floats) -> tuple[Part, Floats]:
    """The top without its collar, and the places of its upper edge (k, 3)."""
    clipper = _Clipper(torso.points, vertex_normals(torso.points, torso.faces), below)
    triangles = np.array([piece for triangle in torso.faces for piece in clipper.clip(triangle)])
    kept, numbers = np.unique(triangles, return_inverse=True)
    faces = numbers.reshape(-1, 3)
    edge = kept >= len(torso.points)
    points = np.array(clipper.points)[kept] + unit(np.array(clipper.normals))[kept] * 0.045 * anatomy.scale
    points = _smoothed(points, faces, edge)
    points = points + vertex_normals(points, faces) * 0.012 * anatomy.scale
    shade = 1 - 0.35 * np.exp(-np.maximum(0, _below_neckline(anatomy, torso, points)) / 0.05)
    colours = vec(*anatomy.person.outfit.colour) * shade[:, None]
    return Part(name="cloth", positions=points, faces=faces, colours=colours), points[edge]


def _smoothed(points: Floats, faces: Ints, fixed: Bools) -> Floats:
    """Cloth does not follow the collar bones: six rounds of averaging with the neighbours."""
    pairs = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    pairs = np.unique(np.concatenate([pairs, pairs[:, ::-1]]), axis=0)
    count = np.bincount(pairs[:, 0], minlength=len(points))[:, None]
    for _ in range(6):
        around = np.stack([np.bincount(pairs[:, 0], points[pairs[:, 1], k], len(points)) for k in range(3)], 1)
        points = np.where(fixed[:, None], points, 0.45 * points + 0.55 * around / count)
    return points


def _collar(anatomy: Anatomy, torso: Torso, rim: Floats) -> Part:
    """A profile swept along the cloth's edge round the neck."""
    outfit, scale = anatomy.person.outfit, anatomy.scale
    turn = np.linspace(-np.pi, np.pi, AROUND, endpoint=False)
    radius, height = _neck_edge(torso, rim, turn, scale)
    radius, height = radius - 0.028 * scale, height + 0.012 * scale
    opening = np.exp(-((np.degrees(turn) / 26) ** 2)) if outfit.collar == "shirt" else np.zeros(AROUND)
    profile = COLLARS[outfit.collar]
    rings = []
    for out, up in profile:
        reach = radius + (out + 0.05 * opening) * scale
        level = height + (up - 0.16 * opening * (up > -0.04)) * scale - (out + 0.05 * opening) * scale * 0.15
        rings.append(np.stack([np.sin(turn) * reach, level, torso.axis_z + np.cos(turn) * reach], 1))
    ribs = 1 + 0.04 * np.cos(np.arange(AROUND) * np.pi)
    shade = np.linspace(0.45, 1.06, len(profile))[:, None] * ribs
    points = np.concatenate(rings)
    faces = _outward(points, grid_faces(len(profile), AROUND), top=int(np.argmax([up for _, up in profile])))
    colours = np.clip(shade.reshape(-1, 1) * vec(*outfit.trim), 0, 1)
    return Part(name="cloth", positions=points, faces=faces, colours=colours)


def _neck_edge(torso: Torso, rim: Floats, turn: Floats, scale: float) -> tuple[Floats, Floats]:
    """Radius and height of the neckline at each angle, smoothed around."""
    arm_x, arm_z = rim[:, 0], rim[:, 2] - torso.axis_z
    near = np.hypot(arm_x, arm_z) < 0.95 * scale
    angle = np.arctan2(arm_x, arm_z)[near]
    order = np.argsort(angle, kind="stable")
    around = np.r_[angle[order] - 2 * np.pi, angle[order], angle[order] + 2 * np.pi]

    def at(values: Floats) -> Floats:
        return blur(np.interp(turn, around, np.tile(values[near][order], 3)), 1.6, mode="wrap")

    return at(np.hypot(arm_x, arm_z)), at(rim[:, 1])


def _outward(points: Floats, faces: Ints, top: int) -> Ints:
    upward = vertex_normals(points, faces).reshape(-1, AROUND, 3)[top, :, 1].mean()
    return faces if upward > 0 else faces[:, ::-1]


def _joined(first: Part, second: Part) -> Part:
    return replace(
        first,
        positions=np.concatenate([first.positions, second.positions]),
        faces=np.concatenate([first.faces, second.faces + len(first.positions)]),
        colours=np.concatenate([present(first.colours), present(second.colours)]),
    )
