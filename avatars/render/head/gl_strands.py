"""Which strands of hair show from where: of the dozen layers of a head of hair a view shows one or two.

From each view that a turn of the head comes near, the head is drawn once with each triangle in its number's colour. Between
four such views only those triangles are drawn that show in one of them; nearer ones first, so that what they hide costs less.
"""

from __future__ import annotations

from math import floor
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from avatars.face.channels import CHANNELS, INDEX
from avatars.render.base import Table
from avatars.render.head.gl_context import target
from avatars.render.head.gl_mesh import Mesh
from avatars.render.head.glb import Floats

Cell = tuple[int, int]
_STEP: Final = 4.0  # degrees of yaw and of pitch between views
_SIDE: Final = 512  # of a view
_LEAST: Final = 2  # pixels of a view; less than that is not missed
_USUAL: Final = [(yaw, pitch) for yaw in (-1, 0) for pitch in (-1, 0)]  # cells round a head that looks ahead


class Strands:
    """Vertex arrays of the strands that show, by the head's turn. Calls need the context current and the atlas bound."""

    def __init__(self, context: Any, mesh: Mesh, strands: Floats, others: Floats) -> None:
        """`strands`, `others`: triangles (n, 3); the others hide strands."""
        self._context, self._mesh, self._strands = context, mesh, strands
        self._views: dict[Cell, NDArray[np.bool_]] = {}
        self._arrays: dict[Cell, Any] = {}
        if len(strands):
            self._picture = target(context, (_SIDE, _SIDE), depth=True)
            self._numbers = [(len(strands), mesh.drawn("numbers", others)), (0, mesh.drawn("numbers", strands))]
            for cell in _USUAL:
                self._array(cell)

    def array(self, row: Table) -> Any:
        """What to draw for a row (57,) of a table; None: nothing. The mesh may stand otherwise afterwards."""
        return self._array(_cell(row)) if len(self._strands) else None

    def shown(self, row: Table) -> NDArray[np.bool_]:
        """Which strands (n,) are drawn for a row (57,)."""
        return self._shown(_cell(row))

    def _array(self, cell: Cell) -> Any:
        if cell not in self._arrays:
            self._arrays[cell] = self._mesh.drawn("holed", self._near_first(self._strands[self._shown(cell)], cell))
        return self._arrays[cell]

    def _shown(self, cell: Cell) -> NDArray[np.bool_]:
        yaw, pitch = cell
        views = [self._view((yaw + right, pitch + up)) for right in (0, 1) for up in (0, 1)]
        return np.asarray(np.logical_or.reduce(views))

    def _near_first(self, triangles: Floats, cell: Cell) -> Floats:
        moved, turn = self._mesh.posed(_row(cell[0] + 0.5, cell[1] + 0.5))
        depth = (moved[0, :, :3] @ turn[0].T)[triangles, 2].mean(1)  # but for a constant, and the share of the turn
        return triangles[np.argsort(-depth)]

    def _view(self, view: Cell) -> NDArray[np.bool_]:
        """Which strands (n,) show from a view."""
        if view not in self._views:
            self._views[view] = self._looked(view)
        return self._views[view]

    def _looked(self, view: Cell) -> NDArray[np.bool_]:
        import moderngl

        moved, turn = self._mesh.posed(_row(*view))
        self._mesh.stand(moved[0], turn[0])
        self._context.enable_only(moderngl.DEPTH_TEST)
        self._picture.use()
        self._picture.clear(1.0, 1.0, 1.0, 1.0, 1.0)
        for first, array in self._numbers:
            self._mesh.number_from(first)
            array.render()
        pixels = np.frombuffer(self._picture.read(components=4, alignment=1), np.uint32) & 0xFFFFFF
        count = len(self._strands)
        return np.asarray(np.bincount(np.minimum(pixels, count), minlength=count + 1)[:count] >= _LEAST)


def _cell(row: Table) -> Cell:
    """Between which views a row's head is turned: those of the same numbers, and of the next ones."""
    return floor(row[INDEX["headYaw"]] / _STEP), floor(row[INDEX["headPitch"]] / _STEP)


def _row(yaw: float, pitch: float) -> Table:
    """A table (1, 57) of a head at rest, turned by so many steps."""
    row = np.zeros((1, len(CHANNELS)), np.float32)
    row[0, [INDEX["headYaw"], INDEX["headPitch"]]] = yaw * _STEP, pitch * _STEP
    return row
