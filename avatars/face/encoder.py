"""Face tracks to payloads. A channel may be off by its dead zone, so that it changes seldom; on a lip closure it may not.

Each channel is held for as long as one byte stays within the dead zone of all frames it is held for.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatars.face.channels import CHANNELS, INDEX, MIRRORED
from avatars.face.codec import EYES_FROM_GAZE, SYMMETRIC, Bytes, FaceCodecError, scaled, sent_channels
from avatars.face.track import FaceTrack

_MOST_FRAMES: Final = 255
_ROUNDING: Final = 0.5
_LIP_ZONES: Final = {
    "jawOpen": 2.5, "mouthClose": 2.5, "mouthFunnel": 4.0, "mouthPucker": 4.5, "mouthLowerDown": 5.0, "mouthUpperUp": 5.0,
    "mouthRoll": 3.5, "mouthShrug": 3.5, "mouthPress": 3.5,
}  # fmt: skip
_DEAD_ZONES: Final = _LIP_ZONES | {
    "mouth": 5.0, "jaw": 5.0, "tongue": 5.0, "brow": 5.0, "cheek": 5.0, "nose": 5.0, "eyeBlink": 4.0, "eye": 5.0,
    "head": 0.75, "gaze": 1.5,
}  # fmt: skip
_CLOSURE_SIGNS: Final = (INDEX["mouthClose"], INDEX["mouthRollUpper"])
_CLOSURE: Final = 5.0  # from this step on, either of them means a lip closure: what moves the lips is exact
_LEFT: Final = [INDEX[name + "Left"] for name in MIRRORED]
_RIGHT: Final = [INDEX[name + "Right"] for name in MIRRORED]


def dead_zones() -> NDArray[np.float32]:
    """How far each channel may be off, (57,), in steps of 1/255 for weights and of 1/4° for angles; 0.5 is rounding."""
    zones = [_DEAD_ZONES[max((k for k in _DEAD_ZONES if name.startswith(k)), key=len)] for name in CHANNELS]
    return np.array(zones, np.float32)


_ZONES: Final = dead_zones()
_IS_LIP: Final = np.array([name.startswith(tuple(_LIP_ZONES)) for name in CHANNELS])
_EXACT_AT_CLOSURE: Final = np.where(_IS_LIP, np.float32(_ROUNDING), _ZONES)


class FaceEncoder:
    """Encodes the tracks of one stream. `fps` is 1–120; ValueError otherwise."""

    def __init__(self, fps: int = 30) -> None:
        if not 1 <= fps <= 120:
            raise ValueError(f"fps must lie in 1–120, not {fps}")
        self._fps = fps

    def encode(self, track: FaceTrack) -> bytes:
        """The payload of up to 255 frames; its first frame is a key frame. FaceCodecError for other lengths or fps."""
        if track.fps != self._fps:
            raise FaceCodecError(f"a track of {track.fps} fps for a stream of {self._fps}")
        if len(track) > _MOST_FRAMES:
            raise FaceCodecError(f"{len(track)} frames in one payload; {_MOST_FRAMES} are possible")
        steps = scaled(track.table())
        flags = EYES_FROM_GAZE | (SYMMETRIC if np.array_equal(steps[:, _LEFT], steps[:, _RIGHT]) else 0)
        sent = sent_channels(flags)
        closure = steps[:, _CLOSURE_SIGNS].max(axis=1, keepdims=True) >= _CLOSURE
        zones = np.where(closure, _EXACT_AT_CLOSURE[sent], _ZONES[sent])
        header = bytes([self._fps, len(track), len(CHANNELS), flags])
        return header + _packed(*_held(steps[:, sent], zones), self._fps)


def _held(steps: NDArray[np.float32], zones: NDArray[np.float32]) -> tuple[Bytes, NDArray[np.bool_]]:
    """Bytes (T, channels) and where a new one begins. Each is as near to the first frame it holds for as it can."""
    low = np.maximum(np.ceil(steps - zones), 0).astype(np.int16)
    high = np.minimum(np.floor(steps + zones), 255).astype(np.int16)
    new = np.zeros(steps.shape, np.bool_)
    new[:1] = True
    for i in range(1, len(steps)):
        below, above = np.maximum(low[i], low[i - 1]), np.minimum(high[i], high[i - 1])
        np.greater(below, above, out=new[i])
        np.copyto(low[i], below, where=~new[i])
        np.copyto(high[i], above, where=~new[i])
    first, last = _runs(new)
    nearest = np.rint(np.take_along_axis(steps, first, axis=0)).astype(np.int16)
    values = np.clip(nearest, np.take_along_axis(low, last, axis=0), np.take_along_axis(high, last, axis=0))
    return values.astype(np.uint8), new


def _runs(new: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first and the last frame of the run that each entry belongs to; each (T, channels)."""
    frames = np.arange(len(new))[:, None]
    first = np.maximum.accumulate(np.where(new, frames, 0), axis=0)
    ends = np.roll(new, -1, axis=0)
    ends[-1:] = True
    last = np.minimum.accumulate(np.where(ends, frames, len(new))[::-1], axis=0)[::-1]
    return first, last


def _packed(values: Bytes, new: NDArray[np.bool_], fps: int) -> bytes:
    """Frames as bytes: masks and values are laid side by side, then what is needed is picked."""
    new[::fps] = True  # key frames send everything
    masks = np.packbits(new, axis=1, bitorder="little")
    groups = np.packbits(masks != 0, axis=1, bitorder="little")
    needed = np.concatenate([np.ones_like(groups, np.bool_), masks != 0, new], axis=1)
    needed[::fps, : 1 + masks.shape[1]] = False  # without masks
    laid_out: Bytes = np.concatenate([groups, masks, values], axis=1)
    return bytes(laid_out[needed])
