"""The viseme network as it runs: plain numpy over committed weights, frame by frame, with no look at torch.

Numpy rather than torch or onnxruntime: six small matrix products for a hundred frames a second need no graph runtime,
live and web processes must not load torch, and a stream's state is just the rows before.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from avatars.audio.features import BANDS, HOP, Features, Floats

CHANNELS = 96
DILATIONS = (1, 2, 4, 8, 16, 1)
TAPS = 3
LOOK_AHEAD = 7  # frames: a viseme of 10 ms is known 80 ms after its beginning
WEIGHTS = Path(__file__).parent / "weights" / "visemes.safetensors"
Weights = Mapping[str, Floats]


class VisemeNetwork:
    """One stream. It begins as if after a second of silence."""

    def __init__(self, weights: Weights | None = None) -> None:
        self._weights = committed() if weights is None else weights
        self._before = _silence() if weights is None else _after_silence(self._weights)

    def push(self, frames: Floats) -> Floats:
        """frames: (T, 80) features; (T, 15) posteriors of the visemes LOOK_AHEAD frames earlier, rows summing to 1."""
        if not len(frames):
            return np.zeros((0, len(self._weights["out.bias"])), np.float32)
        scores, self._before = _forward(self._weights, frames, self._before)
        return _softmax(scores)


@cache
def committed() -> Weights:
    """The weights that come with the product, float32."""
    return {name: table.astype(np.float32) for name, table in load_file(WEIGHTS).items()}


@cache
def _silence() -> tuple[Floats, ...]:
    return _after_silence(committed())


def _after_silence(weights: Weights) -> tuple[Floats, ...]:
    reach = 2 * (1 + sum(DILATIONS)) + 1
    blank = (np.zeros((2, BANDS), np.float32), *(np.zeros((2 * d, CHANNELS), np.float32) for d in DILATIONS))
    silent = Features().push(np.zeros(HOP * reach, np.float32))
    return _forward(weights, silent, blank)[1]


def _forward(weights: Weights, frames: Floats, before: tuple[Floats, ...]) -> tuple[Floats, tuple[Floats, ...]]:
    """Scores (T, 15), and each layer's last rows for the next call."""
    entered, kept = _convolved(weights, "into", frames, before[0], 1)
    hidden: Floats = np.maximum(entered, 0)
    after = [kept]
    for number, dilation in enumerate(DILATIONS):
        inner, kept = _convolved(weights, f"block{number}", hidden, before[number + 1], dilation)
        after.append(kept)
        hidden = hidden + _projected(weights, f"join{number}", np.maximum(inner, 0))
    return _projected(weights, "out", hidden), tuple(after)


def _convolved(weights: Weights, name: str, rows: Floats, before: Floats, dilation: int) -> tuple[Floats, Floats]:
    """A causal convolution of three taps, oldest first, and the rows that the next piece needs."""
    joined, count = np.concatenate([before, rows]), len(rows)
    taps = np.concatenate([joined[tap * dilation : tap * dilation + count] for tap in range(TAPS)], axis=1)
    return _projected(weights, name, taps), joined[count:]


def _projected(weights: Weights, name: str, rows: Floats) -> Floats:
    out: Floats = rows @ weights[f"{name}.weight"]
    out += weights[f"{name}.bias"]
    return out


def _softmax(scores: NDArray[np.float32]) -> Floats:
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Floats = odds / odds.sum(axis=1, keepdims=True)
    return shares
