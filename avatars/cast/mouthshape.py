"""Lips that round and close: corrections of the face units around the seam between the lips."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatars.cast.arrays import Bools, Floats, Ints, bell, smoothstep
from avatars.cast.fields import nearest
from avatars.cast.units import index_of, sided

CLOSED = ("mouthSmile", "mouthFrown", "mouthDimple", "mouthStretch", "mouthPress")
STILL_CLOSED = ("mouthLeft", "mouthRight", "cheekPuff")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seam:
    """Where the lips meet. Lengths in head units from the eye line; arrays over all source vertices."""

    upper: Ints  # touching pairs: upper[i] rests on lower[i]
    lower: Ints
    half_width: float
    height: Floats  # seam height at each vertex's x
    depth: Floats  # seam depth at each vertex's x
    side: Floats  # +1 upper lip and above, -1 lower lip and below
    reach: Floats  # 1 at the lips, 0 away from the mouth and deep inside it


def find_seam(neutral: Floats, units: Floats, lips: Bools, origin: Floats, scale: float) -> Seam:
    """Find the seam of a head whose lips touch. `neutral` (n, 3); `lips` marks the lip vertices."""
    relative = (neutral - origin) / scale
    drop = -units[index_of()["jawOpen"]][:, 1]
    share = drop / np.percentile(drop[lips], 90)
    number = np.flatnonzero(lips)
    above, below = number[share[number] < 0.4], number[share[number] > 0.6]
    gap, partner = nearest(neutral[below], neutral[above])
    touching = gap < 0.022 * scale
    upper, lower = above[touching], below[partner[touching]]
    middle = (relative[upper] + relative[lower]) / 2
    half_width = float(np.abs(relative[number, 0]).max())
    height = _even_fit(middle[:, 0], middle[:, 1], relative[:, 0], half_width)
    depth = _even_fit(middle[:, 0], middle[:, 2], relative[:, 0], half_width)
    near = bell(relative[:, 1] - height, 0.12) * smoothstep(-0.16, -0.04, relative[:, 2] - depth)
    reach = near * (1 - smoothstep(1.0, 1.75, np.abs(relative[:, 0]) / half_width))
    side = 1 - 2 * smoothstep(0.3, 0.7, share)
    return Seam(upper=upper, lower=lower, half_width=half_width, height=height, depth=depth, side=side, reach=reach)


def _even_fit(x: Floats, value: Floats, at: Floats, half_width: float) -> Floats:
    """A symmetric quartic through the points, held constant beyond the corners."""
    powers = np.stack([np.ones_like(x), x**2, x**4], 1)
    factors = np.linalg.lstsq(powers, value, rcond=None)[0]
    x = np.clip(at, -half_width, half_width)
    return np.asarray(np.stack([np.ones_like(x), x**2, x**4], 1) @ factors)


def closing(seam: Seam, neutral: Floats, posed: Floats, scale: float) -> Floats:
    """The delta (n, 3) that brings lips parted by a pose back together as they lie in `neutral`."""
    apart = (posed[seam.upper] - posed[seam.lower]) - (neutral[seam.upper] - neutral[seam.lower])
    apart[:, 0] = 0
    middle = (neutral[seam.upper] + neutral[seam.lower])[:, 0] / 2
    width = 0.022 * scale
    near = np.exp(-(((neutral[:, 0][:, None] - middle[None]) / width) ** 2)) + 1e-9
    parted = near @ apart / near.sum(1, keepdims=True)
    reach = bell(neutral_height(seam, neutral, scale), 0.10) * (seam.reach > 0.02) * seam.reach**0.3
    return np.asarray(-parted / 2 * (seam.side * reach)[:, None])


def sealing(seam: Seam, posed: Floats, scale: float) -> Floats:
    """The delta (n, 3) that leaves no slit between resting lips, column by column."""
    middle = (posed[seam.upper] + posed[seam.lower])[:, 0] / 2
    columns = np.linspace(middle.min(), middle.max(), 17)
    upper = _edge_height(posed[seam.upper], columns, scale, lowest=True)
    lower = _edge_height(posed[seam.lower], columns, scale, lowest=False)
    slit = np.maximum(0, upper - lower + 0.005 * scale)
    width = np.exp(-(((posed[:, 0][:, None] - columns[None]) / (0.02 * scale)) ** 2)) + 1e-9
    delta = np.zeros_like(posed)
    delta[:, 1] = -(width @ slit) / width.sum(1) / 2 * seam.side * seam.reach
    return delta


def _edge_height(points: Floats, columns: Floats, scale: float, *, lowest: bool) -> Floats:
    """Lowest or highest point near each column."""
    near = np.abs(points[:, 0][:, None] - columns[None]) < 0.025 * scale
    away = np.inf if lowest else -np.inf
    heights = np.where(near, points[:, 1][:, None], away)
    edge = heights.min(0) if lowest else heights.max(0)
    found = np.isfinite(edge)
    return np.asarray(np.interp(columns, columns[found], edge[found]))


def neutral_height(seam: Seam, positions: Floats, scale: float) -> Floats:
    """Distance of every vertex from the seam, up or down, in head units."""
    middle = (positions[seam.upper] + positions[seam.lower]) / 2
    order = np.argsort(middle[:, 0])
    level = np.interp(positions[:, 0], middle[order, 0], middle[order, 1])
    return np.asarray((positions[:, 1] - level) / scale)


def keep_closed(units: Floats, seam: Seam, neutral: Floats, rest: Floats, scale: float) -> None:
    """Correct, in place, the units that must not part the lips by themselves."""
    for stem in CLOSED:
        pair = [index_of()[channel] for channel in sided(stem)]
        delta = closing(seam, neutral, rest + units[pair].sum(0), scale) - closing(seam, neutral, rest, scale)
        half = [smoothstep(-0.02, 0.02, sign * neutral[:, 0] / scale)[:, None] for sign in (1, -1)]
        for number, share in zip(pair, half, strict=True):
            units[number] += delta * share
    for name in STILL_CLOSED:
        number = index_of()[name]
        units[number] += closing(seam, neutral, rest + units[number], scale) - closing(seam, neutral, rest, scale)


def round_lips(units: Floats, seam: Seam, rest: Floats, smile: Floats, origin: Floats, scale: float) -> None:
    """Rebuild funnel and pucker as true roundings, in place; both take most of the resting `smile` back."""
    relative = (rest - origin) / scale
    x, across = relative[:, 0], relative[:, 0] / seam.half_width
    oval = np.sqrt(np.clip(1 - (across / 0.9) ** 2, 0, 1))
    bulge = np.clip(1 - across**2, 0, 1)
    from_seam = neutral_height(seam, rest, scale)
    lift = seam.side * oval * np.exp(-np.abs(from_seam) / 0.12)
    shapes = {
        "mouthFunnel": np.stack([-0.27 * x, 0.040 * lift, 0.050 * bulge], 1),
        "mouthPucker": np.stack([-0.24 * x, 0.004 * lift + 0.06 * from_seam * bulge, 0.062 * bulge], 1),
    }
    for (name, shape), (keep, unsmile) in zip(shapes.items(), ((0.22, 0.7), (0.42, 0.85)), strict=True):
        number = index_of()[name]
        units[number] = keep * units[number] + shape * scale * seam.reach[:, None] - unsmile * smile


def widen_jaw(units: Floats, seam: Seam, rest: Floats, origin: Floats, scale: float) -> None:
    """Make the opening of the jaw oval instead of pointed, in place; mouthClose takes the same back."""
    across = np.abs((rest - origin)[:, 0] / scale / seam.half_width)
    fuller = np.sqrt(np.clip(1 - across**2, 0, 1)) - np.clip(1 - across, 0, 1)
    down = -0.13 * scale * fuller * seam.reach * (seam.side < 0) * -seam.side
    units[index_of()["jawOpen"]][:, 1] += down
    units[index_of()["mouthClose"]][:, 1] -= down
