"""What a head's triangles look like: atlas, uv, colours, which are two-sided, cut out by alpha, blended, or mirrors."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from avatars.render.devices import sent
from avatars.render.head import atlas
from avatars.render.head.glb import Floats, floats
from avatars.render.head.light import MIRROR
from avatars.render.head.model import Head, Part
from avatars.render.head.stage import faces


class Surface:
    """Tensors over all V vertices and T triangles of a head."""

    def __init__(self, head: Head, seen: list[Floats], device: torch.device) -> None:
        """`seen`: pixel positions (n, 2) of each part's vertices at rest."""
        picture, spots = atlas.build(head.parts, seen)
        uv = np.concatenate(spots)
        triangles = faces(head.parts)
        self.faces = torch.from_numpy(triangles).to(device)
        self.uv = torch.from_numpy(uv).to(device)
        self.texels = torch.from_numpy(picture).to(device)
        self.alphas = self.texels[None, None, ..., 3].contiguous()
        colours = np.concatenate([part.colours for part in head.parts])
        self.colours = torch.from_numpy(colours).to(device)
        self.both_sides = _flags(head, [part.surface.both_sides for part in head.parts], device)
        self.blended = _flags(head, [part.surface.blend for part in head.parts], device)
        self.mirrors = _flags(head, [part.surface.name == "eyes" for part in head.parts], device)
        cutoffs = np.repeat(floats([_cutoff(part) for part in head.parts]), [len(part.faces) for part in head.parts])
        least, most = _alpha_range(picture[..., 3], uv[triangles])
        self.cutoffs = torch.from_numpy(cutoffs).to(device)
        self.cut = torch.from_numpy(least < cutoffs).to(device)
        self.never = torch.from_numpy(most < cutoffs).to(device)

    def slopes(self, planes: Tensor) -> Tensor:
        """Rows (T·frames, 8): u and v as u0 + ux · x + uy · y, three numbers each, the cutoff, zero.

        `planes`: raster.gradients of the triangles of all frames.
        """
        frames = len(planes) // len(self.faces)
        u, v = self.uv[self.faces].repeat(frames, 1, 1).unbind(2)
        x, y, columns = planes[:, 0], planes[:, 1], []
        for value in (u, v):
            second, third = value[:, 1] - value[:, 0], value[:, 2] - value[:, 0]
            across, down = planes[:, 2] * second + planes[:, 4] * third, planes[:, 3] * second + planes[:, 5] * third
            columns += [value[:, 0] - across * x - down * y, across, down]
        cutoffs = self.cutoffs.repeat(frames)
        return torch.stack([*columns, cutoffs, torch.zeros_like(cutoffs)], 1)

    def alpha(self, u: Tensor, v: Tensor) -> Tensor:
        """The atlas' alpha at texels (N,) and (N,), bilinear: nearest texels make pepper of thin strands."""
        height, width = self.texels.shape[:2]
        grid = torch.stack([u * (2 / width) - 1, v * (2 / height) - 1], -1)
        return torch.nn.functional.grid_sample(self.alphas, grid[None, None], align_corners=False)[0, 0, 0]

    def sampled(self, uv: Tensor) -> Tensor:
        """Bilinear colours (N, 3) at texels uv (N, 2)."""
        height, width = self.texels.shape[:2]
        grid = uv * sent(floats([2 / width, 2 / height]), uv.device) - 1
        planes = self.texels[..., :3].permute(2, 0, 1)[None]
        return torch.nn.functional.grid_sample(planes, grid[None, None], align_corners=False)[0, :, 0].T


def glints(table: Tensor, normals: Tensor) -> Tensor:
    """What a mirror shows (N, 3) at normals (N, 3); `table` as light.mirror()."""
    spot = ((normals[:, :2] + 1) * (MIRROR / 2)).long().clamp_(0, MIRROR - 1)
    return table.view(-1, 3).index_select(0, spot[:, 1] * MIRROR + spot[:, 0])


def _cutoff(part: Part) -> float:
    """Alpha below this is a hole; parts that have none take everything."""
    return part.surface.cutoff if part.surface.cutoff is not None else -1.0


def _flags(head: Head, values: list[bool], device: torch.device) -> Tensor:
    return torch.from_numpy(np.repeat(values, [len(part.faces) for part in head.parts])).to(device)


def _alpha_range(alpha: Floats, corners: Floats) -> tuple[Floats, Floats]:
    """Least and most alpha in the texel box of each triangle (T, 3, 2), on a grid of 5 x 5 spots."""
    low, high = corners.min(1), corners.max(1)
    least, most = np.full(len(low), np.inf, np.float32), np.full(len(low), -np.inf, np.float32)
    for across in np.linspace(0, 1, 5):
        for down in np.linspace(0, 1, 5):
            spot = (low + (high - low) * floats([across, down])).astype(np.int64)
            found = alpha[spot[:, 1].clip(0, alpha.shape[0] - 1), spot[:, 0].clip(0, alpha.shape[1] - 1)]
            least, most = np.minimum(least, found), np.maximum(most, found)
    return least, most
