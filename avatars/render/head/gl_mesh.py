"""A head's triangles in OpenGL: what of a vertex is fixed, and one program for each kind of surface."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch

from avatars.render.base import Table
from avatars.render.head import shaders
from avatars.render.head.glb import Floats
from avatars.render.head.scene import HeadScene

_KINDS: Final[dict[str, tuple[str, ...]]] = {
    "plain": (),
    "bare": ("BARE",),
    "holed": ("HOLES",),
    "mirror": ("MIRROR",),
    "thin": ("BARE", "BLEND"),
}


class Mesh:
    """Vertex buffers of a scene and programs that draw any of its triangles."""

    def __init__(self, context: Any, scene: HeadScene) -> None:
        self._context, self._scene = context, scene
        self._moving = context.buffer(reserve=len(scene.surface.uv) * 6 * 4)
        self._fixed = context.buffer(fixed(scene).tobytes())
        self._programs = {kind: context.program(*shaders.surface(*features)) for kind, features in _KINDS.items()}
        self._programs["numbers"] = context.program(*shaders.numbers())
        for program in self._programs.values():
            self._light(program)

    def drawn(self, kind: str, triangles: Floats) -> Any:
        """A vertex array of triangles (n, 3), as one of _KINDS or, for their numbers, "numbers"."""
        index = self._context.buffer(np.ascontiguousarray(triangles, np.int32).tobytes())
        program = self._programs[kind]
        layout = [
            (self._moving, *_used(program, {"position": "3f", "normal": "3f"})),
            (self._fixed, *_used(program, {"place": "4f", "gloss": "4f", "tint": "4f"})),
        ]
        return self._context.vertex_array(program, layout, index)

    def pose(self, row: Table) -> None:
        """Take the pose of a row (1, 57)."""
        moved, turn = self.posed(row)
        self.stand(moved[0], turn[0])

    def posed(self, table: Table) -> tuple[Floats, Floats]:
        """Positions and normals (T, V, 6) and turns (T, 3, 3) of a table, for `stand`."""
        with torch.inference_mode():
            moved = torch.cat(self._scene.stage.morphed(table), -1)
            return moved.numpy(), self._scene.stage.turns(table).numpy()

    def stand(self, moved: Floats, turn: Floats) -> None:
        """Take a pose."""
        self._moving.write(moved)
        turned = np.ascontiguousarray(turn.T)
        for program in self._programs.values():
            program["turn"].write(turned)

    def number_from(self, first: int) -> None:
        """What the next triangle's number is."""
        self._programs["numbers"]["first"].value = first

    def _light(self, program: Any) -> None:
        towards, lamps, harmonics = self._scene.light.lamps()
        values = {"towards": towards, "lamps": lamps, "harmonics": harmonics}
        values |= {"camera": self._scene.camera.matrix().T, "eye": self._scene.camera.eye()}
        for name, value in (values | {"pivot": self._scene.stage.pivot.numpy()}).items():
            if name in program:
                program[name].write(np.ascontiguousarray(value).tobytes())
        for unit, name in enumerate(("atlas", "studio")):
            if name in program:
                program[name] = unit


def fixed(scene: HeadScene) -> Floats:
    """What of a vertex never changes, (V, 12): the attributes place, gloss and tint of shaders.py."""
    surface = scene.surface
    height, width = surface.texels.shape[:2]
    key, gloss = scene.light.taken()
    corners = surface.faces.reshape(-1)
    last = torch.ones(len(surface.uv))
    last[corners] = torch.where(surface.blended.repeat_interleave(3), surface.colours[corners, 3], last[corners])
    holed = (surface.cutoffs >= 0).repeat_interleave(3)
    last[corners[holed]] = surface.cutoffs.repeat_interleave(3)[holed]
    place = torch.cat([surface.uv / torch.tensor([width, height]), scene.stage.share, torch.from_numpy(key)[:, None]], 1)
    tint = torch.cat([surface.colours[:, :3], last[:, None]], 1)
    return np.concatenate([place.numpy(), gloss, tint.numpy()], 1).astype(np.float32)


def _used(program: Any, attributes: dict[str, str]) -> tuple[str, ...]:
    """Format and names of those attributes that the program looks at; others are left out."""
    kept = [name for name in attributes if name in program]
    layout = " ".join(attributes[name] if name in program else attributes[name].replace("f", "x4") for name in attributes)
    return (layout, *kept)
