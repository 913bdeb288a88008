"""`python -m streaming.frames.measure [avatar]`: what pictures cost on this machine, ms a frame at 256 and 512 pixels.

Drawn is a stock avatar that idles; encoding is measured on what was drawn. One core, medians.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import django
import numpy as np
from django.conf import settings

from avatars.face import Animator
from avatars.render.base import Pictures, Renderer, RenderFailed, Table

SIDES = (256, 512)
FRAMES = 60
FPS = 25


def main(avatar_id: str) -> None:
    """Print the table."""
    os.environ["OMP_NUM_THREADS"] = "1"  # before torch is loaded
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from avatars.render.choose import Recipe, build

    asset = Path(settings.BASE_DIR) / "static" / "cast" / f"{avatar_id}.glb"
    table = Animator(7).track(0, FRAMES * 1000 // FPS, fps=FPS).table()
    for side in SIDES:
        pictures = _drawn("head", side, partial(build, Recipe(kind="head", asset=asset, size=(side, side))), table)
        if pictures is not None:
            _encode(pictures, side)


def _drawn(name: str, side: int, begin: Callable[[], Renderer], table: Table) -> Pictures | None:
    try:
        begun = time.perf_counter()
        renderer = begin()
        renderer.render(table[:1])
        first = time.perf_counter() - begun
        pictures, costs = [], []
        for row in table:
            begun = time.perf_counter()
            pictures.append(renderer.render(row[None])[0])
            costs.append(time.perf_counter() - begun)
    except RenderFailed as error:
        print(f"{side:4d}  draw {name:11s} — {error}")
        return None
    print(f"{side:4d}  draw {name:11s} {_ms(costs):7.2f} ms  (first {1000 * first:.0f} ms)")
    return np.stack(pictures)


def _encode(pictures: Pictures, side: int) -> None:
    from streaming.frames.encoders import Recipe, encoder

    recipe = Recipe(side=side, quality=85, kbps=1500, fps=float(FPS))
    for codec in ("jpeg", "webp", "vp8"):
        made, costs, size = encoder(codec, recipe), [], 0
        for picture in pictures:
            begun = time.perf_counter()
            size += len(made.encode(picture).data)
            costs.append(time.perf_counter() - begun)
        rate = size * 8 * FPS / len(pictures) / 1000
        print(f"{side:4d}  {codec:16s} {_ms(costs):7.2f} ms  {size / len(pictures) / 1024:6.1f} KiB  {rate:7.0f} kbit/s")


def _ms(costs: list[float]) -> float:
    return 1000 * statistics.median(costs)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "ada")
