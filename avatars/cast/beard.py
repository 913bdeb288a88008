"""A beard of single tapered hairs; each takes the morph deltas of its root, so the beard talks."""

from __future__ import annotations

import numpy as np

from avatars.cast.anatomy import Anatomy
from avatars.cast.arrays import Bools, Floats, Ints, lerp, present, smoothstep, unit, vec
from avatars.cast.fields import sample
from avatars.cast.mesh import Part, triangle_areas
from avatars.cast.ribbons import Ribbons
from avatars.cast.source import mask


def build_beard(anatomy: Anatomy, skin: Part, area: Floats) -> Part:
    """The beard over `area` (atlas, 0-1) of the painted skin."""
    random = np.random.RandomState(anatomy.person.seed)
    faces = _bearded_faces(skin, area)
    weight = triangle_areas(skin.positions, faces)
    normals = skin.smooth_normals()
    ribbons = Ribbons()
    roots, shares = [], []
    for number in random.choice(len(faces), anatomy.person.hair.beard_hairs, p=weight / weight.sum()):
        share = random.dirichlet([1, 1, 1])
        root, normal = share @ skin.positions[faces[number]], unit(share @ normals[faces[number]])
        _hair(anatomy, ribbons, random, root, normal)
        roots += [faces[number]] * 3
        shares += [share] * 3
    deltas = np.einsum("tnkc,nk->tnc", present(skin.deltas)[:, np.array(roots)], np.array(shares))
    return ribbons.part("beard", deltas=deltas, textured=False)


def _bearded_faces(skin: Part, area: Floats) -> Ints:
    uv, source_uv = present(skin.uv), present(skin.source_uv)
    height, width = area.shape
    growth = sample(area, uv[:, 1] * height, uv[:, 0] * width)
    lips = mask("lips", source_uv)
    inside = mask("inside-mouth", source_uv)
    keep: Bools = (growth[skin.faces].min(1) > 0.4) & (lips[skin.faces].max(1) < 0.25)
    return np.asarray(skin.faces[keep & (inside[skin.faces].max(1) < 0.2)])


def _hair(anatomy: Anatomy, ribbons: Ribbons, random: np.random.RandomState, root: Floats, normal: Floats) -> None:
    """One hair, lying downwards; the moustache is combed outwards and cut short above the lip."""
    scale, mouth = anatomy.scale, anatomy.mouth_y
    x, y, _ = anatomy.relative(root)
    moustache = y > mouth + 0.03 and abs(x) < anatomy.mouth_half_width + 0.05
    flow = vec(np.sign(x) * (1.6 if moustache else 0.15), -1, 0.1 if moustache else 0.25)
    flow = unit(flow - normal * (flow @ normal))
    flow = unit(flow + np.cross(normal, flow) * random.normal(0, 0.22))
    length = _length(anatomy, x, y, moustache) * random.uniform(0.7, 1.15)
    rise = unit(flow + normal * 0.42)
    side = unit(np.cross(flow, normal) + normal * random.normal(0, 0.4)) * scale * random.uniform(0.009, 0.017)
    base, tip = root - normal * 0.006 * scale, root + unit(rise + flow * 0.35) * length
    side_normal = side / scale * 12
    dark, light = vec(*anatomy.person.hair.colour), vec(*anatomy.person.hair.tip)
    tone = lerp(dark * 0.95, light, np.array([[0.1], [0.1], [0.6]])) * (1 + random.normal(0, 0.12))
    normals = unit(np.array([normal - side_normal, normal + side_normal, normal + flow * 0.4]))
    ribbons.add_triangle(np.array([base - side, base + side, tip]), normals, np.clip(tone, 0, 1))


def _length(anatomy: Anatomy, x: float, y: float, moustache: bool) -> float:
    """Decimetres. Above the mouth no longer than the way to the lip's edge."""
    mouth = anatomy.mouth_y
    if moustache:
        to_lip = max(0.03, y - (mouth + 0.055))
        return float(anatomy.scale * min(0.075, to_lip * 1.1))
    chin = 0.03 * float(smoothstep(0.25, 0, abs(x))) * (y < mouth - 0.2)
    under_lip = float(smoothstep(0.0, 0.2, mouth - 0.06 - y))
    return float(anatomy.scale * (0.05 + 0.055 * under_lip + chin))
