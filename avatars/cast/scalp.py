"""The scalp as a radius over directions, so that hair can be grown on it and kept out of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatars.cast.anatomy import Anatomy
from avatars.cast.arrays import Floats, Ints, present, unit, vec
from avatars.cast.fields import blur, nearest, sample
from avatars.cast.hairline import hairline_height
from avatars.cast.mesh import Part
from avatars.cast.source import mask

TURNS, TILTS = 72, 44
LOWEST = -np.pi / 2.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalp:
    """Head without ears, seen from a centre inside it. Directions are unit vectors (k, 3); lengths decimetres."""

    anatomy: Anatomy
    centre: Floats
    radii: Floats  # (TILTS, TURNS + 1)
    body: Floats  # points of head, neck and shoulders
    body_normals: Floats

    def radius(self, directions: Floats) -> Floats:
        """Distance from the centre to the skin."""
        tilt = np.arcsin(np.clip(directions[..., 1], -1, 1))
        turn = np.arctan2(directions[..., 0], directions[..., 2])
        row = (tilt - LOWEST) / (np.pi / 2 - LOWEST) * (TILTS - 1)
        return sample(self.radii, row, (turn + np.pi) / (2 * np.pi) * TURNS)

    def surface(self, directions: Floats, above: Floats | float = 0.0) -> Floats:
        """Points `above` the skin in the given directions."""
        directions = unit(directions)
        return np.asarray(self.centre + directions * (self.radius(directions) + above)[..., None])

    def direction(self, azimuth: float, height: float) -> Floats:
        """The direction of the scalp point at an azimuth (degrees, 0 front) and a height in head units."""
        turn, tilt = np.radians(azimuth), 0.0
        level = self.anatomy.origin[1] + height * self.anatomy.scale - self.centre[1]
        for _ in range(12):
            at = vec(np.cos(tilt) * np.sin(turn), np.sin(tilt), np.cos(tilt) * np.cos(turn))
            tilt = float(np.arcsin(np.clip(level / self.radius(at[None])[0], -0.98, 0.98)))
        return vec(np.cos(tilt) * np.sin(turn), np.sin(tilt), np.cos(tilt) * np.cos(turn))

    def above_hairline(self, points: Floats) -> Floats:
        """How far each point lies above the hairline, head units."""
        x, y, z = self.anatomy.relative(points).T
        azimuth = np.degrees(np.arctan2(np.abs(x), z + 0.55))
        return np.asarray(y - hairline_height(self.anatomy.person.hair.hairline, azimuth))

    def pushed_out(self, points: Floats, clearance: float) -> Floats:
        """The points moved out of the body until they keep `clearance`."""
        for _ in range(3):
            distance, number = nearest(self.body, points)
            normal = self.body_normals[number]
            height = ((points - self.body[number]) * normal).sum(-1)
            close = (height < clearance) & (distance < 0.5 * self.anatomy.scale)
            points = points + normal * np.where(close, clearance - height, 0)[:, None]
        return points

    def roots(self, count: int, random: np.random.RandomState, extra: float = 0.0) -> Floats:
        """About evenly spread directions above the hairline: always the candidate farthest from those chosen."""
        candidates = unit(random.randn(count * 14, 3))
        candidates = candidates[self.above_hairline(self.surface(candidates)) > 0.02 + extra]
        chosen, distance = [0], np.linalg.norm(candidates - candidates[0], axis=1)
        while len(chosen) < min(count, len(candidates)):
            chosen.append(int(distance.argmax()))
            distance = np.minimum(distance, np.linalg.norm(candidates - candidates[chosen[-1]], axis=1))
        return np.asarray(candidates[chosen])


def measure_scalp(anatomy: Anatomy, skin: Part) -> Scalp:
    """Measure the head by rays from its middle; ears are left out and the holes filled."""
    scale, origin = anatomy.scale, anatomy.origin
    centre = vec(0, origin[1] + 0.12 * scale, origin[2] - 0.62 * scale)
    ears = mask("ears", present(skin.source_uv))
    high = (skin.positions[skin.faces][:, :, 1] > origin[1] - 1.1 * scale).all(1)
    faces = present(skin.weld)[skin.faces[high & (ears[skin.faces].mean(1) < 0.3)]]
    radii = _ray_radii(centre, skin.welded(skin.positions), faces)
    plain = ears < 0.15  # ears would throw spikes into the hair
    return Scalp(
        anatomy=anatomy,
        centre=centre,
        radii=np.concatenate([radii, radii[:, :1]], 1),
        body=skin.positions[plain],
        body_normals=skin.smooth_normals()[plain],
    )


def _ray_radii(centre: Floats, points: Floats, faces: Ints) -> Floats:
    turns = np.linspace(-np.pi, np.pi, TURNS + 1)[:-1]
    radii = np.full((TILTS, TURNS), np.nan)
    for row, tilt in enumerate(np.linspace(LOWEST, np.pi / 2, TILTS)):
        for column, turn in enumerate(turns):
            ray = vec(np.cos(tilt) * np.sin(turn), np.sin(tilt), np.cos(tilt) * np.cos(turn))
            radii[row, column] = _farthest_hit(centre, ray, points, faces)
    missing = np.isnan(radii)
    modes = ("nearest", "wrap")
    known = np.maximum(blur(1.0 * ~missing, 2, mode=modes), 1e-6)
    filled = blur(np.where(missing, 0, radii), 2, mode=modes) / known
    return blur(np.where(missing, filled, radii), 0.8, mode=modes)


def _farthest_hit(start: Floats, ray: Floats, points: Floats, faces: Ints) -> float:
    """Distance to the farthest triangle hit (Moeller-Trumbore), NaN when there is none."""
    a = points[faces[:, 0]]
    edge1, edge2 = points[faces[:, 1]] - a, points[faces[:, 2]] - a
    p = np.cross(ray[None], edge2)
    with np.errstate(all="ignore"):
        scale = 1 / (edge1 * p).sum(1)
        arm = start - a
        u = (arm * p).sum(1) * scale
        q = np.cross(arm, edge1)
        v, distance = q @ ray * scale, (edge2 * q).sum(1) * scale
    hit = (u > -1e-4) & (v > -1e-4) & (u + v < 1.0001) & (distance > 0) & np.isfinite(distance)
    return float(distance[hit].max()) if hit.any() else float("nan")
