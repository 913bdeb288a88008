"""Collect ribbons and grids of quads (hair, lashes) into one vertex-coloured mesh."""

from __future__ import annotations

import numpy as np

from avatars.cast.arrays import Floats, Ints, unit
from avatars.cast.mesh import Part


class Ribbons:
    """Grows a mesh strip by strip. The hair picture has four columns; `column` picks one."""

    def __init__(self) -> None:
        self._positions: list[Floats] = []
        self._normals: list[Floats] = []
        self._uv: list[Floats] = []
        self._colours: list[Floats] = []
        self._faces: list[Ints] = []
        self._count = 0

    def add(
        self,
        path: Floats,
        *,
        width: Floats | float,
        up: Floats,
        colour: Floats,
        column: int = 0,
        v: tuple[float, float] = (0.0, 1.0),
        roll: float = 0.0,
    ) -> None:
        """A ribbon along `path` (k, 3), its flat side towards `up`; normals fan out so that it shades like a round lock."""
        steps = len(path)
        along = unit(np.gradient(path, axis=0))
        side = unit(np.cross(along, up))
        across = unit(np.cross(side, along))
        side = unit(side * np.cos(roll) + across * np.sin(roll))
        half = np.broadcast_to(np.asarray(width, dtype=np.float64), (steps,))[:, None] / 2
        face = unit(np.broadcast_to(up, path.shape) * 0.8 + across * 0.3)
        rows = np.linspace(*v, steps)
        left, right = column * 0.25 + 0.004, column * 0.25 + 0.246
        self._positions.append(np.stack([path - side * half, path + side * half], 1).reshape(-1, 3))
        self._normals.append(unit(np.stack([face - side * 0.35, face + side * 0.35], 1)).reshape(-1, 3))
        self._uv.append(np.stack([np.stack([np.full(steps, u), rows], 1) for u in (left, right)], 1).reshape(-1, 2))
        self._colours.append(np.repeat(np.broadcast_to(colour, (steps, 3)), 2, axis=0))
        first = self._count + 2 * np.arange(steps - 1)
        self._faces += [np.stack([first, first + 1, first + 2], 1), np.stack([first + 1, first + 3, first + 2], 1)]
        self._count += 2 * steps

    def add_grid(self, points: Floats, normals: Floats, uv: Floats, colours: Floats) -> None:
        """A tube: `points` (rows, around, 3), closed around."""
        rows, around = points.shape[:2]
        for store, values in (
            (self._positions, points),
            (self._normals, normals),
            (self._uv, uv),
            (self._colours, colours),
        ):
            store.append(values.reshape(rows * around, -1))
        self._faces.append(grid_faces(rows, around) + self._count)
        self._count += rows * around

    def add_triangle(self, corners: Floats, normals: Floats, colours: Floats) -> None:
        """A single hair: (3, 3) corners with normals and colours."""
        self._positions.append(corners)
        self._normals.append(normals)
        self._uv.append(np.zeros((3, 2)))
        self._colours.append(colours)
        self._faces.append(np.arange(3)[None] + self._count)
        self._count += 3

    def part(self, name: str, *, deltas: Floats | None = None, textured: bool = True) -> Part:
        """Everything collected so far as one part."""
        return Part(
            name=name,
            positions=np.concatenate(self._positions),
            faces=np.concatenate(self._faces),
            normals=np.concatenate(self._normals),
            uv=np.concatenate(self._uv) if textured else None,
            colours=np.clip(np.concatenate(self._colours), 0, 1),
            deltas=deltas,
        )


def grid_faces(rows: int, around: int) -> Ints:
    """Triangles of a tube of `rows` rings with `around` vertices each."""
    row, step = np.meshgrid(np.arange(rows - 1), np.arange(around), indexing="ij")
    a, b = row * around + step, row * around + (step + 1) % around
    c, d = b + around, a + around
    return np.concatenate([np.stack([a, d, b], -1).reshape(-1, 3), np.stack([b, d, c], -1).reshape(-1, 3)])
