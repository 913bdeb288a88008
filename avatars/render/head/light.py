"""Light on vertices: diffuse and specular from the studio's lamps and walls; a mirror's table for eyes.

Lambert and GGX as in the glTF 2.0 specification, appendix B; skin wraps light round the terminator, red furthest.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import torch
from torch import Tensor

from avatars.render.head import studio
from avatars.render.head.glb import Floats, floats
from avatars.render.head.model import Head

_WRAP: Final = (0.40, 0.22, 0.17)
_REFLECTANCE: Final = 0.04
MIRROR: Final = 192
_EYE_ROUGHNESS: Final = 0.13
_GLOW_SAMPLES: Final = 24


class Light:
    """Lights a head's vertices. `shadow`: (V,) 0–1, how much of the key light reaches each vertex."""

    def __init__(self, head: Head, eye: Floats, shadow: Floats, device: torch.device) -> None:
        towards, colours = studio.lamps()
        parts = head.parts
        self._device = device
        self._towards, self._colours = (torch.from_numpy(value).to(device) for value in (towards, colours / np.float32(np.pi)))
        self._harmonics = torch.from_numpy(studio.harmonics() * np.float32(studio.ENVIRONMENT)).to(device)
        names = [(part.surface.name, len(part.positions)) for part in parts]
        self._skins = _ranges([name == "skin" for name, _ in names], [count for _, count in names])
        self._flips = self._column([float(part.surface.both_sides) for part in parts], parts) > 0.5
        self._shadow = torch.from_numpy(shadow).to(device)
        self._walls = self._column([studio.REFLECTION.get(name, 1.0) for name, _ in names], parts)[:, None]
        self._reflectance = self._column(
            [
                0.0 if name == "eyes" else part.surface.specular * _REFLECTANCE
                for part, (name, _) in zip(parts, names, strict=True)
            ],
            parts,
        )
        self._alpha = torch.from_numpy(np.concatenate([np.maximum(part.rough, 0.08) ** 2 for part in parts])).to(device)
        positions = torch.from_numpy(np.concatenate([part.positions for part in parts])).to(device)
        self._views = torch.nn.functional.normalize(torch.from_numpy(eye).to(device) - positions, dim=-1)
        self._halves = torch.nn.functional.normalize(self._towards[:, None] + self._views, dim=-1)
        self._wrap = torch.tensor(_WRAP, device=device)
        self.mirror = torch.from_numpy(mirror()).to(device)

    def _column(self, values: list[float], parts: tuple[object, ...]) -> Tensor:
        counts = [len(part.positions) for part in parts]  # type: ignore[attr-defined]
        return torch.from_numpy(np.repeat(floats(values), counts)).to(self._device)

    def lamps(self) -> tuple[Floats, Floats, Floats]:
        """Directions towards the lamps and their colours, each (4, 3), and the harmonics (9, 3) of the room."""
        return self._towards.cpu().numpy(), self._colours.cpu().numpy(), self._harmonics.cpu().numpy()

    def taken(self) -> tuple[Floats, Floats]:
        """How each vertex takes light: its share of the key light (V,); squared roughness, reflectance, share of the walls'
        light, and 1 for skin or 2 for what has two sides, (V, 4)."""
        kind = 2 * self._flips.float()
        for begin, end in self._skins:
            kind[begin:end] = 1
        gloss = torch.stack([self._alpha, self._reflectance, self._walls[:, 0], kind], 1)
        return self._shadow.cpu().numpy(), gloss.cpu().numpy()

    def on(self, normals: Tensor) -> tuple[Tensor, Tensor]:
        """Diffuse and specular light, each (T, V, 3) linear, on unit normals (T, V, 3)."""
        facing = (normals * self._views).sum(-1, keepdim=True)
        normals = torch.where(self._flips[:, None] & (facing < 0), -normals, normals)
        cosines = normals @ self._towards.T
        lit = cosines.clamp(min=0)
        lit[..., 0] *= self._shadow
        walls = self._walls * _basis(normals) @ self._harmonics
        diffuse = lit @ self._colours + walls
        for begin, end in self._skins:
            diffuse[:, begin:end] = self._wrapped(cosines[:, begin:end], self._shadow[begin:end]) + walls[:, begin:end]
        return diffuse, self._specular(normals, lit)

    def _wrapped(self, cosines: Tensor, shadow: Tensor) -> Tensor:
        soft = ((cosines[..., None] + self._wrap) / (1 + self._wrap)).clamp(0, 1)
        soft = soft * (soft * (3 - 2 * soft) * 0.35 + 0.65)
        soft[..., 0, :] *= shadow[:, None]
        return (soft * self._colours).sum(-2)

    def _specular(self, normals: Tensor, lit: Tensor) -> Tensor:
        facing = (normals * self._views).sum(-1).clamp(1e-3, 1)[..., None]
        halves = torch.einsum("tvc,lvc->tvl", normals, self._halves).clamp(0, 1)
        squared = (self._alpha**2)[:, None]
        lobe = squared / (halves * halves * (squared - 1) + 1).square()
        seen = facing * (lit * lit * (1 - squared) + squared).sqrt() + lit * (facing * facing * (1 - squared) + squared).sqrt()
        shine = 0.5 * lobe * lit / seen.clamp(min=1e-4)
        fresnel = self._reflectance[:, None] * (1 + 6 * (1 - facing).pow(5))
        bounced = 2 * facing * normals - self._views
        walls = _basis(bounced) @ self._harmonics * self._walls
        return fresnel * (shine @ self._colours + walls.clamp(min=0) * (1 - 0.6 * self._alpha)[:, None])


def _basis(normals: Tensor) -> Tensor:
    """Spherical harmonics (…, 9), as studio.harmonic_basis."""
    x, y, z = normals.unbind(-1)
    values = [0.488603 * y, 0.488603 * z, 0.488603 * x, 1.092548 * x * y, 1.092548 * y * z]
    values += [0.315392 * (3 * z * z - 1), 1.092548 * x * z, 0.546274 * (x * x - y * y)]
    return torch.stack([torch.full_like(x, 0.282095), *values], -1)


def _ranges(chosen: list[bool], counts: list[int]) -> list[tuple[int, int]]:
    ends = np.cumsum(counts).tolist()
    return [(end - count, end) for end, count, use in zip(ends, counts, chosen, strict=True) if use]


@cache
def mirror() -> Floats:
    """What a wet, nearly flat mirror shows by its normal, (MIRROR, MIRROR, 3): x and y of the normal in -1 to 1, y up."""
    grid = (np.arange(MIRROR, dtype=np.float32) + 0.5) / MIRROR * 2 - 1
    x, y = np.meshgrid(grid, grid)
    z = np.sqrt(np.maximum(1 - x * x - y * y, 0))
    normals = np.stack([x, y, z], -1).reshape(-1, 3)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-6)
    view = floats([0, 0, 1])
    fresnel = _REFLECTANCE + (1 - _REFLECTANCE) * (1 - normals[:, 2:].clip(0, 1)) ** 5
    bounced = 2 * normals[:, 2:] * normals - view
    table = fresnel * (_blurred(bounced) * studio.ENVIRONMENT + _highlights(normals, view))
    return np.minimum(table, 4).reshape(MIRROR, MIRROR, 3).astype(np.float32)


def _blurred(rays: Floats) -> Floats:
    """The room as rays spread by a little roughness meet it."""
    random = np.random.default_rng(1)
    total = np.zeros_like(rays)
    for _ in range(_GLOW_SAMPLES):
        spread = rays + random.normal(0, _EYE_ROUGHNESS / 2, rays.shape).astype(np.float32)
        total += studio.radiance(spread / np.linalg.norm(spread, axis=1, keepdims=True))
    return floats(total / _GLOW_SAMPLES)


def _highlights(normals: Floats, view: Floats) -> Floats:
    towards, colours = studio.lamps()
    squared = _EYE_ROUGHNESS**4
    total = np.zeros_like(normals)
    for direction, colour in zip(towards, colours, strict=True):
        half = (direction + view) / np.linalg.norm(direction + view)
        lobe = squared / (np.pi * ((normals @ half).clip(0, 1) ** 2 * (squared - 1) + 1) ** 2)
        total += (lobe * 0.25 * (normals @ direction).clip(0, 1))[:, None] * colour
    return floats(total)
