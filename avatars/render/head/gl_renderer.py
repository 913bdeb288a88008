"""The fast renderer of heads on machines without CUDA: OpenGL through EGL (extra `gl`), made for drawing in software."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from avatars.render.base import Pictures, Table, checked
from avatars.render.head import shaders, studio
from avatars.render.head.gl_context import open_context, target, texture
from avatars.render.head.gl_mesh import Mesh
from avatars.render.head.gl_strands import Strands
from avatars.render.head.glb import floats
from avatars.render.head.model import Head
from avatars.render.head.scene import HeadScene, rigid_cut_outs

_CHUNK = 16  # frames whose morphs are computed together


class GLHead:
    """Draws a head like TorchHead does. Raises RenderFailed `gl_missing`; must be used in the thread that made it."""

    most = 64

    def __init__(
        self,
        head: Head,
        size: tuple[int, int],
        *,
        oversample: float = 1.25,
        framing: str = "head",
        backdrop: Pictures | None = None,
    ) -> None:
        self.size = size
        self._context = open_context()
        self._end = weakref.finalize(self, self._context.release)  # contexts don't go by themselves
        self._scene = HeadScene(head, size, device="cpu", oversample=oversample, framing=framing, prune=False)
        with self._context:
            self._prepare(head, backdrop)

    def _prepare(self, head: Head, backdrop: Pictures | None) -> None:
        self._samples = target(self._context, (self._scene.wide, self._scene.high), depth=True)
        self._picture = target(self._context, self.size, depth=False)
        self._textures(backdrop)
        self._mesh = Mesh(self._context, self._scene)
        self._strands, self._parts = self._surfaces(head)
        self._shrink = {cut_out: self._shrinker(cut_out=cut_out) for cut_out in (False, True)}

    def render(self, table: Table) -> Pictures:
        """Pictures (T, H, W, 3) over the backdrop."""
        return self._rendered(table, cut_out=False)

    def render_rgba(self, table: Table) -> Pictures:
        """Pictures (T, H, W, 4) with straight alpha."""
        return self._rendered(table, cut_out=True)

    def close(self) -> None:
        """Give the context back; at the latest that happens when nothing refers to the renderer."""
        self._end()

    def _rendered(self, table: Table, *, cut_out: bool) -> Pictures:
        with self._context:  # another head of the thread may have been drawn since
            return self._frames(checked(table), cut_out=cut_out)

    def _frames(self, table: Table, *, cut_out: bool) -> Pictures:
        out = np.empty((len(table), self.size[1], self.size[0], 4 if cut_out else 3), np.uint8)
        self._atlas.use(0)
        self._studio.use(1)
        for start in range(0, len(table), _CHUNK):
            rows = table[start : start + _CHUNK]
            for i, (moved, turn) in enumerate(zip(*self._mesh.posed(rows), strict=True)):
                strands = self._strands.array(rows[i])
                self._mesh.stand(moved, turn)
                self._draw(strands)
                out[start + i] = self._shrunk(cut_out=cut_out)
        return out

    def _draw(self, strands: Any) -> None:
        import moderngl

        self._samples.depth_mask = True  # or the depth would not be cleared
        self._samples.use()
        self._samples.clear(0.0, 0.0, 0.0, 0.0, 1.0)
        if strands is not None:
            self._context.enable_only(moderngl.DEPTH_TEST)
            strands.render()  # first: what they hide costs little
        for array, flags in self._parts:
            self._context.enable_only(flags)
            self._samples.depth_mask = not flags & moderngl.BLEND
            array.render()

    def _shrunk(self, *, cut_out: bool) -> Pictures:
        self._picture.use()
        self._context.enable_only(0)
        self._samples.color_attachments[0].use(2)
        self._backdrop.use(3)
        self._shrink[cut_out].render(vertices=3)
        depth = 4 if cut_out else 3
        data = self._picture.read(components=depth, alignment=1)
        return np.frombuffer(data, np.uint8).reshape(self.size[1], self.size[0], depth)[::-1]

    def _textures(self, backdrop: Pictures | None) -> None:
        texels = self._scene.surface.texels.numpy().copy()
        texels[..., :3] = np.sqrt(texels[..., :3].clip(0, 1))  # as the shader reads it: dark tones need the steps
        self._atlas = texture(self._context, texels)
        mirror = self._scene.light.mirror.numpy()
        self._studio = self._context.texture(mirror.shape[1::-1], 3, mirror.tobytes(), dtype="f4")
        behind = studio.backdrop(*self.size) if backdrop is None else backdrop.astype(np.float32) / 255
        self._backdrop = texture(self._context, np.ascontiguousarray(behind[::-1]))

    def _surfaces(self, head: Head) -> tuple[Strands, list[tuple[Any, int]]]:
        """Strands, and what else is drawn with the state it is drawn under."""
        import moderngl

        self._context.blend_func = moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA
        surface = self._scene.surface
        faces, never, both, thin = (one.numpy() for one in (surface.faces, surface.never, surface.both_sides, surface.blended))
        bare = np.repeat([part.picture is None for part in head.parts], [len(part.faces) for part in head.parts])
        cut, mirrors = surface.cut.numpy() & ~thin, surface.mirrors.numpy() & ~thin
        strands = rigid_cut_outs(head) & ~thin & ~never
        rest = ~strands & ~never
        solid = ~cut & ~mirrors & ~thin
        kinds = [("holed", cut), ("mirror", ~cut & mirrors), ("plain", solid & ~bare), ("bare", solid & bare), ("thin", thin)]
        states = [(both, 0), (~both, moderngl.CULL_FACE)]
        parts = []
        for kind, chosen in kinds:
            for sided, flags in states:
                triangles = faces[rest & chosen & sided]
                if len(triangles):
                    blend = moderngl.BLEND if kind == "thin" else 0
                    parts.append((self._mesh.drawn(kind, triangles), moderngl.DEPTH_TEST | flags | blend))
        self._atlas.use(0)
        return Strands(self._context, self._mesh, faces[strands], faces[rest & ~thin]), parts

    def _shrinker(self, *, cut_out: bool) -> Any:
        program = self._context.program(*shaders.shrinking(cut_out=cut_out))
        program["samples"], program["reach"] = 2, (0.25 / self.size[0], 0.25 / self.size[1])
        if not cut_out:
            program["backdrop"] = 3
        corners = floats([-1, -1, 3, -1, -1, 3])
        return self._context.vertex_array(program, [(self._context.buffer(corners.tobytes()), "2f", "corner")])
