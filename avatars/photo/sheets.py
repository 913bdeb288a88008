"""python -m avatars.photo.sheets PHOTO... [--into FOLDER]: contact sheets of what a photo avatar can do, to be looked at."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageOps

from avatars.face.channels import Floats, table_row
from avatars.face.data import table as face_table
from avatars.face.emotions import EMOTIONS, REST
from avatars.face.visemes import VISEMES, viseme_weights
from avatars.photo.analysis import analyse, choose, segment
from avatars.photo.background import filled
from avatars.photo.renderer import PhotoRenderer
from avatars.photo.rig import PhotoRig, prepare
from avatars.photo.rig_topology import OVAL

ROOT: Final = Path(__file__).parents[2]
PHOTOS: Final = (
    ROOT / "tests" / "avatars" / "photo" / "pictures" / "astronaut.jpg",
    ROOT / "tests" / "avatars" / "photo" / "pictures" / "officer.jpg",
    ROOT / "static" / "cast" / "ada.webp",
)
INTO: Final = ROOT / "docs" / "pictures" / "faces"
SIDE: Final = 512
_TILE: Final = 200
_COLUMNS: Final = 8

Pose = tuple[str, NDArray[np.float32]]


def main(arguments: list[str]) -> int:
    """Write `{photo}-{visemes,emotions,turns}.jpg` for each photo."""
    parser = argparse.ArgumentParser(prog="python -m avatars.photo.sheets", description=__doc__)
    parser.add_argument("photos", nargs="*", type=Path, default=list(PHOTOS))
    parser.add_argument("--into", type=Path, default=INTO)
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    options.into.mkdir(parents=True, exist_ok=True)
    for photo in options.photos:
        rig = rig_of(photo)
        for name, poses in {"visemes": visemes(), "emotions": emotions(), "turns": turns()}.items():
            sheet = contact_sheet(rig, poses, closer=name == "visemes")
            sheet.save(options.into / f"{photo.stem}-{name}.jpg", quality=82)
    return 0


def rig_of(photo: Path) -> PhotoRig:
    """The rig of the largest face in a picture file."""
    pixels = np.asarray(ImageOps.exif_transpose(Image.open(photo)).convert("RGB"))
    alpha = segment(pixels)
    return prepare(pixels, choose(analyse(pixels)).landmarks, alpha, filled(pixels, alpha))


def visemes() -> list[Pose]:
    """The photo itself, then the 15 visemes."""
    return [("photo", _row({})), *((name, _row(viseme_weights(name))) for name in VISEMES)]


def emotions() -> list[Pose]:
    """The eight emotions at intensity 1, as a silent face shows them."""
    weights = {name: entry["weights"] for name, entry in face_table("emotions")["emotions"].items()}
    return [(name, _row(weights[name], REST)) for name in EMOTIONS]


def turns() -> list[Pose]:
    """Head and eyes to both sides, up and down, lids half and wholly closed."""
    mixes: dict[str, dict[str, float]] = {
        "8° left": {"headYaw": 8},
        "8° right": {"headYaw": -8},
        "6° up": {"headPitch": 6},
        "6° down": {"headPitch": -6},
        "roll 6°": {"headRoll": 6},
        "look left": {"eyeLookOutLeft": 0.5, "eyeLookInRight": 0.5},
        "look up": {"eyeLookUp": 0.5},
        "blink": {"eyeBlink": 1},
    }
    return [(name, _row(mix)) for name, mix in mixes.items()]


def contact_sheet(rig: PhotoRig, poses: list[Pose], *, closer: bool) -> Image.Image:
    """Labelled tiles; `closer` shows the face alone."""
    pictures = PhotoRenderer(rig, (SIDE, SIDE)).render(np.stack([row for _, row in poses]))
    box = _face_box(rig) if closer else (0, 0, SIDE, SIDE)
    sheet = Image.new("RGB", (_TILE * min(_COLUMNS, len(poses)), _TILE * -(-len(poses) // _COLUMNS)))
    for k, ((name, _), picture) in enumerate(zip(poses, pictures, strict=True)):
        tile = Image.fromarray(picture).resize((_TILE, _TILE), Image.Resampling.LANCZOS, box=box)
        ImageDraw.Draw(tile).text((6, 4), name, fill="white", stroke_width=2, stroke_fill="black")
        sheet.paste(tile, (k % _COLUMNS * _TILE, k // _COLUMNS * _TILE))
    return sheet


def _face_box(rig: PhotoRig) -> tuple[float, float, float, float]:
    oval = rig.landmarks[OVAL, :2] * (SIDE / rig.side)
    middle, half = (oval.min(0) + oval.max(0)) / 2, float(np.ptp(oval[:, 1])) * 0.58
    left, top = np.clip(middle - half, 0, SIDE - 2 * half)
    return float(left), float(top), float(left + 2 * half), float(top + 2 * half)


def _row(mix: Mapping[str, float], start: Floats | None = None) -> NDArray[np.float32]:
    """A row (57,) of a face table, in addition to what a face starts with."""
    row = table_row(mix)
    if start is not None:
        row[: len(start)] += start.astype(np.float32)
    row[:52] = np.clip(row[:52], 0, 1)
    return row


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
