"""The 52 face units as the cast uses them: symmetric, and with soft cheeks in a smile."""

from __future__ import annotations

from functools import cache

import numpy as np

from avatars.cast.arrays import Floats, Ints, smoothstep
from avatars.cast.fields import nearest
from avatars.cast.source import base_mesh, face_unit_names, face_units, mask

PARTED = ("eyeBlink", "eyeSquint", "eyeWide", "cheekSquint")
SOFTENED = ("mouthSmile", "cheekSquint", "mouthDimple", "noseSneer")


@cache
def index_of() -> dict[str, int]:
    """Where each ARKit name stands in the alphabetical order."""
    return {name: index for index, name in enumerate(face_unit_names())}


def sided(name: str) -> tuple[str, ...]:
    """The channels that a name without a side stands for."""
    pair = (f"{name}Left", f"{name}Right")
    return pair if pair[0] in index_of() and name not in index_of() else (name,)


def weights_of(mix: dict[str, float]) -> Floats:
    """(52,) weights of a mix whose names may leave out the side."""
    weights = np.zeros(len(index_of()))
    for name, weight in mix.items():
        for channel in sided(name):
            weights[index_of()[channel]] += weight
    return weights


@cache
def symmetric_units() -> Floats:
    """Face units made mirror-symmetric and softened on the cheeks, (52, n, 3). Do not write to it."""
    units = face_units()
    mirrored = _mirror_numbers()
    flip = np.array([-1.0, 1.0, 1.0])
    out = np.empty_like(units)
    for name, number in index_of().items():
        other = index_of()[_other_side(name)]
        out[number] = (units[number] + units[other][mirrored] * flip) / 2
    soften = _cheek_share()[:, None]
    for stem in SOFTENED:
        for channel in sided(stem):
            number = index_of()[channel]
            out[number] += soften * (_spread(out[number], 14) - out[number])
    _keep_to_one_side(out)
    return out


def _keep_to_one_side(units: Floats) -> None:
    """In place: a wink must not tug at the other eye, as the source's does; both sides together stay the same."""
    left = smoothstep(-0.066, 0.066, base_mesh().positions[:, 0])[:, None]
    for stem in PARTED:
        first, second = (index_of()[channel] for channel in sided(stem))
        both = units[first] + units[second]
        units[first], units[second] = both * left, both * (1 - left)


def _other_side(name: str) -> str:
    if name.endswith("Left"):
        return name.removesuffix("Left") + "Right"
    return name.removesuffix("Right") + "Left" if name.endswith("Right") else name


def _mirror_numbers() -> Ints:
    positions = base_mesh().positions
    distance, number = nearest(positions, positions * [-1, 1, 1])
    return np.where(distance < 0.02, number, np.arange(len(positions)))


def _cheek_share() -> Floats:
    """1 on the cheeks, 0 on lips, lids and everything that is not skin of the face."""
    mesh = base_mesh()
    eyes = mesh.positions[mesh.group_vertices("helper-l-eye", "helper-r-eye")].mean(0)
    x, y, z = ((mesh.positions - [0, eyes[1], eyes[2]]) / 1.1).T
    share = smoothstep(0.12, 0.22, np.abs(x)) * smoothstep(0.02, -0.14, y) * smoothstep(-0.85, -0.6, y)
    share *= smoothstep(-0.5, -0.2, z)
    uv = vertex_uv()
    share *= (1 - np.clip(3 * mask("lips", uv), 0, 1)) * (1 - np.clip(3 * mask("inside-mouth", uv), 0, 1))
    body = np.zeros(len(share), bool)
    body[mesh.group_vertices("body")] = True
    return np.asarray(np.where(body, share * _off_the_lips(), 0.0))


def _off_the_lips() -> Floats:
    mesh = base_mesh()
    lips = mesh.positions[mask("lips", vertex_uv()) > 0.5]
    return smoothstep(0.06, 0.22, nearest(lips, mesh.positions)[0])


@cache
def vertex_uv() -> Floats:
    """One texture coordinate for each source vertex (the last one met), (n, 2)."""
    mesh = base_mesh()
    out = np.full((len(mesh.positions), 2), -1.0)
    for face, corners in zip(mesh.faces, mesh.face_uv, strict=True):
        out[list(face)] = mesh.uv[list(corners)]
    return out


@cache
def _edges() -> tuple[Ints, Ints]:
    pairs = {
        (face[i - 1], face[i])
        for face, group in zip(base_mesh().faces, base_mesh().groups, strict=True)
        if group == "body"
        for i in range(len(face))
    }
    both = np.array(sorted(pairs | {(b, a) for a, b in pairs}))
    return both[:, 0], both[:, 1]


def _spread(delta: Floats, rounds: int) -> Floats:
    """The delta averaged with its neighbours along edges, `rounds` times."""
    start, end = _edges()
    count = np.maximum(np.bincount(start, minlength=len(delta)), 1)
    for _ in range(rounds):
        around = np.stack([np.bincount(start, delta[end, axis], len(delta)) for axis in range(3)], 1)
        delta = 0.5 * delta + 0.5 * around / count[:, None]
    return delta
