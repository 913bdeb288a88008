"""Build one head: from a person's description to parts that are ready to be written."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from avatars.cast.anatomy import Anatomy, cut_out, shape_head
from avatars.cast.arrays import Floats, present
from avatars.cast.beard import build_beard
from avatars.cast.clothes import dress
from avatars.cast.eyes import build_eyes, build_lashes, build_lid_shadow, find_eyes, lid_edges
from avatars.cast.hair import build_hair
from avatars.cast.mesh import Part, openness, scatter, vertex_normals
from avatars.cast.mouth import build_teeth, build_tongue, split_lining
from avatars.cast.people import Person
from avatars.cast.rig import pivot, rigged
from avatars.cast.scalp import measure_scalp
from avatars.cast.skin import paint_skin
from avatars.cast.source import mask

ORDER = ("skin", "cloth", "mouth", "teeth", "tongue", "eyes", "lidshade", "lash", "beard", "hair")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A finished head. Lengths in decimetres from the eye line's middle."""

    person: Person
    parts: tuple[Part, ...]
    pivot: Floats  # (3,) the head joint


def build_head(person: Person) -> Head:
    """Shape, paint, dress and rig one person. Takes about ten seconds; the same person gives the same head."""
    anatomy = shape_head(person)
    balls = find_eyes(anatomy)
    lash_helper = cut_out(anatomy, "lash", lambda group: "eyelashes-2" in group)
    edges = lid_edges(lash_helper, balls)
    whole_skin = _flat_ears(anatomy, cut_out(anatomy, "skin", lambda group: group == "body"))
    painted, beard_area = paint_skin(anatomy, whole_skin, lash_helper.positions)
    slabs = cut_out(anatomy, "teeth", lambda group: group in ("helper-upper-teeth", "helper-lower-teeth"))
    teeth = build_teeth(anatomy, slabs)
    skin, lining = split_lining(anatomy, painted, float(slabs.positions[:, 2].max()))
    tongue = build_tongue(anatomy, cut_out(anatomy, "tongue", lambda group: group == "helper-tongue"), teeth)
    skin, cloth = dress(anatomy, skin)
    parts = [skin, cloth, lining, teeth, tongue, build_eyes(anatomy, balls), build_lashes(anatomy, edges)]
    parts.append(build_lid_shadow(edges))
    hair = build_hair(measure_scalp(anatomy, skin))
    parts += [hair] if hair is not None else []
    parts += [build_beard(anatomy, skin, beard_area)] if person.hair.beard_hairs else []
    return _finished(anatomy, _shaded(parts, fluffy=person.hair.style == "afro"))


def _flat_ears(anatomy: Anatomy, skin: Part) -> Part:
    """Ears under long hair lie flat, or they poke through the locks."""
    if anatomy.person.hair.style != "long":
        return skin
    ears = mask("ears", present(skin.source_uv)) > 0.25
    out = np.abs(skin.positions[:, 0])
    start = np.percentile(out[ears], 12)
    pressed = np.where(ears & (out > start), start + 0.30 * (out - start), out)
    positions = skin.positions.copy()
    positions[:, 0] = np.sign(positions[:, 0]) * pressed
    return replace(skin, positions=positions)


def _shaded(parts: list[Part], *, fluffy: bool) -> list[Part]:
    """Bake occlusion into the vertex colours of skin, cloth and hair; on skin it is redder than grey."""
    by_name = {part.name: part for part in parts}
    skin, cloth = by_name["skin"], by_name["cloth"]
    clouds = [scatter(skin.positions, skin.faces, 120_000), scatter(cloth.positions, cloth.faces, 40_000)]
    if "hair" in by_name:
        hair = by_name["hair"]
        clouds.append(scatter(hair.positions, hair.faces, 60_000)[::2])
        if not fluffy:
            normals = present(hair.normals)
            seen = openness(hair.positions + normals * 0.03, normals, np.concatenate(clouds), rays=60, bias=0.08)
            by_name["hair"] = _darkened(hair, 0.5, _relative(seen, 75))
    occluders = np.concatenate(clouds)
    by_name["skin"] = replace(skin, colours=_skin_shade(skin, occluders))
    normals = vertex_normals(cloth.positions, cloth.faces)
    seen = openness(cloth.positions + normals * 0.05, normals, occluders)
    by_name["cloth"] = _darkened(cloth, 0.4, _relative(seen, 80))
    return list(by_name.values())


def _darkened(part: Part, darkest: float, light: Floats) -> Part:
    return replace(part, colours=present(part.colours) * (darkest + (1 - darkest) * light)[:, None])


def _relative(seen: Floats, percentile: float) -> Floats:
    return np.asarray(np.clip(seen / np.percentile(seen, percentile), 0, 1))


def _skin_shade(skin: Part, occluders: Floats) -> Floats:
    normals = skin.smooth_normals()
    seen = openness(skin.positions + normals * 0.03, normals, occluders)
    weld = present(skin.weld)
    seen = (np.bincount(weld, seen) / np.maximum(np.bincount(weld), 1))[weld]
    light = _relative(seen, 80)
    light = light + (1 - light) * 0.7 * mask("eyelids", present(skin.source_uv))  # the crease would smear over a closed lid
    return np.stack([light**0.5, light**0.72, light**0.78], -1) * 0.82 + 0.18


def _finished(anatomy: Anatomy, parts: list[Part]) -> Head:
    by_name = {part.name: rigged(anatomy, part) for part in parts}
    moved = [by_name[name] for name in ORDER if name in by_name]
    return Head(
        person=anatomy.person,
        parts=tuple(replace(part, positions=part.positions - anatomy.origin) for part in moved),
        pivot=pivot(anatomy),
    )
