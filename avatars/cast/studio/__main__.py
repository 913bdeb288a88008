"""python -m avatars.cast.studio {portraits,visemes,emotions,turns} [names]: photograph the built heads."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from PIL import Image, ImageDraw

from avatars.cast.catalogue import FOLDER
from avatars.cast.people import CAST
from avatars.cast.studio.camera import REPOSITORY, Shot, Studio, View, open_studio
from avatars.cast.studio.poses import EMOTIONS, VISEMES, shots, turned

PORTRAIT = View(width=512, height=512)
FACE = View(width=190, height=210, fov=13.5, level=-0.02)
MOUTH = View(width=150, height=120, fov=5.6, level=-0.054)
HEAD = View(width=210, height=220, fov=18)
SHEETS: dict[str, tuple[View, list[Shot]]] = {
    "visemes": (MOUTH, shots(VISEMES)),
    "emotions": (FACE, shots(EMOTIONS)),
    "turns": (HEAD, turned()),
}
LABEL = 16  # pixels of a row of labels
PICTURES = REPOSITORY / "docs" / "pictures"


def main(arguments: list[str]) -> int:
    """Take portraits into static/cast, or one contact sheet (a row for each head) into docs/pictures."""
    parser = argparse.ArgumentParser(prog="python -m avatars.cast.studio", description=__doc__)
    parser.add_argument("what", choices=["portraits", *SHEETS])
    parser.add_argument("names", nargs="*", default=[])
    options = parser.parse_args(arguments)
    names = options.names or list(CAST)
    with open_studio() as studio:
        if options.what == "portraits":
            take_portraits(studio, names)
        else:
            sheet = contact_sheet(studio, names, *SHEETS[options.what])
            PICTURES.mkdir(parents=True, exist_ok=True)
            sheet.save(PICTURES / f"cast-{options.what}.webp", quality=82, method=6)
    return 0


def take_portraits(studio: Studio, names: list[str], folder: Path = FOLDER) -> None:
    """A square portrait of each head as WebP."""
    for name in names:
        (picture,) = studio.take(folder / f"{name}.glb", [Shot(label=name, weights={"browInnerUp": 0.05})], PORTRAIT)
        picture.save(folder / f"{name}.webp", quality=86, method=6)


def contact_sheet(studio: Studio, names: list[str], view: View, poses: list[Shot]) -> Image.Image:
    """One row for each head, one column for each pose, labels on top."""
    sheet = Image.new("RGB", (len(poses) * view.width, len(names) * view.height + LABEL), "white")
    pen = ImageDraw.Draw(sheet)
    for column, pose in enumerate(poses):
        pen.text((column * view.width + 4, 2), pose.label, fill="black")
    for row, name in enumerate(names):
        for column, picture in enumerate(studio.take(FOLDER / f"{name}.glb", poses, view)):
            sheet.paste(picture, (column * view.width, row * view.height + LABEL))
    return sheet


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
