"""Paint the skin: albedo, normal and roughness maps of one head on its own face atlas."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from avatars.cast.anatomy import Anatomy
from avatars.cast.arrays import Bools, Floats, Pixels, bell, present, smoothstep, to_bytes, unit, vec
from avatars.cast.fields import blur, fill_outside, nearest, noise, resized
from avatars.cast.hairline import hairline_height
from avatars.cast.mesh import Part, rasterise
from avatars.cast.source import mask
from avatars.cast.strokes import Canvas, draw_brows, draw_freckles, draw_wrinkles

ATLAS_WIDTH = 1280
Weight = Floats  # (height, width), 0-1


@dataclass(frozen=True, slots=True, kw_only=True)
class Atlas:
    """The face unrolled: what lies under every pixel. Lengths in head units; arrays (height, width)."""

    covered: Bools
    points: Floats  # (h, w, 3) decimetres
    x: Floats
    y: Floats
    z: Floats
    facing: Floats  # z of the normal
    lips: Weight
    lids: Weight
    ears: Weight
    inside: Weight
    front: Weight

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.x.shape[0], self.x.shape[1]

    def spot(self, x: float, y: float, width: float, height: float) -> Weight:
        """A soft pair of spots at (+-x, y) on the front of the head."""
        return bell(np.abs(self.x) - x, width) * bell(self.y - y, height) * self.front

    def grain(self, sigma: float | tuple[float, float], seed: int) -> Floats:
        """Blurred noise of the atlas' size."""
        return noise(*self.shape, sigma, seed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Drawn features on the atlas, each 0-1."""

    brows: Weight
    freckles: Weight
    wrinkles: Weight
    scalp: Weight
    beard: Weight


def paint_skin(anatomy: Anatomy, skin: Part, lash_roots: Floats) -> tuple[Part, Weight]:
    """The skin with texture coordinates and maps, and where a beard may grow (atlas, 0-1)."""
    uv = _atlas_uv(anatomy, skin)
    atlas = _unroll(anatomy, replace(skin, uv=uv))
    marks = _draw_marks(anatomy, atlas)
    albedo = _albedo(anatomy, atlas, marks, lash_roots)
    height, width = atlas.shape
    textures = {
        "base": to_bytes(fill_outside(albedo, atlas.covered)),
        "normal": resized(_normal_map(anatomy, atlas, marks), 768, 768 * height // width),
        "roughness": resized(_roughness_map(anatomy, atlas, marks), 512, 512 * height // width),
    }
    return replace(skin, uv=uv, textures=textures), marks.beard


def _atlas_uv(anatomy: Anatomy, skin: Part) -> Floats:
    source = present(skin.source_uv)
    face = skin.positions[:, 1] > anatomy.origin[1] - 1.25 * anatomy.scale
    low, high = source[face].min(0) - 0.01, source[face].max(0) + 0.01
    u, v = ((source - low) / (high - low)).T
    return np.stack([u, 1 - v], 1)


def _unroll(anatomy: Anatomy, skin: Part) -> Atlas:
    uv, source_uv = present(skin.uv), present(skin.source_uv)
    used = np.ptp(source_uv, 0) / np.ptp(uv, 0)
    height = int(np.clip(ATLAS_WIDTH * used[1] / used[0], 512, 2000))
    values = np.concatenate([skin.positions, skin.smooth_normals(), source_uv], 1)
    data, covered = rasterise(uv * [ATLAS_WIDTH, height], skin.faces, values, ATLAS_WIDTH, height)
    x, y, z = np.moveaxis(anatomy.relative(data[..., :3]), -1, 0)
    lips, lids, ears, inside = (mask(name, data[..., 6:]) * covered for name in ("lips", "eyelids", "ears", "inside-mouth"))
    return Atlas(
        covered=covered,
        points=data[..., :3],
        x=x,
        y=y,
        z=z,
        facing=data[..., 5],
        lips=lips,
        lids=lids,
        ears=ears,
        inside=inside,
        front=((z > -0.35) & covered).astype(np.float64),
    )


def _draw_marks(anatomy: Anatomy, atlas: Atlas) -> Marks:
    person = anatomy.person
    random = np.random.RandomState(person.seed)
    brows, freckles, wrinkles = Canvas(), Canvas(), Canvas()
    draw_brows(brows, person.brows, random)
    draw_freckles(freckles, person.complexion.freckles, random)
    draw_wrinkles(wrinkles, anatomy.eye_x / anatomy.scale, (anatomy.mouth_half_width, anatomy.mouth_y), random)
    seen = smoothstep(-0.1, 0.25, atlas.facing) * atlas.front
    hairs = brows.projected(atlas.x, atlas.y, 1.4) * seen
    return Marks(
        brows=np.clip(hairs * 1.05 + 0.5 * blur(hairs, 5), 0, person.brows.opacity),
        freckles=freckles.projected(atlas.x, atlas.y, 0.8) * seen,
        wrinkles=wrinkles.projected(atlas.x, atlas.y, 1.8) * seen * person.complexion.wrinkles,
        scalp=_scalp(anatomy, atlas),
        beard=_beard_area(anatomy, atlas),
    )


def _scalp(anatomy: Anatomy, atlas: Atlas) -> Weight:
    """Hair roots painted under the hair, with a soft, strandy edge."""
    azimuth = np.degrees(np.arctan2(np.abs(atlas.x), atlas.z + 0.55))
    edge = 0.035 * atlas.grain((5, 1.6), 61) + 0.02 * atlas.grain(9, 62)
    line = atlas.y - hairline_height(anatomy.person.hair.hairline, azimuth) + edge
    ears = np.clip(blur(atlas.ears, 4) * 2, 0, 1)
    return blur(smoothstep(-0.04, 0.16, line) * atlas.covered * (1 - 0.98 * ears), 2.0)


def _beard_area(anatomy: Anatomy, atlas: Atlas) -> Weight:
    if not anatomy.person.complexion.stubble:
        return np.zeros(atlas.shape)
    x, y = np.abs(atlas.x), atlas.y
    area = smoothstep(-0.38, -0.56, y - 0.34 * smoothstep(0.25, 0.62, x)) * smoothstep(-1.30, -1.12, y)
    area *= 1 - 0.9 * atlas.spot(0, anatomy.mouth_y + 0.125, 0.05, 0.05)
    area *= smoothstep(-0.75, -0.35, atlas.z) * atlas.covered * (1 - blur(atlas.lips, 3))
    return blur(area * (1 - smoothstep(0.16, 0.34, y + 0.62)), 4)


def _albedo(anatomy: Anatomy, atlas: Atlas, marks: Marks, lash_roots: Floats) -> Floats:
    person = anatomy.person
    colour = np.ones((*atlas.shape, 3)) * vec(*person.complexion.colour)
    colour *= _flush(anatomy, atlas)
    colour *= 1 - marks.freckles[..., None] * vec(0.20, 0.38, 0.46)
    colour *= 1 - marks.wrinkles[..., None] * vec(0.18, 0.30, 0.30)
    colour = _mix(colour, *_stubble(anatomy, atlas, marks))
    colour = _mix(colour, *_lip_paint(anatomy, atlas))
    lids = np.clip(blur(atlas.lids, 2.5), 0, 1)[..., None]
    colour *= 1 - lids * 0.5 * vec(0.10, 0.17, 0.14)
    liner = np.exp(-((nearest(lash_roots, atlas.points.reshape(-1, 3))[0] / (0.020 * anatomy.scale)) ** 2))
    colour *= 1 - (liner.reshape(atlas.shape) * atlas.front * person.eyes.liner)[..., None] * vec(0.75, 0.8, 0.8)
    colour = _mix(colour, vec(*person.brows.colour), marks.brows)
    roots = vec(*person.hair.colour) * 0.8 * (1 + 0.12 * atlas.grain(1, 63)[..., None])
    colour = _mix(colour, roots, marks.scalp * 0.88)
    return _mix(colour, vec(0.36, 0.11, 0.10), atlas.inside)


def _mix(base: Floats, paint: Floats, share: Weight) -> Floats:
    return np.asarray(base * (1 - share[..., None]) + paint * share[..., None])


def _flush(anatomy: Anatomy, atlas: Atlas) -> Floats:
    """A factor for each channel: blood in cheeks, nose, ears and chin, yellow forehead, shade round the eyes."""
    looks, eye_x, mouth = anatomy.person.complexion, anatomy.eye_x / anatomy.scale, anatomy.mouth_y
    dark = 1 - float(np.mean(looks.colour))
    red = atlas.spot(0.35, -0.35, 0.20, 0.17) + 0.7 * atlas.spot(0, -0.38, 0.12, 0.13)
    red += 0.3 * atlas.spot(0, mouth - 0.42, 0.22, 0.12) + 0.2 * atlas.spot(0.1, 0.45, 0.5, 0.14)
    red += 0.8 * blur(atlas.ears, 2) + 0.35 * atlas.spot(eye_x, 0.02, 0.2, 0.1)
    shade = 0.8 * atlas.spot(eye_x, -0.12, 0.15, 0.05) * looks.eye_bags + 0.35 * atlas.spot(0.115, -0.03, 0.05, 0.09)
    shade += 0.4 * atlas.spot(eye_x, 0.10, 0.17, 0.05) + 0.6 * atlas.spot(0.09, -0.46, 0.05, 0.03)
    yellow = 0.5 * atlas.spot(0, 0.55, 0.5, 0.25) + 0.4 * atlas.spot(0, mouth - 0.2, 0.3, 0.06)
    contour = 0.4 * atlas.spot(0.60, -0.42, 0.12, 0.30) + 0.3 * atlas.spot(0.62, 0.30, 0.12, 0.3)
    warm = red[..., None] * vec(0.03, -0.095, -0.075) * (1 - 0.45 * dark) * looks.blush
    mottle = (atlas.grain(30, 1) * 0.010 + atlas.grain(7, 2) * 0.009)[..., None] * vec(0.7, 1.15, 1.1)
    tint = 1 + warm + yellow[..., None] * vec(0.01, 0, -0.03) - shade[..., None] * vec(0.09, 0.13, 0.10)
    tint *= 1 + mottle + (atlas.grain(1.1, 3) * 0.012)[..., None]
    return np.asarray(tint * (1 - contour[..., None] * vec(0.05, 0.08, 0.09)))


def _stubble(anatomy: Anatomy, atlas: Atlas, marks: Marks) -> tuple[Floats, Weight]:
    looks = anatomy.person.complexion
    dots = np.clip(atlas.grain(0.9, 71) * 0.8, 0, 1)
    paint = vec(*anatomy.person.hair.colour) * 0.95 + vec(*looks.colour) * 0.07
    return paint, np.clip(marks.beard * looks.stubble * (0.75 + 0.5 * dots), 0, 0.95)


def _lip_paint(anatomy: Anatomy, atlas: Atlas) -> tuple[Floats, Weight]:
    """Lip colour: lighter in the middle of the lower lip, deeper towards the corners and the inner rim."""
    lips = anatomy.person.lips
    paint = vec(*lips.colour) * (1 + 0.04 * atlas.grain(1.3, 5)[..., None])
    shine = 0.08 * bell(atlas.y - (anatomy.mouth_y - 0.055), 0.03)
    corner = 0.12 * smoothstep(0.6, 1.0, np.abs(atlas.x) / anatomy.mouth_half_width)
    inner = 0.30 * np.clip(blur(atlas.inside, 5) * 2, 0, 1)
    return paint * (1 + shine - corner - inner)[..., None], blur(atlas.lips, 2.6) * lips.opacity


def _normal_map(anatomy: Anatomy, atlas: Atlas, marks: Marks) -> Pixels:
    """Pores on the skin, upright lines on the lips, hairs of the brows, the wrinkles' valleys."""
    pores = -np.clip(atlas.grain(1.0, 21), 0, 3) * 0.30 + atlas.grain(2.4, 22) * 0.22 + atlas.grain(6, 25) * 0.3
    pores = pores * (1 - 0.8 * atlas.lips) * (1 - 0.6 * atlas.lids) * anatomy.person.complexion.pores
    relief = pores + 0.45 * atlas.lips * atlas.grain((5, 1.2), 8) - blur(marks.wrinkles, 1.4) * 7
    relief = relief + marks.brows * 1.2 + marks.scalp * 0.5 * atlas.grain(1, 64)
    down, right = np.gradient(relief)
    return to_bytes(unit(np.stack([-right, down, np.full_like(right, 6.0)], -1)) * 0.5 + 0.5)


def _roughness_map(anatomy: Anatomy, atlas: Atlas, marks: Marks) -> Pixels:
    mouth = anatomy.mouth_y
    oil = 0.14 * atlas.spot(0, -0.15, 0.10, 0.32) + 0.11 * atlas.spot(0, 0.42, 0.35, 0.2)
    oil += 0.07 * atlas.spot(0.33, -0.22, 0.14, 0.1) + 0.04 * atlas.spot(0, mouth - 0.3, 0.12, 0.1)
    rough = 0.60 - oil - 0.20 * blur(atlas.lips, 2.2) + 0.03 * atlas.grain(1.2, 33)
    rough = rough + 0.35 * marks.scalp + 0.15 * marks.brows + 0.05 * anatomy.person.complexion.wrinkles
    return to_bytes(np.stack([np.ones_like(rough), np.clip(rough, 0.2, 1), np.zeros_like(rough)], -1))
