"""Eyeballs with painted irises, lashes, and the lid's shadow on the eye."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatars.cast.anatomy import EYE_GROUPS, Anatomy
from avatars.cast.arrays import Floats, Ints, Pixels, bell, lerp, present, rotate, smoothstep, to_bytes, unit, vec
from avatars.cast.fields import noise
from avatars.cast.mesh import Part
from avatars.cast.people import Eyes
from avatars.cast.ribbons import Ribbons
from avatars.cast.source import base_mesh
from avatars.cast.units import index_of

AROUND = 28  # vertices of a ring
RINGS = np.radians(np.r_[0, np.linspace(3, 33, 10), np.linspace(40, 115, 8)])
PICTURE = 512
IRIS_EDGE, PUPIL_EDGE = 29.0, 10.5  # degrees from the eye's axis
LOOKS = {  # axis and degrees at weight 1; the sign of in and out changes with the side
    "eyeLookUp": ((1.0, 0.0, 0.0), -22.0),
    "eyeLookDown": ((1.0, 0.0, 0.0), 26.0),
    "eyeLookIn": ((0.0, 1.0, 0.0), -28.0),
    "eyeLookOut": ((0.0, 1.0, 0.0), 28.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Eyeball:
    """One eye: +1 is the person's left. Decimetres."""

    sign: float
    side: str
    centre: Floats
    radius: float


def find_eyes(anatomy: Anatomy) -> tuple[Eyeball, Eyeball]:
    """Both eyes, left first, measured on the source's helper spheres."""

    def measure(group: str, sign: float, side: str) -> Eyeball:
        points = anatomy.positions[base_mesh().group_vertices(group)]
        low, high = points.min(0), points.max(0)
        radius = float(high[1] - low[1]) / 2
        centre = vec((low[0] + high[0]) / 2, (low[1] + high[1]) / 2, high[2] - radius * 1.05)
        return Eyeball(sign=sign, side=side, centre=centre, radius=radius)

    return measure(EYE_GROUPS[0], 1.0, "Left"), measure(EYE_GROUPS[1], -1.0, "Right")


def build_eyes(anatomy: Anatomy, balls: tuple[Eyeball, Eyeball]) -> Part:
    """Both eyeballs, which turn with the eyeLook channels."""
    shape, uv = _sphere()
    positions = [_placed(shape, ball) for ball in balls]
    faces = _sphere_faces()
    deltas = np.concatenate([_look_deltas(points, ball) for points, ball in zip(positions, balls, strict=True)], 1)
    return Part(
        name="eyes",
        positions=np.concatenate(positions),
        faces=np.concatenate([faces, faces + len(shape)]),
        deltas=deltas,
        uv=np.concatenate([uv, uv]),
        textures={"base": _eye_picture(anatomy.person.eyes)},
    )


def _sphere() -> tuple[Floats, Floats]:
    """A unit ball with a bulging cornea, looking along +z, and its texture coordinates."""
    polar, turn = np.meshgrid(RINGS, 2 * np.pi * np.arange(AROUND) / AROUND, indexing="ij")
    bulge = 1 + 0.05 * np.exp(-((np.degrees(polar) / 20) ** 4))
    points = np.stack([np.sin(polar) * np.cos(turn), np.sin(polar) * np.sin(turn), np.cos(polar)], -1)
    reach = np.degrees(polar) / 115 / 2
    uv = np.stack([0.5 + reach * np.cos(turn), 0.5 - reach * np.sin(turn)], -1)
    return (points * bulge[..., None]).reshape(-1, 3), uv.reshape(-1, 2)


def _sphere_faces() -> Ints:
    ring, step = np.meshgrid(np.arange(len(RINGS) - 1), np.arange(AROUND), indexing="ij")
    a, b = ring * AROUND + step, ring * AROUND + (step + 1) % AROUND
    c, d = a + AROUND, b + AROUND
    return np.concatenate([np.stack([a, c, b], -1).reshape(-1, 3), np.stack([b, c, d], -1).reshape(-1, 3)])


def _placed(shape: Floats, ball: Eyeball) -> Floats:
    toward_camera = rotate(shape * ball.radius, vec(0, 0, 0), (0, 1, 0), -1.5 * ball.sign)
    return np.asarray(toward_camera + ball.centre)


def _look_deltas(points: Floats, ball: Eyeball) -> Floats:
    deltas = np.zeros((len(index_of()), len(points), 3))
    for stem, (axis, degrees) in LOOKS.items():
        turn = degrees * (ball.sign if axis[1] else 1.0)
        deltas[index_of()[stem + ball.side]] = rotate(points, ball.centre, axis, turn) - points
    return deltas


def _eye_picture(eyes: Eyes) -> Pixels:
    """Pupil, iris, limbus, sclera and painted catch-lights around the middle of a square picture."""
    rows, columns = np.mgrid[0:PICTURE, 0:PICTURE]
    x, y = ((axis + 0.5) / PICTURE * 2 - 1 for axis in (columns, rows))
    angle = np.hypot(x, y) * 115

    def inside(edge: float, softness: float) -> Floats:
        return smoothstep(edge - softness / 2, edge + softness / 2, angle)[..., None]

    colour = lerp(np.full((PICTURE, PICTURE, 3), 0.010), _iris(eyes, x, y, angle), inside(PUPIL_EDGE, 2.0))
    colour = colour * (1 - 0.68 * inside(IRIS_EDGE - 3.2, 5))
    colour = lerp(colour, _sclera(angle), inside(IRIS_EDGE, 4.2))
    big = ((x * 115 + 8.0) ** 2 + (y * 115 + 5.5) ** 2) / 5.2**2
    small = ((x * 115 - 8) ** 2 + (y * 115 - 9) ** 2) / 3.4**2
    return to_bytes(colour + 1.25 * np.exp(-(big**2))[..., None] + 0.20 * np.exp(-small)[..., None])


def _iris(eyes: Eyes, x: Floats, y: Floats, angle: Floats) -> Floats:
    turn, random = np.arctan2(y, x), np.random.RandomState(3)
    fibres = np.zeros_like(angle)
    for count in (23, 41, 67, 97):
        wander = 1.7 * np.sin(turn * 5 + random.rand() * 6) + angle * 0.35 * random.randn()
        fibres += np.sin(turn * count + random.rand() * 6 + wander) / 4
    out = np.clip((angle - PUPIL_EDGE) / (IRIS_EDGE - PUPIL_EDGE), 0, 1)[..., None]
    colour = vec(*eyes.iris) * (0.92 + 0.42 * fibres[..., None]) * (1.12 - 0.45 * out**2)
    colour = colour + vec(*eyes.inner_iris) * (1 - out) ** 2.2
    lower_glow = 1 + 0.55 * np.clip(y * 115 / IRIS_EDGE, -1, 1)
    return np.asarray(colour * lower_glow[..., None])


def _sclera(angle: Floats) -> Floats:
    veins = noise(PICTURE, PICTURE, 1.3, 31) * 0.5 + noise(PICTURE, PICTURE, 5, 32) * 0.5 - 1.0
    veins = np.clip(veins, 0, 1) * smoothstep(40, 65, angle)
    colour = vec(0.90, 0.875, 0.85) * (1 - 0.16 * smoothstep(40, 80, angle))[..., None]
    colour = colour - vec(0.02, 0.12, 0.12) * smoothstep(45, 85, angle)[..., None]
    return np.asarray(colour - veins[..., None] * vec(0.03, 0.14, 0.14))


@dataclass(frozen=True, slots=True, kw_only=True)
class LidEdge:
    """The upper lid's edge from inner to outer corner, as curves of t in 0-1, with its morph deltas."""

    ball: Eyeball
    t: Floats
    points: Floats  # (n, 3)
    deltas: Floats  # (52, n, 3)

    def at(self, t: Floats) -> Floats:
        """Places on the edge, (len(t), 3)."""
        return self._curve(self.points, t)

    def deltas_at(self, t: Floats) -> Floats:
        """Deltas on the edge, (52, len(t), 3)."""
        return np.stack([self._curve(delta, t) if np.abs(delta).max() > 1e-5 else np.zeros((len(t), 3)) for delta in self.deltas])

    def _curve(self, values: Floats, t: Floats) -> Floats:
        return np.stack([np.polyval(np.polyfit(self.t, values[:, axis], 5), t) for axis in range(3)], -1)


def lid_edges(helper: Part, balls: tuple[Eyeball, Eyeball]) -> tuple[LidEdge, LidEdge]:
    """The lid edges, from the root row of the source's lash helper."""

    def edge(ball: Eyeball) -> LidEdge:
        mine = np.flatnonzero(helper.positions[:, 0] * ball.sign > 0)
        from_eye = np.linalg.norm(helper.positions[mine] - ball.centre, axis=1)
        mine = mine[np.argsort(from_eye, kind="stable")][: int(len(mine) * 0.42)]
        outward = helper.positions[mine, 0] * ball.sign
        mine = mine[np.argsort(outward, kind="stable")]
        outward = np.sort(outward)
        t = (outward - outward[0]) / (outward[-1] - outward[0])
        return LidEdge(ball=ball, t=t, points=helper.positions[mine], deltas=present(helper.deltas)[:, mine])

    return edge(balls[0]), edge(balls[1])


def build_lashes(anatomy: Anatomy, edges: tuple[LidEdge, LidEdge]) -> Part:
    """Tapered lashes rooted in the lid's edge; each takes the deltas of its root."""
    random, eyes, scale = np.random.RandomState(anatomy.person.seed), anatomy.person.eyes, anatomy.scale
    ribbons, deltas = Ribbons(), []
    t = np.linspace(*eyes.lash_span, eyes.lashes)
    for edge in edges:
        for share, root in zip(t, edge.at(t), strict=True):
            out = unit(vec(edge.ball.sign * lerp(-0.35, 1.0, share), 0.05, 1.0))
            grown = smoothstep(0, 0.7, share) * smoothstep(1.12, 0.9, share)
            length = scale * eyes.lash_length * lerp(0.026, 0.070, grown) * random.uniform(0.85, 1.1)
            path = [root - out * 0.01 * scale, root + out * length * 0.5, root + out * length * 0.95]
            path[1] = path[1] - vec(0, 0.06 * length, 0)
            path[2] = path[2] + vec(0, 0.40 * length, 0)
            ribbons.add(
                np.array(path),
                width=scale * vec(0.012, 0.008, 0.002),
                up=vec(0, 1, 0) + out * 0.2,
                colour=vec(0.02, 0.014, 0.012),
            )
        deltas.append(np.repeat(edge.deltas_at(t), 6, axis=1))
    return ribbons.part("lash", deltas=np.concatenate(deltas, 1), textured=False)


def build_lid_shadow(edges: tuple[LidEdge, LidEdge]) -> Part:
    """A dark film on each eyeball under the upper lid, fading downwards, that moves with the lid."""
    rows = ((0.10, 0.0), (-0.02, 0.55), (-0.16, 0.28), (-0.42, 0.0))  # height in eye radii, opacity
    t = np.clip(np.linspace(-0.02, 1.02, 16), 0, 1)
    positions, colours, deltas = [], [], []
    for edge in edges:
        ball, points = edge.ball, edge.at(t)
        for height, opacity in rows:
            out = unit(points + vec(0, height * ball.radius, 0) - ball.centre)
            cornea = 0.02 * bell(out[:, 0], 0.4)
            positions.append(ball.centre + out * ball.radius * (1.035 + cornea)[:, None])
            colours.append(np.tile([0.10, 0.05, 0.04, opacity], (len(t), 1)))
            deltas.append(edge.deltas_at(t))
    row, step = np.meshgrid(np.r_[0:3, 4:7], np.arange(15), indexing="ij")
    a = (row * 16 + step).ravel()
    faces = np.concatenate([np.stack([a, a + 16, a + 1], 1), np.stack([a + 1, a + 16, a + 17], 1)])
    return Part(
        name="lidshade",
        positions=np.concatenate(positions),
        faces=faces,
        deltas=np.concatenate(deltas, 1),
        colours=np.concatenate(colours),
    )
