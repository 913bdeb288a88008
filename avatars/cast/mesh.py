"""A part of a head as a triangle mesh with morph deltas, and what is computed on such meshes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from avatars.cast.arrays import Bools, Floats, Ints, Pixels, unit

NDArrayF32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One mesh of a head. Lengths in decimetres while building; n vertices, m triangles.

    `weld` gives vertices that share a place (UV seams) the same number. `colours` are sRGB (n, 3) or with alpha (n, 4).
    `head_share` is the head joint's share of each vertex; absent means that the whole part is fixed to the head.
    """

    name: str
    positions: Floats  # (n, 3)
    faces: Ints  # (m, 3)
    deltas: Floats | None = None  # (52, n, 3)
    normals: Floats | None = None  # (n, 3)
    weld: Ints | None = None  # (n,)
    source: Ints | None = None  # (n,) vertex numbers of the source mesh
    source_uv: Floats | None = None  # (n, 2)
    uv: Floats | None = None  # (n, 2) glTF texture coordinates
    colours: Floats | None = None
    head_share: Floats | None = None  # (n,) 0-1
    textures: dict[str, Pixels] = field(default_factory=dict)

    def smooth_normals(self, offset: Floats | None = None) -> Floats:
        """Vertex normals, continuous over UV seams, of the positions plus `offset`."""
        positions = self.positions if offset is None else self.positions + offset
        if self.weld is None:
            return vertex_normals(positions, self.faces)
        return vertex_normals(self.welded(positions), self.weld[self.faces])[self.weld]

    def welded(self, values: Floats) -> Floats:
        """Per-vertex values gathered to one row for each distinct place."""
        if self.weld is None:
            return values
        out = np.zeros((int(self.weld.max()) + 1, values.shape[1]))
        out[self.weld] = values
        return out


def vertex_normals(positions: Floats, faces: Ints) -> Floats:
    """Area-weighted vertex normals, (n, 3)."""
    a, b, c = (positions[faces[:, i]] for i in range(3))
    face_normals = np.cross(b - a, c - a)
    out = np.zeros_like(positions)
    for corner in range(3):
        for axis in range(3):
            out[:, axis] += np.bincount(faces[:, corner], face_normals[:, axis], len(positions))
    return unit(out)


def triangle_areas(positions: Floats, faces: Ints) -> Floats:
    """Twice the area of each triangle."""
    a, b, c = (positions[faces[:, i]] for i in range(3))
    return np.asarray(np.linalg.norm(np.cross(b - a, c - a), axis=1))


def scatter(positions: Floats, faces: Ints, count: int, seed: int = 1) -> Floats:
    """`count` points spread evenly over the surface."""
    random = np.random.RandomState(seed)
    area = triangle_areas(positions, faces)
    chosen = faces[random.choice(len(faces), count, p=area / area.sum())]
    share = random.rand(count, 2)
    over = share.sum(1) > 1
    share[over] = 1 - share[over]
    a, b, c = (positions[chosen[:, i]] for i in range(3))
    return np.asarray(a * (1 - share.sum(1))[:, None] + b * share[:, :1] + c * share[:, 1:])


def openness(points: Floats, normals: Floats, occluders: Floats, *, rays: int = 90, bias: float = 0.05) -> Floats:
    """Ambient visibility of each point in 0-1, weighted by the cosine, mostly from above.

    Depth maps of the occluder cloud from many directions stand in for a ray tracer.
    """
    directions = np.random.RandomState(5).randn(rays, 3)
    directions = unit(directions)
    directions[:, 1] = np.abs(directions[:, 1]) * 0.6 + directions[:, 1] * 0.4
    seen, weight = np.zeros(len(points)), np.full(len(points), 1e-6)
    for direction in unit(directions):
        facing = np.clip(normals @ direction, 0, 1)
        seen += facing * _visible(points, occluders, direction, bias)
        weight += facing
    return np.asarray(seen / weight)


def _visible(points: Floats, occluders: Floats, direction: Floats, bias: float, cells: int = 160) -> Bools:
    across = unit(np.cross(direction, [0.3, 0.9, 0.1]))
    frame = np.stack([across, np.cross(direction, across)], 1)
    flat = occluders @ frame
    low = flat.min(0)
    scale = (cells - 1) / (flat.max(0) - low).max()
    row, column = ((flat - low) * scale).astype(int).T
    depth = np.full((cells, cells), -1e9)
    np.maximum.at(depth, (row, column), occluders @ direction)
    at = np.clip(((points @ frame - low) * scale).astype(int), 0, cells - 1)
    return np.asarray(depth[at[:, 0], at[:, 1]] < points @ direction + bias)


def rasterise(uv: Floats, faces: Ints, values: Floats, width: int, height: int) -> tuple[Floats, Bools]:
    """Spread per-vertex values (n, c) over a texture: (height, width, c) and which pixels are covered."""
    out = np.zeros((height, width, values.shape[1]), np.float32)
    covered = np.zeros((height, width), bool)
    for triangle in faces:
        corners = uv[triangle]
        x0, y0 = np.maximum(np.floor(corners.min(0)).astype(int) - 1, 0)
        x1, y1 = np.minimum(np.ceil(corners.max(0)).astype(int) + 2, (width, height))
        if x1 > x0 and y1 > y0:
            _fill_triangle(out[y0:y1, x0:x1], covered[y0:y1, x0:x1], corners - (x0, y0), values[triangle])
    return out.astype(np.float64), covered


def _fill_triangle(out: NDArrayF32, covered: Bools, corners: Floats, values: Floats) -> None:
    (px, py), (qx, qy), (sx, sy) = corners
    area = (qx - px) * (sy - py) - (sx - px) * (qy - py)
    if abs(area) < 1e-9:
        return
    rows, columns = covered.shape
    x, y = np.meshgrid(np.arange(columns) + 0.5, np.arange(rows) + 0.5)
    u = ((x - px) * (sy - py) - (sx - px) * (y - py)) / area
    v = ((qx - px) * (y - py) - (x - px) * (qy - py)) / area
    inside = (u >= -0.02) & (v >= -0.02) & (u + v <= 1.02)
    mixed = (1 - u - v)[..., None] * values[0] + u[..., None] * values[1] + v[..., None] * values[2]
    out[inside] = mixed[inside]
    covered |= inside
