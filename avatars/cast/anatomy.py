"""Shape one person's head out of the base mesh and bake the friendly resting face into it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from avatars.cast import mouthshape
from avatars.cast.arrays import Floats, smoothstep, vec
from avatars.cast.mesh import Part
from avatars.cast.people import REST, Person
from avatars.cast.source import base_mesh, mask, shaped
from avatars.cast.units import index_of, symmetric_units, vertex_uv, weights_of

EYE_GROUPS = ("helper-l-eye", "helper-r-eye")
FULL_SMILE = 0.74  # of the source's smile left to the channel, on top of what the resting face holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Anatomy:
    """A shaped head at rest. Lengths in decimetres; n counts all vertices of the source mesh."""

    person: Person
    positions: Floats  # (n, 3)
    deltas: Floats  # (52, n, 3) from the resting face
    origin: Floats  # (3,) on the eye line, in the middle, at the eyes' depth
    eye_x: float
    scale: float  # eye line to crown
    mouth_y: float  # head units
    mouth_half_width: float  # head units

    def relative(self, points: Floats) -> Floats:
        """Points in head units: eye line 0, crown 1."""
        return np.asarray((points - self.origin) / self.scale)


def shape_head(person: Person) -> Anatomy:
    """Shape the person, smile faintly, and make every channel start from that face."""
    plain = shaped(person.shape)
    units = symmetric_units().copy()
    rest_weights = weights_of(REST | person.rest)
    eyes = plain[base_mesh().group_vertices(EYE_GROUPS[0])].mean(0)
    origin = vec(0, eyes[1], eyes[2])
    scale = float(plain[base_mesh().group_vertices("body"), 1].max() - eyes[1])
    lips = mask("lips", vertex_uv()) > 0.5
    seam = mouthshape.find_seam(plain, units, lips, origin, scale)
    rest = plain + np.tensordot(rest_weights, units, 1)
    mouthshape.keep_closed(units, seam, plain, rest, scale)
    rest = rest + mouthshape.closing(seam, plain, rest, scale)
    rest = rest + mouthshape.sealing(seam, rest, scale)
    smile = np.tensordot(weights_of({"mouthSmile": 0.46, "mouthDimple": 0.10}), units, 1)
    mouthshape.round_lips(units, seam, rest, smile, origin, scale)
    mouthshape.widen_jaw(units, seam, rest, origin, scale)
    _make_absolute(units, rest_weights, rest)
    relative = (rest[lips] - origin) / scale
    return Anatomy(
        person=person,
        positions=rest,
        deltas=units,
        origin=origin,
        eye_x=float(eyes[0]),
        scale=scale,
        mouth_y=float(relative[:, 1].mean()),
        mouth_half_width=float(np.abs(relative[:, 0]).max()),
    )


def _make_absolute(units: Floats, rest_weights: Floats, rest: Floats) -> None:
    """Take what the resting face already holds out of the channels that must reach an absolute pose."""
    lids = [number for name, number in index_of().items() if name.startswith("eye")]
    resting_lids = np.tensordot(rest_weights[lids], units[lids], 1)
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        half = smoothstep(-0.01, 0.01, sign * rest[:, 0])[:, None]
        units[index_of()[f"eyeBlink{side}"]] -= resting_lids * half
        units[index_of()[f"mouthSmile{side}"]] *= FULL_SMILE
    units[index_of()["browInnerUp"]] *= 1.25


def cut_out(anatomy: Anatomy, name: str, wanted: Callable[[str], bool]) -> Part:
    """The triangles of the wanted groups above the chest as a part that keeps its source numbers."""
    mesh = base_mesh()
    floor = anatomy.origin[1] - 2.55 * anatomy.scale
    corners = []
    for face, face_uv, group in zip(mesh.faces, mesh.face_uv, mesh.groups, strict=True):
        if wanted(group) and anatomy.positions[list(face), 1].min() >= floor:
            both = list(zip(face, face_uv, strict=True))
            corners += [(both[0], both[k], both[k + 1]) for k in range(1, len(face) - 1)]
    distinct, number = np.unique(np.array(corners).reshape(-1, 2), axis=0, return_inverse=True)
    source = distinct[:, 0]
    _, weld = np.unique(source, return_inverse=True)
    return Part(
        name=name,
        positions=anatomy.positions[source].copy(),
        faces=number.reshape(-1, 3),
        deltas=anatomy.deltas[:, source],
        source=source,
        source_uv=mesh.uv[distinct[:, 1]].copy(),
        weld=weld,
    )
