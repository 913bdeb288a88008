"""`python -m avatars.render.looks_sheet OUT`: a contact sheet of framings, backgrounds and gazes, to be looked at."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from avatars.face.channels import CHANNELS
from avatars.render.base import Pictures
from avatars.render.choose import Recipe, build
from avatars.render.look import FRAMING, Look, glancing

_CAST: Final = Path(__file__).resolve().parents[2] / "static" / "cast"
_SIDE: Final = 256


def main() -> None:
    """Draw a head of the cast, and a photo avatar where a rig is given."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("out", type=Path)
    options.add_argument("--head", default="ada")
    options.add_argument("--rig", type=Path, help="a photo avatar's rig")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wall = Path(folder) / "wall.png"
        Image.fromarray(_wall()).save(wall)
        recipes = [Recipe(kind="head", asset=_CAST / f"{given.head}.glb")]
        recipes += [Recipe(kind="photo", asset=given.rig)] if given.rig else []
        Image.fromarray(np.concatenate([_row(recipe, wall) for recipe in recipes])).save(given.out, quality=82)


def _row(recipe: Recipe, wall: Path) -> Pictures:
    looks = [(Look(framing=framing), (0, 0)) for framing in FRAMING]
    looks += [(Look(background="#20c040"), (18, 0)), (Look(framing="bust", background=str(wall)), (-18, -8))]
    rest = np.zeros((1, len(CHANNELS)), np.float32)
    drawn = [
        build(Recipe(kind=recipe.kind, asset=recipe.asset, size=(_SIDE, _SIDE), look=look)).render(glancing(rest, gaze))[0]
        for look, gaze in looks
    ]
    return np.concatenate(drawn, 1)


def _wall() -> Pictures:
    """A warm wall with a lamp's glow."""
    y, x = np.mgrid[0:240, 0:320]
    glow = np.hypot(x - 250, y - 40)
    return np.stack([200 - glow / 8, 170 - y / 8, np.full_like(glow, 140)], -1).astype(np.uint8)


if __name__ == "__main__":
    main()
