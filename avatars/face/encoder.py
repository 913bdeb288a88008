"""Face tracks to payloads: what changes too little to be seen is held back, but never on a lip closure."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatars.face.channels import CHANNELS, INDEX, MIRRORED
from avatars.face.codec import EYES_FROM_GAZE, SYMMETRIC, Bytes, FaceCodecError, quantised, sent_channels
from avatars.face.track import FaceTrack

_MOST_FRAMES: Final = 255
_LIP_ZONES: Final = {"mouth": 3, "jaw": 3, "tongue": 4}
_DEAD_ZONES: Final = _LIP_ZONES | {"brow": 4, "cheek": 5, "nose": 5, "eyeBlink": 3, "eye": 4, "head": 0, "gaze": 2}
"""Steps (weights 1/255, angles 1/4°) by which a channel may be off, by the beginning of its name; the longest wins."""
_CLOSE: Final = INDEX["mouthClose"]
_CLOSURE: Final = 5  # mouthClose from this byte on is a lip closure: lips are sent exactly


def dead_zones() -> NDArray[np.int16]:
    """The dead zone of each channel in steps, (57,): a change is held back while it is within it."""
    return np.array([_dead_zone(name) for name in CHANNELS], np.int16)


def _dead_zone(name: str) -> int:
    return _DEAD_ZONES[max((k for k in _DEAD_ZONES if name.startswith(k)), key=len)]


_LIPS: Final = np.array([name.startswith(tuple(_LIP_ZONES)) for name in CHANNELS])
_EXACT_AT_CLOSURE: Final = np.where(_LIPS, 0, dead_zones()).astype(np.int16)


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
        values = quantised(track.table())
        flags = _flags(values)
        sent = sent_channels(flags)
        zones = np.where(values[:, _CLOSE, None] >= _CLOSURE, _EXACT_AT_CLOSURE[sent], dead_zones()[sent])
        header = bytes([self._fps, len(track), len(CHANNELS), flags])
        return header + _packed(values[:, sent], zones, self._fps)


def _flags(values: Bytes) -> int:
    """What can be left out."""
    left = [INDEX[name + "Left"] for name in MIRRORED]
    right = [INDEX[name + "Right"] for name in MIRRORED]
    return EYES_FROM_GAZE | (SYMMETRIC if np.array_equal(values[:, left], values[:, right]) else 0)


def _packed(values: Bytes, zones: NDArray[np.int16], fps: int) -> bytes:
    """Frames (T, sent channels) as bytes: masks and values are laid side by side, then what is needed is picked."""
    changed = _changes(values, zones, fps)
    masks = np.packbits(changed, axis=1, bitorder="little")
    groups = np.packbits(masks != 0, axis=1, bitorder="little")
    needed = np.concatenate([np.ones_like(groups, np.bool_), masks != 0, changed], axis=1)
    needed[::fps, : 1 + masks.shape[1]] = False  # key frames have no masks
    laid_out: Bytes = np.concatenate([groups, masks, values], axis=1)
    return bytes(laid_out[needed])


def _changes(values: Bytes, zones: NDArray[np.int16], fps: int) -> NDArray[np.bool_]:
    """Which values are sent, (T, channels): those too far from what the receiver has."""
    wide = values.astype(np.int16)
    changed = np.ones(values.shape, np.bool_)
    shown = wide[:1].copy()[0] if len(wide) else np.zeros(values.shape[1], np.int16)
    for i in range(len(wide)):
        if i % fps:
            np.greater(np.abs(wide[i] - shown), zones[i], out=changed[i])
        np.copyto(shown, wide[i], where=changed[i])
    return changed
