"""Lips from the operator's Wav2Lip weights on a photo: where its face lies, and the sound as the network hears it."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avatars.photo.rig import PhotoRig
from avatars.photo.rig_topology import OVAL
from avatars.render.base import Renderer, RenderFailed, Table
from avatars.render.mel import RATE

_log = logging.getLogger(__name__)
_ABOVE, _BELOW = 0.12, 0.04  # of the face's height: the network saw faces from the forehead's middle to below the chin
_TAPS, _CUT_HZ = 63, 7800.0  # the network hears nothing above 7.6 kHz


def lipped(base: Renderer, rig: PhotoRig, weights: Path, device: str) -> Renderer:
    """`base`, a renderer of `rig`, with lips; alone where the weights can't be used, as the log says."""
    from avatars.render.wav2lip import Box, Wav2LipRenderer

    left, top, right, bottom = face_box(rig, base.size)
    try:
        return Wav2LipRenderer(weights, base, Box(left=left, top=top, right=right, bottom=bottom), device=device)
    except RenderFailed as problem:
        _log.warning("Wav2Lip is not used: %s", problem.detail)
        return base


def face_box(rig: PhotoRig, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the face in a picture of `size` that PhotoRenderer draws, cut at its edges."""
    low, high = rig.landmarks[OVAL, :2].min(0), rig.landmarks[OVAL, :2].max(0)
    tall = high[1] - low[1]
    corners = np.array([[low[0], low[1] + _ABOVE * tall], [high[0], high[1] + _BELOW * tall]])
    largest = max(size)
    shift = (largest - size[0]) // 2, (largest - size[1]) // 4  # as PhotoRenderer cuts
    placed = np.clip(np.round(corners * largest / rig.side - shift), 0, size).astype(int)
    return int(placed[0, 0]), int(placed[0, 1]), int(placed[1, 0]), int(placed[1, 1])


def heard(sound: NDArray[np.int16], rate: int, begin_s: float, end_s: float) -> Table:
    """`sound` (n,) at `rate` Hz from `begin_s` to `end_s` as (m,) float32 in -1 to 1 at 16 kHz; silence beyond its end."""
    first, count = round(begin_s * rate), max(0, round((end_s - begin_s) * RATE))
    piece = sound[first : round(end_s * rate) + _TAPS].astype(np.float32) / 32768
    reach = np.arange(_TAPS) - _TAPS // 2
    taps = np.sinc(2 * _CUT_HZ / rate * reach) * np.hanning(_TAPS)
    smooth = np.convolve(piece, taps / taps.sum())[_TAPS // 2 :][: len(piece)] if len(piece) else np.zeros(1)
    return np.interp(np.arange(count) * rate / RATE, np.arange(len(smooth)), smooth, right=0.0).astype(np.float32)
