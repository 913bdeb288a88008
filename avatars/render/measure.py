"""`python -m avatars.render.measure`: pictures a second and core of each renderer that works here."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from avatars.face.channels import CHANNELS, INDEX
from avatars.render.base import Renderer, RenderFailed, Table
from avatars.render.choose import device
from avatars.render.memory import keep_freed

_CAST = Path(__file__).resolve().parents[2] / "static" / "cast"


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Of one renderer: processor time and elapsed time of a frame, in ms."""

    name: str
    core_ms: float
    wall_ms: float

    def __str__(self) -> str:
        return f"{self.name:28} {1000 / self.core_ms:7.1f} fps/core {self.core_ms:8.2f} core ms {self.wall_ms:8.2f} wall ms"


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--head", default="ada", help="a head of the stock cast")
    options.add_argument("--rig", type=Path, help="a photo avatar's rig")
    options.add_argument("--frames", type=int, default=24)
    given = options.parse_args()
    os.environ.setdefault("LP_NUM_THREADS", "1")
    _settle()
    for name, make in renderers(_CAST / f"{given.head}.glb", given.rig, device()):
        try:
            print(measured(name, make(), given.frames), flush=True)
        except (RenderFailed, ImportError) as problem:
            print(f"{name:28} left out: {problem}", file=sys.stderr, flush=True)


def measured(name: str, renderer: Renderer, frames: int) -> Speed:
    """Draw that many frames of moving speech after a warm-up."""
    table = moving(frames)
    renderer.render(table[:2])
    core, wall = time.process_time(), time.perf_counter()
    for start in range(0, frames, renderer.most):
        renderer.render(table[start : start + renderer.most])
    core, wall = time.process_time() - core, time.perf_counter() - wall
    return Speed(name=name, core_ms=core * 1000 / frames, wall_ms=wall * 1000 / frames)


def moving(frames: int) -> Table:
    """A table in which jaw, lips, lids and head move."""
    t = np.arange(frames, dtype=np.float32) / 25
    table = np.zeros((frames, len(CHANNELS)), np.float32)
    table[:, INDEX["jawOpen"]] = 0.25 + 0.25 * np.sin(t * 20)
    table[:, INDEX["mouthFunnel"]] = 0.3 + 0.3 * np.sin(t * 13)
    table[:, [INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"]]] = np.maximum(0, np.sin(t * 3))[:, None]
    table[:, INDEX["headYaw"]] = 6 * np.sin(t * 2)
    table[:, INDEX["headPitch"]] = 3 * np.sin(t * 3)
    return table


def renderers(glb: Path, rig: Path | None, place: str) -> Iterator[tuple[str, Callable[[], Renderer]]]:
    """What can be measured, by name; torch draws at `place`, "cpu" or "cuda"."""
    for side in (512, 256):
        yield f"head {side}, torch", lambda side=side: _torch_head(glb, side, place)  # type: ignore[misc]
        yield f"head {side}, OpenGL", lambda side=side: _gl_head(glb, side)  # type: ignore[misc]
    if rig is not None:
        for side in (512, 256):
            yield f"photo {side}, torch", lambda side=side: _photo(rig, side, place)  # type: ignore[misc]


def _settle() -> None:
    import torch

    torch.set_num_threads(1)
    keep_freed()


def _torch_head(glb: Path, side: int, place: str) -> Renderer:
    from avatars.render.head.model import load_head
    from avatars.render.head.torch_renderer import TorchHead

    return TorchHead(load_head(glb), (side, side), device=place)


def _gl_head(glb: Path, side: int) -> Renderer:
    from avatars.render.head.gl_renderer import GLHead
    from avatars.render.head.model import load_head

    return GLHead(load_head(glb), (side, side))


def _photo(rig: Path, side: int, place: str) -> Renderer:
    from avatars.photo.renderer import PhotoRenderer
    from avatars.photo.rig import PhotoRig

    return PhotoRenderer(PhotoRig.load(rig), (side, side), place)


if __name__ == "__main__":
    main()
