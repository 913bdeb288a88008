"""The binary face payload: key frames and deltas with a two-level mask, one byte a channel.

Layout, little-endian:

    u8 fps · u8 frames · u8 channels (57) · u8 flags · frames

Frame i is a key frame when i % fps == 0: one byte for every channel that is sent, in the order of CHANNELS. Any other
frame is a delta: one byte of groups (bit g: group g of 8 sent channels is touched), for each touched group one byte of
channels (bit c: channel 8 g + c of those sent is touched), then one byte for each touched channel. An unchanged frame is
a single 0. Weights are 0–255 for 0–1, angles byte - 128 in quarter degrees.

Quarter degrees are coarse for a slow head: the receiver turns each step of a head channel into a ramp over at most
half of the frames before and after that held a value, and at most EASED_FRAMES in all (`eased`).

Flag 1: the face is symmetric; the right-hand weights of MIRRORED are copies of the left and not sent. jawLeft/jawRight
and mouthLeft/mouthRight are directions, not sides, and stay. Flag 2: the eyeLook weights follow from the gaze and are
not sent.
"""

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from avatars.face.channels import CHANNELS, EYE_LOOK, INDEX, MIRRORED, look
from avatars.face.track import FaceTrack

Bytes: TypeAlias = NDArray[np.uint8]
SYMMETRIC: Final = 1
EYES_FROM_GAZE: Final = 2
HEADER_BYTES: Final = 4
EASED_FRAMES: Final = 6
_STEPS_PER_DEGREE: Final = 4
_WEIGHTS: Final = 52
_SCALE: Final = np.array([255] * _WEIGHTS + [_STEPS_PER_DEGREE] * 5, np.float32)
_OFFSET: Final = np.array([0] * _WEIGHTS + [128] * 5, np.float32)
_LEFT: Final = np.array([INDEX[name + "Left"] for name in MIRRORED])
_RIGHT: Final = np.array([INDEX[name + "Right"] for name in MIRRORED])


class FaceCodecError(Exception):
    """A payload or track that is not a face payload; the message says what is wrong."""


def sent_channels(flags: int) -> NDArray[np.int64]:
    """Indices of the channels that are sent under `flags`, in order."""
    left_out: set[int] = set()
    if flags & SYMMETRIC:
        left_out.update(_RIGHT.tolist())
    if flags & EYES_FROM_GAZE:
        left_out.update(EYE_LOOK)
    return np.array([i for i in range(len(CHANNELS)) if i not in left_out])


_SENT: Final = tuple(sent_channels(flags) for flags in range(4))


def scaled(table: NDArray[np.float32]) -> NDArray[np.float32]:
    """All channels (T, 57) in steps of the wire, within 0–255, not yet rounded."""
    steps = table * _SCALE + _OFFSET
    bounded: NDArray[np.float32] = np.minimum(np.maximum(steps, np.float32(0)), np.float32(255))
    return bounded


def decode(payload: bytes, *, pts_ms: int = 0) -> FaceTrack:
    """The track of a payload whose first frame is shown at `pts_ms`. FaceCodecError when the payload is malformed."""
    fps, frames, flags = _header(payload)
    sent = _SENT[flags]
    values = np.zeros((frames, len(CHANNELS)), np.uint8)
    values[:, sent] = _frames(payload, frames, fps, len(sent))
    return _track(values, fps, flags, pts_ms)


def _header(payload: bytes) -> tuple[int, int, int]:
    """fps, frames and flags."""
    if len(payload) < HEADER_BYTES:
        raise FaceCodecError(f"a face payload has a header of {HEADER_BYTES} bytes, not {len(payload)}")
    fps, frames, channels, flags = payload[:HEADER_BYTES]
    if fps == 0:
        raise FaceCodecError("fps is 0")
    if channels != len(CHANNELS):
        raise FaceCodecError(f"{channels} channels instead of {len(CHANNELS)}")
    if flags & ~(SYMMETRIC | EYES_FROM_GAZE):
        raise FaceCodecError(f"unknown flags {flags}")
    return fps, frames, flags


def _frames(payload: bytes, frames: int, fps: int, width: int) -> Bytes:
    """The sent bytes of all frames, (frames, width)."""
    out = np.zeros((frames, width), np.uint8)
    current = bytearray(width)
    at = HEADER_BYTES
    for i in range(frames):
        at = _key(payload, at, current) if i % fps == 0 else _delta(payload, at, current)
        out[i] = np.frombuffer(current, np.uint8)
    if at != len(payload):
        raise FaceCodecError(f"{len(payload) - at} bytes after the last frame")
    return out


def _key(payload: bytes, at: int, current: bytearray) -> int:
    """Read a key frame into `current`; the place behind it."""
    end = _end(payload, at, len(current))
    current[:] = payload[at:end]
    return end


def _delta(payload: bytes, at: int, current: bytearray) -> int:
    """Read a delta into `current`; the place behind it."""
    masks = _end(payload, at, 1)
    groups = _bits(payload[at])
    values = _end(payload, masks, len(groups))
    touched = [8 * g + c for g, mask in zip(groups, payload[masks:values], strict=True) for c in _bits(mask)]
    if touched and touched[-1] >= len(current):
        raise FaceCodecError(f"channel {touched[-1]} of {len(current)}")
    if any(payload[i] == 0 for i in range(masks, values)) or (groups and 8 * groups[-1] >= len(current)):
        raise FaceCodecError("a touched group without a channel")
    end = _end(payload, values, len(touched))
    for channel, value in zip(touched, payload[values:end], strict=True):
        current[channel] = value
    return end


def _bits(mask: int) -> list[int]:
    return [b for b in range(8) if mask >> b & 1]


def _end(payload: bytes, at: int, count: int) -> int:
    """The place `count` bytes behind `at`."""
    if at + count > len(payload):
        raise FaceCodecError(f"the payload ends at byte {len(payload)}, in the middle of a frame")
    return at + count


def _track(values: Bytes, fps: int, flags: int, pts_ms: int) -> FaceTrack:
    if flags & SYMMETRIC:
        values[:, _RIGHT] = values[:, _LEFT]
    weights = values[:, :_WEIGHTS].astype(np.float32) / np.float32(255)
    angles = (values[:, _WEIGHTS:].astype(np.float32) - np.float32(128)) / np.float32(_STEPS_PER_DEGREE)
    if flags & EYES_FROM_GAZE:
        weights[:, EYE_LOOK] = look(angles[:, 3:].T.astype(np.float64)).T
    head = np.stack([eased(angles[:, i]) for i in range(3)], axis=1)
    return FaceTrack(fps=fps, start_ms=pts_ms, weights=weights, head=head, gaze=angles[:, 3:])


def eased(steps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Steps (T,) as ramps (T,): around each change linear, as long as the shorter of the two values was held.

    The first and the last value may have been held beyond the payload and count as held for long.
    """
    out, count = steps.copy(), len(steps)
    edges = [-EASED_FRAMES, *(np.flatnonzero(np.diff(steps)) + 1).tolist(), count + EASED_FRAMES]
    for before, change, after in zip(edges, edges[1:-1], edges[2:], strict=False):
        half = min(change - before, after - change, EASED_FRAMES) / 2
        i = np.arange(max(int(np.ceil(change - half)), 0), min(int(np.floor(change + half)), count))
        share = (i - (change - 0.5) + half) / (2 * half)
        out[i] = steps[change - 1] + (steps[change] - steps[change - 1]) * share
    return out
