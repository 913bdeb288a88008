"""What pictures cost one core: making an avatar of a photo, drawing photos and heads, encoding what was drawn.

Needs Django's settings (for the encoders' package), no server.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks import closed_loop
from benchmarks.figures import Figures

_ROOT = Path(__file__).resolve().parents[1]
PHOTOS = _ROOT / "tests" / "avatars" / "photo" / "pictures"
HEADS = ("omar", "ada")  # without hair to the shoulders, and with it
FRAMES = 24
CODECS = ("jpeg", "webp", "vp8")


def measure(figures: Figures) -> None:
    """onboarding_ms, draw_<renderer>_ms, photo_…_pct, encode_<codec>_ms; where there is a graphics card, card_…."""
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "LP_NUM_THREADS": "1"}  # before torch is loaded
    import torch

    from avatars.render.memory import keep_freed

    torch.set_num_threads(1)
    keep_freed()
    with tempfile.TemporaryDirectory() as folder:
        rig = Path(folder) / "astronaut.rig"
        figures.spread("onboarding_ms", _onboarding_ms(rig), "ms", "≤ 2000")
        for head in HEADS:
            _draw(figures, head, rig)
    closed_loop.measure(figures)
    _encode(figures)
    _card(figures)


def _onboarding_ms(rig: Path, times: int = 5) -> Iterator[float]:
    """Of a photo of 512 pixels, warm; the rig is kept."""
    from avatars.photo.onboarding import onboard, warm_up

    photo = np.asarray(Image.open(PHOTOS / "astronaut.jpg").convert("RGB"))
    warm_up()
    onboard(photo)
    for _ in range(times):
        began = time.perf_counter()
        made = onboard(photo)
        yield (time.perf_counter() - began) * 1000
    rig.write_bytes(made.rig)


def _draw(figures: Figures, head: str, rig: Path) -> None:
    """Milliseconds of one core a frame: every renderer that works here."""
    from avatars.render.base import RenderFailed
    from avatars.render.measure import measured, renderers

    for name, make in renderers(_ROOT / "static" / "cast" / f"{head}.glb", rig if head == HEADS[0] else None, "cpu"):
        try:
            speed = measured(name, make(), FRAMES)
        except (RenderFailed, ImportError) as problem:
            print(f"{name} is left out: {problem}", flush=True)
            continue
        label = f"{head if name.startswith('head') else 'photo'}_{name.split(' ', 1)[1]}"
        figures.value(f"draw_{label.replace(', ', '_').lower()}_ms", speed.core_ms, "ms of a core a frame")


def _card(figures: Figures) -> None:
    import torch

    from benchmarks import card

    if torch.cuda.is_available():
        card.measure(figures, "cuda")
    else:
        print("card_… are left out: torch finds no CUDA device.", flush=True)


def _encode(figures: Figures) -> None:
    from streaming.frames.encoders import Recipe, encoder

    picture = np.asarray(Image.open(PHOTOS / "astronaut.jpg").convert("RGB").resize((512, 512)))
    for codec in CODECS:
        made, costs = encoder(codec, Recipe(side=512, quality=85, kbps=1500, fps=25.0)), []
        for shift in range(FRAMES):
            began = time.perf_counter()
            made.encode(np.roll(picture, shift, axis=1))
            costs.append((time.perf_counter() - began) * 1000)
        figures.spread(f"encode_{codec}_512_ms", costs, "ms")
