"""One batch of frames on its way from triangles to samples."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from avatars.render.head import raster
from avatars.render.head.raster import Fragments
from avatars.render.head.surface import Surface, glints

_HEAPS: Final = 4


class Exposure:
    """Frames of one head, drawn at once."""

    def __init__(self, points: Tensor, surface: Surface, wide: int, high: int) -> None:
        """`points`: (T, V, 3) pixels and depth."""
        self._surface, self._wide, self._high = surface, wide, high
        self._frames, vertices = points.shape[:2]
        triangles, device = len(surface.faces), points.device
        starts = torch.arange(self._frames, device=device)
        self._vertex = (surface.faces[None] + (starts * vertices)[:, None, None]).view(-1, 3)
        self._frame = starts.repeat_interleave(triangles)
        self._corners = points.reshape(-1, 3).index_select(0, self._vertex.view(-1)).view(-1, 3, 3)
        self._planes = raster.gradients(self._corners)
        self._slopes = surface.slopes(self._planes)
        self._indices = torch.nn.functional.pad(self._vertex, (0, 1)).int()
        both = surface.both_sides.repeat(self._frames)
        never = surface.never.repeat(self._frames)
        self._shown = raster.visible(self._corners, both, wide, high) & ~never

    def taken(self, diffuse: Tensor, specular: Tensor, normals: Tensor, mirror: Tensor) -> Tensor:
        """Premultiplied light of every sample (T, high, wide, 4)."""
        uv = self._surface.uv[None].expand(self._frames, -1, -1)
        values = torch.cat([diffuse, specular, uv], -1).reshape(-1, 8)
        keys = self._nearest()
        pixels, triangles = raster.shown(keys)
        seen = self._at(values, pixels, triangles)
        colour = torch.addcmul(seen[:, 3:6], self._surface.sampled(seen[:, 6:]), seen[:, :3])
        self._reflect(colour, pixels, triangles, normals.reshape(-1, 3), mirror)
        out = torch.zeros((len(keys), 4), device=colour.device)
        out[pixels] = torch.cat([colour.clamp_(min=0), torch.ones_like(colour[:, :1])], 1)
        self._blend(out, keys, diffuse.reshape(-1, 3))
        return out.view(self._frames, self._high, self._wide, 4)

    def triangles(self) -> Tensor:
        """Which triangles show, many times each; only for a single frame."""
        _, triangles = raster.shown(self._nearest())
        return triangles

    def _nearest(self) -> Tensor:
        keys = raster.buffer(self._frames * self._high * self._wide, self._corners.device)
        cut, blended = (flag.repeat(self._frames) for flag in (self._surface.cut, self._surface.blended))
        raster.draw(keys, self._fragments((self._shown & ~cut & ~blended).nonzero()[:, 0]))
        for layer in self._layers((self._shown & cut & ~blended).nonzero()[:, 0]):
            holed = self._fragments(layer)
            holed = holed.kept(holed.key < keys.index_select(0, holed.pixel))
            raster.draw(keys, holed.kept(self._solid(holed)))
        return keys

    def _layers(self, triangles: Tensor) -> tuple[Tensor, ...]:
        """Triangles from front to back in a few heaps: what a heap covers, later ones need not look up."""
        nearness = self._corners.index_select(0, triangles)[..., 2].mean(1)
        return triangles.index_select(0, nearness.argsort()).tensor_split(_HEAPS)

    def _solid(self, holed: Fragments) -> Tensor:
        """Which fragments lie on no hole of their texture."""
        slopes = self._slopes.index_select(0, holed.triangle)
        x, y = self._spot(holed.pixel)
        u = torch.addcmul(slopes[:, 0], slopes[:, 1], x).addcmul_(slopes[:, 2], y)
        v = torch.addcmul(slopes[:, 3], slopes[:, 4], x).addcmul_(slopes[:, 5], y)
        return self._surface.alpha(u, v) >= slopes[:, 6]

    def _spot(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """The middles of pixels."""
        within = self._local(pixels, self._wide * self._high)
        row = within // self._wide
        return (within - row * self._wide).float().add_(0.5), row.float().add_(0.5)

    def _reflect(self, colour: Tensor, pixels: Tensor, triangles: Tensor, normals: Tensor, mirror: Tensor) -> None:
        """Add what the eyes mirror; per pixel, because a glint is smaller than a triangle."""
        flags = self._surface.mirrors.index_select(0, self._local(triangles, len(self._surface.faces)))
        index = flags.nonzero()[:, 0]
        facing = self._at(normals, pixels.index_select(0, index), triangles.index_select(0, index))
        colour.index_add_(0, index, glints(mirror, torch.nn.functional.normalize(facing, dim=-1)))

    def _blend(self, out: Tensor, keys: Tensor, diffuse: Tensor) -> None:
        """Lay see-through parts over what is behind them; the nearest of them counts."""
        thin = self._fragments((self._shown & self._surface.blended.repeat(self._frames)).nonzero()[:, 0])
        thin = thin.kept(thin.key < keys.index_select(0, thin.pixel))
        layer = raster.buffer(len(keys), keys.device)
        raster.draw(layer, thin)
        pixels, triangles = raster.shown(layer)
        alpha = self._surface.colours[:, 3:].repeat(self._frames, 1)
        over = self._at(torch.cat([diffuse, alpha], 1), pixels, triangles)
        below = out.index_select(0, pixels)
        share = over[:, 3:]
        out[pixels] = torch.cat([below[:, :3] * (1 - share) + over[:, :3] * share, below[:, 3:].maximum(share)], 1)

    def _fragments(self, triangles: Tensor) -> Fragments:
        return raster.fragments(self._corners, triangles, self._frame, self._wide, self._high)

    def _at(self, values: Tensor, pixels: Tensor, triangles: Tensor) -> Tensor:
        """Vertex values (V·T, k) at pixels (N,) of triangles (N,)."""
        planes = self._planes.index_select(0, triangles)
        x, y = self._spot(pixels)
        x, y = x - planes[:, 0], y - planes[:, 1]
        second = (planes[:, 2] * x).addcmul_(planes[:, 3], y).clamp_(0, 1)
        third = (planes[:, 4] * x).addcmul_(planes[:, 5], y).clamp_(0, 1)
        shares = torch.stack([1 - second - third, second, third], 1)
        corners = self._indices.index_select(0, triangles)[:, :3].contiguous()
        return torch.nn.functional.embedding_bag(corners, values, mode="sum", per_sample_weights=shares)

    def _local(self, numbers: Tensor, count: int) -> Tensor:
        """Numbers that run over all frames as numbers within a frame of `count`."""
        return numbers if self._frames == 1 else numbers % count
