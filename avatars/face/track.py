"""A stretch of face motion: what every renderer, stream and video takes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceTrack:
    """Frames at start_ms + i · 1000 / fps.

    `weights`: (T, 52) float32 in 0–1, ARKit channels in alphabetical order.
    `head`: (T, 3) float32, degrees: yaw to the avatar's left, pitch up, roll.
    `gaze`: (T, 2) float32, degrees of the eyes in the head: to the avatar's left, up.
    """

    fps: int
    start_ms: int
    weights: NDArray[np.float32]
    head: NDArray[np.float32]
    gaze: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.weights)

    def table(self) -> NDArray[np.float32]:
        """All 57 channels, (T, 57) in the order of CHANNELS."""
        return np.concatenate([self.weights, self.head, self.gaze], axis=1)


def frame_times(start_ms: int, stop_ms: int, fps: int) -> NDArray[np.float64]:
    """Times in seconds of the frames from start_ms on, before stop_ms. ValueError unless fps is 1–120."""
    if not 1 <= fps <= 120:
        raise ValueError(f"fps must lie in 1–120, not {fps}")
    count = max(0, -(-(stop_ms - start_ms) * fps // 1000))
    times: NDArray[np.float64] = (start_ms + np.arange(count, dtype=np.float64) * (1000.0 / fps)) / 1000.0
    return times
