"""Golden vectors that hold the browser's twin to this package: `python -m avatars.face.golden` writes them."""

import json
from pathlib import Path
from typing import Any, Final

import numpy as np

from avatars.face.animator import Animator
from avatars.face.channels import CHANNELS
from avatars.face.codec import decode
from avatars.face.emotions import EMOTIONS
from avatars.face.encoder import FaceEncoder
from avatars.face.noise import hashed, salts
from avatars.face.track import FaceTrack

PATH: Final = Path(__file__).resolve().parents[2] / "clients/web/tests/face/golden.json"
_SEEDS: Final = (0, 7, 123_456_789, 0xFFFFFFFF)
_MOMENTS_MS: Final = (0, 17, 1_000, 1_333, 2_150, 3_900, 4_800, 65_432, 3_600_500, 86_400_250)
_DAY_MS: Final = 86_400_000


def golden() -> dict[str, Any]:
    """Idle faces at several seeds, emotions and moments, and payloads with what they decode to."""
    histories = [
        [],
        *([(name, 0.8, -1_000)] for name in EMOTIONS),
        [("happy", 1.0, 900), ("sad", 0.5, 1_100), ("angry", 0.7, 4_600)],
    ]
    idle = [_idle(_SEEDS[i % len(_SEEDS)], history) for i, history in enumerate(histories)]
    return {"idle": idle, "payloads": [_payload(track) for track in _tracks()]}


def _idle(seed: int, history: list[tuple[str, float, int]]) -> dict[str, Any]:
    animator = Animator(seed)
    for name, intensity, at_ms in history:
        animator.set_emotion(name, intensity, at_ms=at_ms)
    frames = [animator.track(at, at + 1, fps=30).table()[0] for at in _MOMENTS_MS]
    return {"seed": seed, "emotions": history, "times_ms": _MOMENTS_MS, "frames": [_rounded(frame) for frame in frames]}


def _tracks() -> list[FaceTrack]:
    """A symmetric face, one second and more than one; an asymmetric face whose values jump; no frame at all."""
    animator = Animator(42)
    animator.set_emotion("excited", 0.9, at_ms=2_000)
    table = hashed(np.arange(25 * len(CHANNELS))[None], salts(1, 1)).reshape(25, -1).repeat(2, axis=0)
    table[10:30] = table[10]
    table[20, [0, 17, 40, 56]] = 0.3
    wild = np.asarray(table, np.float32)
    jumps = FaceTrack(fps=8, start_ms=0, weights=wild[:, :52], head=wild[:, 52:55] * 60 - 30, gaze=wild[:, 55:] * 60 - 30)
    return [animator.track(1_500, 2_500), animator.track(2_500, 4_000, fps=60), jumps, animator.track(0, 0)]


def _payload(track: FaceTrack) -> dict[str, Any]:
    payload = FaceEncoder(track.fps).encode(track)
    return {"hex": payload.hex(), "fps": track.fps, "frames": [_rounded(frame) for frame in decode(payload).table()[::5]]}


def _rounded(frame: Any) -> list[float]:
    return [round(float(value), 5) for value in frame]


if __name__ == "__main__":
    PATH.parent.mkdir(parents=True, exist_ok=True)
    PATH.write_text(json.dumps(golden(), separators=(",", ":")) + "\n")
