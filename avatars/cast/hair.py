"""Hair as ribbons on the scalp: long locks, a short textured cut, and an afro."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from avatars.cast.arrays import Floats, lerp, smoothstep, unit, vec
from avatars.cast.hairline import hairline_height
from avatars.cast.hairpicture import CURLS, DENSE, WISPY, hair_picture
from avatars.cast.mesh import Part
from avatars.cast.people import Hair
from avatars.cast.ribbons import Ribbons
from avatars.cast.scalp import Scalp

CAP_AROUND, CAP_RINGS = 72, 14


def build_hair(scalp: Scalp) -> Part | None:
    """The person's hair, or None for a bald head."""
    style = scalp.anatomy.person.hair.style
    if style == "bald":
        return None
    ribbons = Ribbons()
    {"long": _long, "short": _short, "afro": _afro}[style](_Grower(scalp), ribbons)
    return replace(ribbons.part("hair"), textures={"base": hair_picture()})


class _Grower:
    """What every style needs: the scalp, the person's hair, and one stream of chance."""

    def __init__(self, scalp: Scalp) -> None:
        self.scalp = scalp
        self.hair: Hair = scalp.anatomy.person.hair
        self.scale = scalp.anatomy.scale
        self.random = np.random.RandomState(scalp.anatomy.person.seed)

    def tone(self, steps: int, dark: float = 1.0, variety: float = 0.12) -> Floats:
        """Root dark to tip light, different for each lock, some locks grey: (steps, 3)."""
        hair, random = self.hair, self.random
        along = np.linspace(0, 1, steps)[:, None]
        colour, tip = vec(*hair.colour), vec(*hair.tip)
        tone = lerp(colour * 0.6, lerp(colour, tip, 0.6), np.minimum(1, along * 2.2))
        tone = lerp(tone, tip, np.clip(along - 0.55, 0, 1)) * (1 + random.normal(0, variety)) * dark
        if hair.grey and random.rand() < hair.grey:
            tone = lerp(tone, vec(0.74, 0.73, 0.72) * dark, 0.6)
        return np.asarray(tone)

    def cap(self, ribbons: Ribbons, thickness: Floats | float, dark: float, lower: float = 0.0) -> None:
        """An opaque layer under the locks, thinning to nothing at the hairline so that no edge shows.

        `thickness` in head units, one number or (CAP_RINGS, CAP_AROUND); `lower` moves the edge up.
        """
        shape = (CAP_RINGS, CAP_AROUND)
        directions = cap_directions(self.scalp, lower)
        down = np.linspace(0, 1, CAP_RINGS)[:, None]
        lift = np.broadcast_to(thickness, shape) * np.minimum(1, (1 - down) / 0.35) ** 0.7 - 0.004 * (down > 0.99)
        points = self.scalp.surface(directions, lift * self.scale)
        columns = np.broadcast_to(0.01 + 0.23 * (np.arange(CAP_AROUND) * 3 / CAP_AROUND % 1), shape)
        uv = np.stack([columns, np.broadcast_to(down, shape)], -1)
        colours = np.ones((*shape, 3)) * vec(*self.hair.colour) * dark
        ribbons.add_grid(points, directions, uv, colours)


def cap_directions(scalp: Scalp, lower: float) -> Floats:
    """Directions from the crown down to the hairline, (CAP_RINGS, CAP_AROUND, 3)."""
    out = np.zeros((CAP_RINGS, CAP_AROUND, 3))
    kind = scalp.anatomy.person.hair.hairline
    for column, turn in enumerate(np.linspace(-np.pi, np.pi, CAP_AROUND, endpoint=False)):
        azimuth = float(np.degrees(turn))
        line = float(hairline_height(kind, np.array(abs(azimuth))))
        edge = scalp.direction(azimuth, min(0.98, line + 0.05 + lower))
        tilt = np.linspace(np.pi / 2, np.arcsin(edge[1]), CAP_RINGS)
        out[:, column] = np.stack([np.cos(tilt) * np.sin(turn), np.sin(tilt), np.cos(tilt) * np.cos(turn)], 1)
    return out


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layer:
    """One layer of long hair: height over the scalp (head units), brightness, locks a side, their width, picture."""

    lift: float
    dark: float
    count: int
    width: float
    column: int


LAYERS = (
    _Layer(lift=0.05, dark=0.66, count=30, width=0.28, column=DENSE),
    _Layer(lift=0.095, dark=0.84, count=38, width=0.19, column=DENSE),
    _Layer(lift=0.125, dark=1.02, count=48, width=0.14, column=DENSE),
    _Layer(lift=0.145, dark=1.12, count=30, width=0.085, column=WISPY),
)
ON_HEAD, HANGING = 9, 5  # points of a lock on the head and below


def _long(grower: _Grower, ribbons: Ribbons) -> None:
    """Locks from a side parting over the head, then hanging."""
    grower.cap(ribbons, 0.02, 0.55, -0.02)
    for number, layer in enumerate(LAYERS):
        for sign in (1.0, -1.0):
            for place in range(layer.count):
                share = float(((place + 0.2 + 0.6 * grower.random.rand()) / layer.count) ** 1.55)
                _lock(grower, ribbons, layer, number, sign, share)


def _lock(grower: _Grower, ribbons: Ribbons, layer: _Layer, number: int, sign: float, share: float) -> None:
    """One lock; `share` 0 falls in front of the ear, 1 at the back of the head."""
    hair, random, scalp, scale = grower.hair, grower.random, grower.scalp, grower.scale
    back = np.clip(share * 1.5 + random.normal(0, 0.03), 0, 1)
    front = scalp.direction(float(np.degrees(hair.part * 0.9)), 0.70)
    crown = unit(vec(hair.part * 0.35, 0.9, -0.55))
    root = unit(front * (1 - back) + crown * back + vec(sign * 0.012, 0, 0))
    azimuth = float(lerp(hair.front_azimuth, 183, share**0.9) * sign + random.normal(0, 2))
    directions = _great_circle(root, scalp.direction(azimuth, -0.02))
    along = np.linspace(0, 1, ON_HEAD)
    rise = 0.25 + 0.75 * np.minimum(1, along * 3) ** 0.6
    head = scalp.surface(directions, layer.lift * scale * rise * (1 + 0.25 * np.sin(along * np.pi)))
    path, shares = _hang(grower, head, number, share)
    path = _waved(grower, path, shares, azimuth)
    path[ON_HEAD:] = scalp.pushed_out(path[ON_HEAD:], (0.03 + layer.lift * 0.6) * scale)
    up = unit(path - np.stack([0 * path[:, 0], np.minimum(path[:, 1], scalp.centre[1]), 0 * path[:, 0] + scalp.centre[2]], 1))
    up[:ON_HEAD] = directions
    inner = np.clip((scalp.centre[1] - path[:, 1]) / scale - 0.5, 0, 1)[:, None]
    colour = grower.tone(len(path), layer.dark) * (1 - 0.22 * inner * (number < 2))
    width = layer.width * scale * np.interp(shares, [0, 0.12, 0.6, 1], [0.7, 1, 1.15, 0.7]) * random.uniform(0.8, 1.2)
    ribbons.add(path, width=width, up=up, colour=colour, column=layer.column, v=(0, 0.97), roll=float(random.normal(0, 0.14)))


def _great_circle(start: Floats, end: Floats) -> Floats:
    angle = np.arccos(np.clip(start @ end, -1, 1))
    t = np.linspace(0, 1, ON_HEAD)[:, None]
    return np.asarray((np.sin((1 - t) * angle) * start + np.sin(t * angle) * end) / np.sin(angle))


def _hang(grower: _Grower, head: Floats, number: int, share: float) -> tuple[Floats, Floats]:
    """The path continued downwards from its last point on the head, and the share of each point in 0-1."""
    hair, scalp, scale = grower.hair, grower.scalp, grower.scale
    ends = (hair.ends + grower.random.normal(0, 0.05) - 0.06 * number * (share < 0.3)) * scale + scalp.anatomy.origin[1]
    start = head[-1]
    t = np.linspace(0, 1, HANGING + 1)[1:]
    out = vec(start[0], 0, start[2] - scalp.centre[2])
    radius = np.linalg.norm(out) * (1 + hair.flare * np.sin(t * np.pi) - hair.curl_in * t**2.5)
    out = unit(out)
    below = np.stack([out[0] * radius, lerp(start[1], ends, t), scalp.centre[2] + out[2] * radius], 1)
    path = np.concatenate([head, below])
    return path, np.linspace(0, 1, len(path))


def _waved(grower: _Grower, path: Floats, shares: Floats, azimuth: float) -> Floats:
    """Neighbouring locks wave together, so that strands clump."""
    hair = grower.hair
    out = unit(vec(path[ON_HEAD - 1, 0], 0, path[ON_HEAD - 1, 2] - grower.scalp.centre[2]))
    sideways = vec(out[2], 0, -out[0])
    phase = np.round(azimuth / 14) * 1.7 + grower.random.normal(0, 0.35) + shares * hair.wave_count
    swing = hair.wave * grower.scale * smoothstep(0.30, 0.75, shares)
    return np.asarray(path + sideways * (swing * np.sin(phase))[:, None] + out * (swing * 0.7 * np.cos(phase))[:, None])


def _short(grower: _Grower, ribbons: Ribbons) -> None:
    """Short tufts that flow away from a whorl, longer and lifted on top."""
    grower.cap(ribbons, 0.030, 0.6, -0.015)
    roots = grower.scalp.roots(grower.hair.locks, grower.random)
    fringe = grower.scalp.roots(240, grower.random, -0.055)
    for root in np.concatenate([roots, fringe]):
        _tuft(grower, ribbons, root)


def _tuft(grower: _Grower, ribbons: Ribbons, root: Floats) -> None:
    random, scalp, scale, steps = grower.random, grower.scalp, grower.scale, 5
    place = scalp.surface(root[None])[0]
    top = float(smoothstep(0.45, 0.80, scalp.anatomy.relative(place)[1]))
    front = float(smoothstep(-0.2, 0.8, root[2]))
    whorl = unit(vec(0.12, 0.85, -0.62))
    away = unit(whorl - root * (root @ whorl)) * -1
    flow = unit(lerp(vec(0, -1, 0) + 0.5 * away, unit(vec(0.35, 0, 1.0) * 0.8 + away * 0.5), top))
    flow = unit(flow - root * (flow @ root))
    flow = unit(flow + np.cross(root, flow) * random.normal(0.25 * top, 0.24))
    length = scale * (lerp(0.13, 0.34, top) + 0.06 * top * front) * random.uniform(0.75, 1.2)
    heading = unit(flow + root * (lerp(0.18, 0.50, top) + 0.38 * top * front + random.normal(0, 0.08)))
    path = [place - root * 0.015 * scale]
    for step in range(steps - 1):
        path.append(path[-1] + heading * length / (steps - 1))
        heading = unit(heading + flow * 0.24 - root * 0.22 * (step > 0) + vec(0, -0.06, 0))
    points = np.array(path)
    height = np.linalg.norm(points - scalp.centre, axis=1) - scalp.radius(unit(points - scalp.centre))
    points[1:] += root * np.maximum(0, 0.012 * scale - height[1:])[:, None]
    width = scale * lerp(0.085, 0.10, top) * vec(0.8, 1, 0.95, 0.75, 0.35)
    column = DENSE if random.rand() < 0.75 else WISPY
    colour = grower.tone(steps, 0.85 + 0.30 * top, 0.18)
    ribbons.add(points, width=width, up=root, colour=colour, column=column, roll=float(random.normal(0, 0.4)))


AFRO_DEPTH = 0.30  # head units


def _afro(grower: _Grower, ribbons: Ribbons) -> None:
    """A dark, bumpy cap under many small quads of curls at different depths."""
    x, y, z = np.moveaxis(cap_directions(grower.scalp, -0.02), -1, 0)
    bumps = 0.60 + 0.05 * np.sin(x * 19) * np.sin(y * 17 + z * 13)
    depth = AFRO_DEPTH * (0.80 + 0.20 * np.clip(y, 0, 1))
    grower.cap(ribbons, depth * bumps, 0.45, -0.02)
    for root in grower.scalp.roots(grower.hair.locks, grower.random):
        _curl(grower, ribbons, root)
    for root in grower.scalp.roots(420, grower.random, -0.06):
        _edge_curl(grower, ribbons, root)


def _curl(grower: _Grower, ribbons: Ribbons, root: Floats) -> None:
    random, scale, scalp = grower.random, grower.scale, grower.scalp
    edge = float(smoothstep(0, 0.22, scalp.above_hairline(scalp.surface(root[None]))[0]))
    level = float(random.rand() ** 0.6)
    height = AFRO_DEPTH * (0.28 + 0.72 * edge) * (0.45 + 0.55 * level)
    place = scalp.surface(root[None], height * scale)[0] + unit(random.randn(3)) * 0.02 * scale
    _curl_quad(grower, ribbons, root, place, random.uniform(0.20, 0.30) * (0.6 + 0.4 * edge), lerp(0.45, 1.22, level))


def _edge_curl(grower: _Grower, ribbons: Ribbons, root: Floats) -> None:
    """Small flat curls that break up the hairline."""
    line = grower.scalp.above_hairline(grower.scalp.surface(root[None]))[0]
    if line < 0.14:
        place = grower.scalp.surface(root[None], grower.random.uniform(0.005, 0.035) * grower.scale)[0]
        _curl_quad(grower, ribbons, root, place, grower.random.uniform(0.09, 0.15), 0.55)


def _curl_quad(grower: _Grower, ribbons: Ribbons, root: Floats, place: Floats, size: float, dark: float) -> None:
    random = grower.random
    along = unit(unit(np.cross(root, random.randn(3))) + root * random.normal(0, 0.5 if size > 0.16 else 0.1))
    half = along * size * grower.scale / 2
    cell = random.randint(4) * 0.25
    ribbons.add(
        np.array([place - half, place + half]),
        width=size * grower.scale,
        up=root,
        colour=grower.tone(3, dark, 0.16)[[2, 2]],
        column=CURLS,
        v=(cell + 0.004, cell + 0.246),
        roll=float(random.normal(0, 0.35 if size > 0.16 else 0.1)),
    )
