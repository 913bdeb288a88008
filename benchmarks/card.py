"""What a graphics card makes of photos, heads and lips: the same pictures as a processor's, how fast, and for how many sessions.

`python -m benchmarks.card [--device cuda]`; part of `make bench ONLY=pictures` where torch finds a card.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from avatars.photo.onboarding import onboard
from avatars.photo.renderer import PhotoRenderer
from avatars.photo.rig import PhotoRig
from avatars.render.base import Pictures, Renderer, RenderFailed, Table
from avatars.render.batching import Batcher
from avatars.render.head.model import load_head
from avatars.render.head.torch_renderer import TorchHead
from avatars.render.lips import face_box
from avatars.render.measure import moving
from avatars.render.wav2lip import Box, Wav2LipRenderer
from avatars.render.wav2lip_net import Wav2Lip
from benchmarks.figures import Figures

_ROOT = Path(__file__).resolve().parents[1]
_PHOTO = _ROOT / "tests" / "avatars" / "photo" / "pictures" / "astronaut.jpg"
SIZE = (512, 512)
BATCHES = (1, 8, 32)
SESSIONS = (1, 2, 4, 8, 16, 32, 64, 128)
FPS, GROUP = 25, 8  # a session asks for so many frames at a time, as live ones do
TOGETHER, COMPANY_S = 32, 0.03  # as streaming.frames.warm
SECONDS = 4.0
MOST_LATE = 0.01
SAME = 0.1  # levels of 255 on average, and % of all values that differ by more than 3


def main() -> None:
    """Measure one device alone, and print; ends with 1 where it draws something else than a processor."""
    options = argparse.ArgumentParser(prog="benchmarks.card", description=__doc__)
    options.add_argument("--device", default="cuda")
    torch.set_num_threads(1)
    figures = Figures()
    measure(figures, options.parse_args().device)
    if differing := [name for name, row in figures.found.items() if "differ" in name and row["value"] > SAME]:
        sys.exit(f"These pictures are not those of a processor: {', '.join(differing)}")


def measure(figures: Figures, device: str, *, most_sessions: int = SESSIONS[-1]) -> None:
    """card_…_difference, _differs_pct, _batch_<frames>_ms and _per_s, _memory_mb, _sessions, _batch."""
    print(f"{device}: {torch.cuda.get_device_name(device) if device.startswith('cuda') else 'a processor'}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, make in renderers(Path(folder)):
            renderer = make(device)
            _compare(figures, name, make("cpu"), renderer)
            _time(figures, name, renderer, device)
            held = _climb(renderer, [count for count in SESSIONS if count <= most_sessions])
            figures.value(f"card_{name}_sessions", held.sessions, f"sessions at {FPS} pictures a second, 1 % late at most")
            figures.value(f"card_{name}_batch", held.mean_batch, "frames drawn at once then, mean")


def renderers(folder: Path) -> Iterator[tuple[str, Callable[[str], Renderer]]]:
    """What is measured; each is made for a device."""
    (folder / "rig").write_bytes(onboard(np.asarray(Image.open(_PHOTO).convert("RGB"))).rig)
    rig = PhotoRig.load(folder / "rig")
    yield "photo_512", lambda device: PhotoRenderer(rig, SIZE, device)
    for slug in ("omar", "ada"):
        head = load_head(_ROOT / "static" / "cast" / f"{slug}.glb")
        yield f"{slug}_512", lambda device, head=head: TorchHead(head, SIZE, device=device)  # type: ignore[misc]
    torch.save(Wav2Lip().state_dict(), folder / "lips.pth")
    left, top, right, bottom = face_box(rig, SIZE)
    box = Box(left=left, top=top, right=right, bottom=bottom)

    def lips(device: str) -> Renderer:
        return Lips(Wav2LipRenderer(folder / "lips.pth", PhotoRenderer(rig, SIZE, device), box, device=device))

    yield "lips_512", lips


class Lips:
    """Wav2Lip with random weights and noise for sound, as a renderer of face tables alone."""

    def __init__(self, renderer: Wav2LipRenderer) -> None:
        self.size, self.most, self._renderer = renderer.size, renderer.most, renderer

    def render(self, table: Table) -> Pictures:
        """See Renderer."""
        sound = np.random.default_rng(3).normal(0, 0.1, 16_000 * len(table) // FPS + 8000).astype(np.float32)
        return self._renderer.render_spoken(table, sound, FPS)


def _compare(figures: Figures, name: str, here: Renderer, there: Renderer) -> None:
    """How far apart the pictures of a processor and of the device are."""
    table = moving(GROUP)
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):  # a processor has no such rounding
        drawn = there.render(table).astype(int)
    difference = np.abs(drawn - here.render(table))
    figures.value(f"card_{name}_difference", float(difference.mean()), "levels of 255, mean", f"≤ {SAME}")
    figures.value(f"card_{name}_differs_pct", float((difference > 3).mean() * 100), "% by more than 3 levels", f"≤ {SAME}")


def _time(figures: Figures, name: str, renderer: Renderer, device: str, times: int = 7) -> None:
    """From the table to pictures in the processor's memory."""
    for count in (size for size in BATCHES if size <= max(renderer.most, GROUP)):
        table, spent = moving(count), []
        renderer.render(table)
        for _ in range(times):
            began = time.perf_counter()
            renderer.render(table)
            spent.append(time.perf_counter() - began)
        figures.value(f"card_{name}_batch_{count}_ms", statistics.median(spent) * 1000, f"ms for {count}")
        figures.value(f"card_{name}_batch_{count}_per_s", count / statistics.median(spent), "pictures a second")
    if device.startswith("cuda"):
        figures.value(f"card_{name}_memory_mb", torch.cuda.max_memory_allocated() / 1e6, "MB of the card, at most until here")


@dataclass(slots=True, kw_only=True)
class Held:
    """What came of so many sessions at once."""

    sessions: int
    batches: list[int] = field(default_factory=list)
    late: list[bool] = field(default_factory=list)

    @property
    def mean_batch(self) -> float:
        """Frames that were drawn at once."""
        return statistics.mean(self.batches) if self.batches else 0.0

    @property
    def is_clean(self) -> bool:
        """Whether as good as nothing came late."""
        return statistics.mean(self.late) <= MOST_LATE


def _climb(renderer: Renderer, counts: list[int]) -> Held:
    """The last number of sessions that were held; 0 of them where the first were not."""
    best = Held(sessions=0)
    for count in counts:
        held = hold(renderer, count)
        print(f"  {count} sessions: {sum(held.late)} of {len(held.late)} late, {held.mean_batch:.1f} frames at once", flush=True)
        if not held.is_clean:
            break
        best = held
    return best


def hold(renderer: Renderer, sessions: int, seconds: float = SECONDS) -> Held:
    """Draw that many sessions in real time through one Batcher, each from a thread of its own."""
    held = Held(sessions=sessions)

    def draw(table: Table) -> Pictures:
        held.batches.append(len(table))
        parts = [table[start : start + renderer.most] for start in range(0, len(table), renderer.most)]
        return np.concatenate([renderer.render(part) for part in parts])

    batcher, begin = Batcher(draw, most=TOGETHER), time.monotonic() + 0.2
    phases = np.random.default_rng(4).uniform(0, GROUP / FPS, sessions).tolist()
    threads = [threading.Thread(target=_live, args=(batcher, begin + phase, seconds, held.late)) for phase in phases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    batcher.close()
    return held


def _live(batcher: Batcher, begin: float, seconds: float, late: list[bool]) -> None:
    """One session: a group of frames each time the last one begins to be shown."""
    for number in range(round(seconds * FPS / GROUP)):
        due = begin + (number + 1) * GROUP / FPS
        time.sleep(max(0.0, due - GROUP / FPS - time.monotonic()))
        try:
            batcher.submit(moving(GROUP), within_s=COMPANY_S).result(30)
        except RenderFailed:
            late.append(True)
        else:
            late.append(time.monotonic() > due)


if __name__ == "__main__":
    main()
