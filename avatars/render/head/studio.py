"""The studio in which heads are seen, the same as in the browser: lamps, glowing boxes, camera, backdrop.

Numbers are those of the web viewer (clients/web/src/viewer: studio.ts, framing.ts, dressing.ts).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatars.render.head.atlas import decoded
from avatars.render.head.glb import Floats, floats
from avatars.render.head.model import Head
from avatars.render.look import FRAMING

_HEIGHT, _LEAST_WIDTH, _BOTTOM = 0.365, 0.26, -0.2  # metres of a natural head whose eyes are at 0
_BUST_BOTTOM: Final = -0.222  # just above the hem of the cast's clothes
_EYES_WIDTH, _CROWN = 0.087, 0.125
NEAR: Final = 0.3
FAR: Final = 4.0
ENVIRONMENT: Final = 0.72
REFLECTION: Final = {"lidshade": 0.0, "mouth": 0.12, "tongue": 0.3, "teeth": 0.5}
SHADED: Final = frozenset({"skin", "cloth"})
"""Parts on which shadows fall."""
CASTS_NONE: Final = frozenset({"lidshade", "lash", "eyes"})
SHADOW_STRENGTH: Final = 0.75
_WALL: Final = floats([0.46, 0.47, 0.50])
_BOXES: Final = (
    ((8, 8), (-6, 5, 7), 0xFFF3E6, 4.6),
    ((5, 8), (9, 2, 4), 0xE6EEFF, 2.4),
    ((10, 3), (0, 9, -5), 0xFFFFFF, 3.0),
    ((14, 8), (0, -9, 3), 0xDCBFA6, 1.0),
)
_LAMPS: Final = (
    ((-0.7, 0.75, 1.3), 0xFFF0E2, 2.0),
    ((1.4, 0.15, 1.2), 0xE2EBFF, 0.75),
    ((1.1, 0.9, -1.3), 0xFFFFFF, 1.5),
    ((-1.3, 0.5, -1.2), 0xFFF0E0, 1.0),
)
_GLOW: Final = ((0.0, 0xF4F1EC), (0.55, 0xDFE2E4), (1.0, 0xB4BEC8))


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """Stands at (0, level, depth + distance) and looks along -z; lengths in the file's metres, `half` = tan(fov / 2)."""

    level: float
    depth: float
    distance: float
    half: float
    aspect: float

    def matrix(self) -> Floats:
        """World to clip coordinates with depth 0–1, (4, 4)."""
        near, far = NEAR * self.distance, FAR * self.distance
        out = np.zeros((4, 4))
        out[0, 0], out[1, 1] = 1 / (self.half * self.aspect), 1 / self.half
        out[2, 2], out[2, 3], out[3, 2] = far / (near - far), far * near / (near - far), -1
        view = np.eye(4)
        view[:3, 3] = 0, -self.level, -(self.depth + self.distance)
        return (out @ view).astype(np.float32)

    def eye(self) -> Floats:
        """Where it stands, (3,)."""
        return floats([0, self.level, self.depth + self.distance])


def frame_head(head: Head, aspect: float, framing: str = "head") -> Camera:
    """The camera for a picture of that width / height: crown to shoulders, wider when the picture is narrow.

    `framing` (one of FRAMING) magnifies about the middle of that picture; a bust stands on the picture's lower edge.
    """
    eyes = [part.positions for part in head.parts if part.surface.name == "eyes"]
    points = np.concatenate(eyes or [part.positions for part in head.parts])
    low, high = points.min(0), points.max(0)
    scale = float(high[0] - low[0]) / _EYES_WIDTH if eyes else 1.0
    level = float(low[1] + high[1]) / 2 if eyes else float(high[1]) - _CROWN
    height = max(_HEIGHT, _LEAST_WIDTH / aspect)
    shown = height / FRAMING[framing]
    middle = _BUST_BOTTOM + shown / 2 if framing == "bust" else _BOTTOM + height / 2
    return Camera(
        level=level + middle * scale,
        depth=float(low[2] + high[2]) / 2,
        distance=scale,
        half=shown / 2,
        aspect=aspect,
    )


def lamps() -> tuple[Floats, Floats]:
    """Directions towards the lamps, (4, 3), and their colours times intensity, (4, 3) linear; the key is first."""
    towards = floats([position for position, _, _ in _LAMPS])
    colours = floats([_linear(colour) * intensity for _, colour, intensity in _LAMPS])
    return towards / np.linalg.norm(towards, axis=1, keepdims=True), colours


def radiance(rays: Floats) -> Floats:
    """What the room sends from directions (n, 3): the walls, and the boxes that the rays meet; (n, 3) linear."""
    out = np.broadcast_to(_WALL, rays.shape).copy()
    for size, position, colour, intensity in _BOXES:
        centre = floats(position)
        normal = centre / np.linalg.norm(centre)
        right = np.cross(floats([0, 1, 0]), normal)
        right /= max(float(np.linalg.norm(right)), 1e-6)
        facing = rays @ normal
        met = rays * (np.linalg.norm(centre) / np.maximum(facing, 1e-6))[:, None] - centre
        across, up = met @ right, met @ np.cross(normal, right)
        hit = (facing > 0) & (np.abs(across) < size[0] / 2) & (np.abs(up) < size[1] / 2)
        out[hit] = _linear(colour) * intensity
    return out


@cache
def harmonics() -> NDArray[np.float32]:
    """Second-order spherical harmonics (9, 3) of the room's light on a surface, divided by pi (Ramamoorthi 2001)."""
    rays = _sphere(20_000)
    basis = harmonic_basis(rays)
    light = basis.T @ radiance(rays) * (4 * np.pi / len(rays))
    spread = floats([np.pi] + [2 * np.pi / 3] * 3 + [np.pi / 4] * 5) / np.pi
    return (light * spread[:, None]).astype(np.float32)


def harmonic_basis(normals: Floats) -> Floats:
    """Real spherical harmonics up to order two, (n, 9)."""
    x, y, z = normals.T
    linear = [0.488603 * y, 0.488603 * z, 0.488603 * x]
    square = [1.092548 * x * y, 1.092548 * y * z, 0.315392 * (3 * z * z - 1), 1.092548 * x * z, 0.546274 * (x * x - y * y)]
    return np.stack([np.full_like(x, 0.282095), *linear, *square], 1)


def backdrop(width: int, height: int) -> Floats:
    """The studio's soft radial glow, (H, W, 3) in 0–1 sRGB."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    reach = np.hypot((x + 0.5) / width - 0.5, (y + 0.5) / height - 0.47) * 256
    t = np.clip((reach - 10) / 200, 0, 1)
    stops = [stop for stop, _ in _GLOW]
    return floats(np.stack([np.interp(t, stops, [_srgb(colour)[i] for _, colour in _GLOW]) for i in range(3)], -1))


def _sphere(count: int) -> Floats:
    """Evenly spread directions (a Fibonacci spiral)."""
    i = np.arange(count) + 0.5
    y = 1 - 2 * i / count
    turn, ring = i * np.pi * (3 - 5**0.5), np.sqrt(1 - y * y)
    return np.stack([ring * np.cos(turn), y, ring * np.sin(turn)], 1).astype(np.float32)


def _srgb(colour: int) -> Floats:
    return floats([colour >> 16, colour >> 8 & 255, colour & 255]) / np.float32(255)


def _linear(colour: int) -> Floats:
    pixel = np.array([colour >> 16, colour >> 8 & 255, colour & 255, 255], np.uint8)
    linear: Floats = decoded(pixel)[:3]
    return linear
