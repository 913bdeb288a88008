"""The fast renderer of heads on machines without CUDA: vertices in torch, pixels in OpenGL through EGL (extra `gl`)."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from avatars.render.base import Pictures, RenderFailed, Table, checked
from avatars.render.head import shaders, studio
from avatars.render.head.glb import Floats, floats
from avatars.render.head.model import Head
from avatars.render.head.scene import HeadScene


def open_context() -> Any:
    """A standalone OpenGL 3.3 context. Raises RenderFailed `gl_missing` without moderngl or a driver."""
    try:
        import moderngl
    except ImportError as problem:
        raise RenderFailed("gl_missing", "moderngl is not installed (extra `gl`)") from problem
    try:
        how: Any = {"standalone": True, "backend": "egl", "require": 330}
        return moderngl.create_context(**how)
    except Exception as problem:
        raise RenderFailed("gl_missing", f"no OpenGL context: {problem}") from problem


class GLHead:
    """Draws a head like TorchHead does. Raises RenderFailed `gl_missing`; must be used in the thread that made it."""

    most = 64

    def __init__(
        self,
        head: Head,
        size: tuple[int, int],
        *,
        oversample: float = 1.5,
        framing: str = "head",
        backdrop: Pictures | None = None,
    ) -> None:
        self.size = size
        self._context = open_context()
        self._scene = HeadScene(head, size, device="cpu", oversample=oversample, framing=framing)
        self._samples = self._target((self._scene.wide, self._scene.high), depth=True)
        self._picture = self._target(size, depth=False)
        self._program = self._context.program(shaders.VERTEX, shaders.FRAGMENT)
        self._program["camera"].write(np.ascontiguousarray(self._scene.camera.matrix().T))
        self._textures(backdrop)
        self._draws = self._meshes()
        self._shrink = self._shrinker()

    def render(self, table: Table) -> Pictures:
        """Pictures (T, H, W, 3) over the backdrop."""
        return self._rendered(table, cut_out=False)

    def render_rgba(self, table: Table) -> Pictures:
        """Pictures (T, H, W, 4) with straight alpha."""
        return self._rendered(table, cut_out=True)

    def close(self) -> None:
        """Give the context back."""
        self._context.release()

    def _rendered(self, table: Table, *, cut_out: bool) -> Pictures:
        table = checked(table)
        out = np.empty((len(table), self.size[1], self.size[0], 4 if cut_out else 3), np.uint8)
        for i, row in enumerate(table):
            out[i] = self._frame(row, cut_out=cut_out)
        return out

    def _frame(self, row: Floats, *, cut_out: bool) -> Pictures:
        with torch.inference_mode():
            self._buffer.write(self._scene.vertices(row[None]).numpy())
        self._samples.depth_mask = True  # or the depth would not be cleared
        self._samples.use()
        self._samples.clear(0.0, 0.0, 0.0, 0.0, 1.0)
        self._atlas.use(0)
        self._studio.use(1)
        for draw, flags, blended in self._draws:
            self._context.enable_only(flags)
            self._samples.depth_mask = not blended
            draw.render()
        return self._shrunk(cut_out=cut_out)

    def _shrunk(self, *, cut_out: bool) -> Pictures:
        self._picture.use()
        self._context.enable_only(0)
        self._samples.color_attachments[0].use(2)
        self._backdrop.use(3)
        self._shrink.program["cut_out"].value = cut_out
        self._shrink.render(vertices=3)
        depth = 4 if cut_out else 3
        data = self._picture.read(components=depth, alignment=1)
        return np.frombuffer(data, np.uint8).reshape(self.size[1], self.size[0], depth)[::-1]

    def _target(self, size: tuple[int, int], *, depth: bool) -> Any:
        picture = self._context.texture(size, 4)
        picture.repeat_x = picture.repeat_y = False
        return self._context.framebuffer([picture], self._context.depth_renderbuffer(size) if depth else None)

    def _textures(self, backdrop: Pictures | None) -> None:
        texels = self._scene.surface.texels.numpy()
        self._atlas = self._context.texture(texels.shape[1::-1], 4, texels.astype(np.float16).tobytes(), dtype="f2")
        mirror = self._scene.light.mirror.numpy()
        self._studio = self._context.texture(mirror.shape[1::-1], 3, mirror.tobytes(), dtype="f4")
        behind = studio.backdrop(*self.size) if backdrop is None else backdrop.astype(np.float32) / 255
        self._backdrop = self._context.texture(self.size, 3, np.ascontiguousarray(behind).tobytes(), dtype="f4")
        self._program["atlas"], self._program["studio"] = 0, 1

    def _meshes(self) -> list[tuple[Any, int, bool]]:
        """Vertex arrays with the state they are drawn under: one-sided, two-sided, blended."""
        import moderngl

        surface = self._scene.surface
        fixed = self._context.buffer(self._scene.fixed().numpy().tobytes())
        self._buffer = self._context.buffer(reserve=len(surface.uv) * 12 * 4)
        layout = [
            (self._buffer, "3f 3f 3f 3f", "position", "normal", "diffuse", "specular"),
            (fixed, "2f 1f 1f 1f", "uv", "alpha", "cutoff", "mirrors"),
        ]
        self._context.blend_func = moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA
        plain, both, thin = ~surface.both_sides & ~surface.blended, surface.both_sides & ~surface.blended, surface.blended
        states = [(plain, moderngl.DEPTH_TEST | moderngl.CULL_FACE, False), (both, moderngl.DEPTH_TEST, False)]
        states.append((thin, moderngl.DEPTH_TEST | moderngl.CULL_FACE | moderngl.BLEND, True))
        out = []
        for mask, flags, blended in states:
            index = surface.faces[mask & ~surface.never].int().numpy()
            if index.size:
                out.append(
                    (self._context.vertex_array(self._program, layout, self._context.buffer(index.tobytes())), flags, blended)
                )
        return out

    def _shrinker(self) -> Any:
        program = self._context.program(shaders.SHRINK_VERTEX, shaders.SHRINK_FRAGMENT)
        program["samples"], program["backdrop"] = 2, 3
        program["reach"] = 0.5 / self.size[0], 0.5 / self.size[1]
        corners = floats([-1, -1, 3, -1, -1, 3])
        return self._context.vertex_array(program, [(self._context.buffer(corners.tobytes()), "2f", "corner")])
