"""Which strands of hair show from where: of the layers of a head of hair a view shows one or two.

A grid of views is drawn once, each triangle in its number's colour. Between four views only those triangles are drawn that
show in one of them; nearer ones first, so that what they hide is not looked up.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from avatars.face.channels import CHANNELS, INDEX
from avatars.render.base import Table
from avatars.render.head.gl_context import target
from avatars.render.head.gl_mesh import Mesh
from avatars.render.head.glb import Floats

_YAWS: Final = np.arange(-32, 33, 8.0)
_PITCHES: Final = np.arange(-16, 17, 8.0)
_SIDE: Final = 384  # of a view
_LEAST: Final = 1  # pixels of a view; less than that shows nothing


class Strands:
    """Vertex arrays of the strands that show, by the head's turn."""

    def __init__(self, context: Any, mesh: Mesh, strands: Floats, others: Floats) -> None:
        """`strands`, `others`: triangles (n, 3); the others hide strands."""
        self._mesh, self._strands = mesh, strands
        self._arrays: dict[tuple[int, int], Any] = {}
        self._shown = self._views(context, others) if len(strands) else np.zeros((0, 0, 0), bool)

    def array(self, row: Table) -> Any:
        """What to draw for a row (57,) of a table; None: nothing. With the context current."""
        if not len(self._strands):
            return None
        cell = _cell(row)
        if cell not in self._arrays:
            self._arrays[cell] = self._mesh.drawn("holed", self._near_first(self._strands[self.shown(row)], cell))
        return self._arrays[cell]

    def shown(self, row: Table) -> NDArray[np.bool_]:
        """Which strands (n,) are drawn for a row (57,)."""
        yaw, pitch = _cell(row)
        return np.asarray(self._shown[yaw : yaw + 2, pitch : pitch + 2].any((0, 1)))

    def _near_first(self, triangles: Floats, cell: tuple[int, int]) -> Floats:
        yaw, pitch = cell
        middle = _row(_YAWS[yaw : yaw + 2].mean(), _PITCHES[pitch : pitch + 2].mean())
        moved, turn = self._mesh.posed(middle[None])
        depth = (moved[0, :, :3] @ turn[0].T)[triangles, 2].mean(1)  # but for a constant, and the share of the turn
        return triangles[np.argsort(-depth)]

    def _views(self, context: Any, others: Floats) -> NDArray[np.bool_]:
        """Which strands show at each yaw and pitch of the grid, (Y, P, n)."""
        import moderngl

        picture = target(context, (_SIDE, _SIDE), depth=True)
        strands, hiding = self._mesh.drawn("numbers", self._strands), self._mesh.drawn("numbers", others)
        moved, turns = self._mesh.posed(np.stack([_row(yaw, pitch) for yaw in _YAWS for pitch in _PITCHES]))
        context.enable_only(moderngl.DEPTH_TEST)
        shown = []
        for pose, turn in zip(moved, turns, strict=True):
            self._mesh.stand(pose, turn)
            picture.use()
            picture.clear(1, 1, 1, 1, 1)
            for first, array in ((len(self._strands), hiding), (0, strands)):
                self._mesh.number_from(first)
                array.render()
            shown.append(self._counted(picture) >= _LEAST)
        picture.release()
        return np.stack(shown).reshape(len(_YAWS), len(_PITCHES), -1)

    def _counted(self, picture: Any) -> NDArray[np.int64]:
        """Pixels of each strand (n,) in a picture of numbers."""
        pixels = np.frombuffer(picture.read(components=4, alignment=1), np.uint32) & 0xFFFFFF
        count = len(self._strands)
        return np.bincount(np.minimum(pixels, count), minlength=count + 1)[:count]


def _cell(row: Table) -> tuple[int, int]:
    """Between which views of the grid a row's head is turned; the last ones go for all beyond."""
    return _between(_YAWS, row[INDEX["headYaw"]]), _between(_PITCHES, row[INDEX["headPitch"]])


def _between(grid: NDArray[np.float64], angle: float) -> int:
    return int(np.clip(np.searchsorted(grid, angle) - 1, 0, len(grid) - 2))


def _row(yaw: float, pitch: float) -> Table:
    row = np.zeros(len(CHANNELS), np.float32)
    row[[INDEX["headYaw"], INDEX["headPitch"]]] = yaw, pitch
    return row
