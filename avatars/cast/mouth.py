"""The inside of the mouth: lining, two arches of teeth, and a tongue that can show itself."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from avatars.cast.anatomy import Anatomy
from avatars.cast.arrays import Floats, Ints, lerp, present, smoothstep, vec
from avatars.cast.mesh import Part
from avatars.cast.ribbons import grid_faces
from avatars.cast.source import base_mesh, mask
from avatars.cast.units import index_of

ARCH_STEPS, TOOTH_ROWS, ARCH_ANGLE = 73, 5, 1.32
TONGUE_RINGS, TONGUE_AROUND = 11, 14


def split_lining(anatomy: Anatomy, skin: Part, teeth_front: float) -> tuple[Part, Part]:
    """Cut the lining of the mouth out of the skin: (skin without it, lining). It darkens with depth."""
    inner = mask("inside-mouth", present(skin.source_uv))[skin.faces].mean(1) > 0.55
    kept, faces = np.unique(skin.faces[inner], return_inverse=True)
    _, weld = np.unique(present(skin.source)[kept], return_inverse=True)
    positions = skin.positions[kept]
    light = 0.16 + 0.70 * _daylight(positions[:, 2], teeth_front, anatomy.scale)
    lining = Part(
        name="mouth",
        positions=positions,
        faces=faces.reshape(-1, 3),
        deltas=present(skin.deltas)[:, kept],
        weld=weld,
        colours=vec(0.52, 0.17, 0.16) * light[:, None],
    )
    return replace(skin, faces=skin.faces[~inner]), lining


def _daylight(z: Floats, front: float, scale: float) -> Floats:
    """How much light reaches a depth behind the teeth, 0-1."""
    return np.asarray(np.clip(1 - (front + 0.03 * scale - z) / (0.40 * scale), 0, 1) ** 1.9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arch:
    """How one row of teeth looks: per tooth from the middle outwards."""

    upper: bool
    widths: tuple[float, ...]
    lengths: tuple[float, ...]
    tip_drop: float  # how far the edges reach beyond the source's teeth, head units; towards the other row
    tone: float


UPPER = Arch(
    upper=True,
    widths=(0.155, 0.125, 0.135, 0.12, 0.12, 0.15),
    lengths=(1.0, 0.96, 1.0, 0.94, 0.91, 0.88),
    tip_drop=0.010,
    tone=1.0,
)
LOWER = Arch(
    upper=False,
    widths=(0.105, 0.115, 0.13, 0.125, 0.13, 0.16),
    lengths=(0.97, 0.98, 1.0, 0.95, 0.93, 0.90),
    tip_drop=-0.060,
    tone=0.70,
)


def build_teeth(anatomy: Anatomy, source: Part) -> Part:
    """Two modelled arches; each moves as its jaw does in the source."""
    is_upper = np.isin(present(source.source), base_mesh().group_vertices("helper-upper-teeth"))
    positions, colours, faces, deltas = [], [], [], []
    count = 0
    for arch in (UPPER, LOWER):
        jaw = np.flatnonzero(is_upper == arch.upper)
        points, colour = _arch(arch, source.positions[jaw], anatomy.scale)
        triangles = _sheet_faces(TOOTH_ROWS, ARCH_STEPS) + count
        faces.append(triangles if arch.upper else triangles[:, ::-1])
        deltas.append(affine_deltas(source.positions[jaw], present(source.deltas)[:, jaw], points))
        positions.append(points)
        colours.append(colour)
        count += len(points)
    return Part(
        name="teeth",
        positions=np.concatenate(positions),
        faces=np.concatenate(faces),
        deltas=np.concatenate(deltas, 1),
        colours=np.concatenate(colours),
    )


def _arch(arch: Arch, source: Floats, scale: float) -> tuple[Floats, Floats]:
    """Vertices (rows * steps, 3) and colours of one arch fitted to the source's slab."""
    low, high = source.min(0), source.max(0)
    half_width, front, back = np.abs(source[:, 0]).max() * 0.94, high[2] - 0.030 * scale, low[2] + 0.1 * scale
    turn = np.linspace(-1, 1, ARCH_STEPS) * ARCH_ANGLE
    bow = (np.cos(turn) - np.cos(ARCH_ANGLE)) / (1 - np.cos(ARCH_ANGLE))
    x, z = np.sin(turn) / np.sin(ARCH_ANGLE) * half_width, back + (front - back) * bow
    length, belly = _crowns(arch, np.abs(turn) / ARCH_ANGLE)
    gum = high[1] if arch.upper else low[1]
    edge = low[1] - arch.tip_drop * scale if arch.upper else high[1] + arch.tip_drop * scale
    v = np.linspace(0, 1, TOOTH_ROWS)[:, None]
    y = lerp(gum, lerp(gum, edge, length * (0.975 + 0.025 * belly)), v)
    out = 0.009 * scale * belly * np.sin(np.pi * (0.25 + 0.65 * v)) - 0.012 * scale * v**3
    points = np.stack([x + np.sin(turn) * out, y, z + np.cos(turn) * out], -1)
    return points.reshape(-1, 3), _tooth_colours(arch, np.abs(turn) / ARCH_ANGLE, belly, v).reshape(-1, 3)


def _crowns(arch: Arch, along: Floats) -> tuple[Floats, Floats]:
    """Length of the tooth at each step and how far it bulges: 1 in its middle, 0 between two teeth."""
    edges = np.r_[0, np.cumsum(arch.widths)] / sum(arch.widths)
    tooth = np.clip(np.searchsorted(edges, along, "right") - 1, 0, len(arch.widths) - 1)
    share = (along - edges[tooth]) / (edges[tooth + 1] - edges[tooth])
    belly = np.clip(np.minimum(share, 1 - share) * 2 / 0.45, 0, 1) ** 0.5
    return np.array(arch.lengths)[tooth], belly


def _tooth_colours(arch: Arch, along: Floats, belly: Floats, v: Floats) -> Floats:
    enamel = lerp(vec(0.89, 0.855, 0.79), vec(0.90, 0.885, 0.845), v[..., None])
    enamel = enamel * (0.74 + 0.26 * belly)[None, :, None]
    colour = lerp(enamel, vec(0.60, 0.27, 0.26), smoothstep(0.40, 0.22, v + 0.10 * (1 - belly))[..., None])
    lip_shade = lerp(0.62, 1.0, smoothstep(0.15, 0.9, v)) if arch.upper else lerp(0.55, 1.0, smoothstep(0.3, 1.0, v))
    into_cheek = np.clip(1.05 - 0.95 * along**1.5, 0.10, 1)[None, :, None]
    return np.asarray(colour * into_cheek * arch.tone * lip_shade[..., None])


def _sheet_faces(rows: int, steps: int) -> Ints:
    """Triangles of an open sheet of rows x steps vertices."""
    row, step = np.meshgrid(np.arange(rows - 1), np.arange(steps - 1), indexing="ij")
    a = row * steps + step
    b, c, d = a + 1, a + steps + 1, a + steps
    return np.concatenate([np.stack([a, d, b], -1).reshape(-1, 3), np.stack([b, d, c], -1).reshape(-1, 3)])


def build_tongue(anatomy: Anatomy, source: Part, teeth: Part) -> Part:
    """A tongue resting behind the lower teeth. tongueOut at 0.3 puts its tip between the teeth, at 1 out of the mouth."""
    scale = anatomy.scale
    lower = teeth.positions[ARCH_STEPS * TOOTH_ROWS :]
    level = float(lower[:, 1].max()) + 0.036 * scale  # a little above the lower teeth, so that TH and L can show it
    front = float(lower[:, 2].max())
    along = np.linspace(0, 1, TONGUE_RINGS)
    points = _tongue_shape(along, level, front, scale)
    deltas = affine_deltas(source.positions, present(source.deltas), points)
    deltas[index_of()["tongueOut"]] = _stick_out(along, points, scale)
    light = 0.22 + 0.85 * _daylight(points[:, 2], front, scale)
    return Part(
        name="tongue",
        positions=points,
        faces=grid_faces(TONGUE_RINGS, TONGUE_AROUND)[:, ::-1],
        deltas=deltas,
        colours=vec(0.84, 0.43, 0.42) * light[:, None],
    )


def _tongue_shape(along: Floats, level: float, front: float, scale: float) -> Floats:
    """Rings from the root (along = 0) to the tip (1), closed by shrinking to nearly nothing at both ends."""
    taper = np.sqrt(np.clip(1 - np.clip((along - 0.5) / 0.5, 0, 1) ** 2.4, 0.00002, 1))
    half_width = lerp(0.19, 0.15, along) * taper * scale
    half_height = lerp(0.075, 0.034, along) * taper**0.7 * scale
    centre_y = level + (lerp(-0.13, -0.036, along) + 0.03 * np.sin(np.pi * along)) * scale
    centre_z = front + lerp(-0.62, -0.050, along**0.85) * scale
    turn = 2 * np.pi * np.arange(TONGUE_AROUND) / TONGUE_AROUND
    x = half_width[:, None] * np.cos(turn)
    groove = 0.012 * scale * np.exp(-((x / (0.04 * scale)) ** 2)) * (np.sin(turn) > 0) * taper[:, None]
    y = centre_y[:, None] + half_height[:, None] * np.sin(turn) - groove
    z = np.broadcast_to(centre_z[:, None], x.shape)
    return np.stack([x, y, z], -1).reshape(-1, 3)


def affine_deltas(source: Floats, deltas: Floats, points: Floats) -> Floats:
    """Each unit's affine motion of the source points, applied to our points: (52, n, 3)."""
    basis = np.c_[source, np.ones(len(source))]
    motion = np.linalg.lstsq(basis, np.moveaxis(deltas, 0, 1).reshape(len(source), -1), rcond=None)[0]
    moved = np.c_[points, np.ones(len(points))] @ motion
    return np.ascontiguousarray(np.moveaxis(moved.reshape(len(points), len(deltas), 3), 1, 0))


def _stick_out(along: Floats, points: Floats, scale: float) -> Floats:
    share = np.repeat(along**1.6, TONGUE_AROUND)
    return np.stack([-0.18 * points[:, 0] * share, 0.105 * scale * share, 0.30 * scale * share], 1)
