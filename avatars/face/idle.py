"""What a face does of itself: sway, breathing, blinks, gaze and small nods, as functions of seed and absolute time.

The browser plays the same functions between turns (`clients/web/src/face/idle.ts`); golden vectors hold both together.
Events lie in cells of fixed length, jittered by a hash of the cell's number, so that any moment can be asked for alone.
"""

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from avatars.face.channels import EYE_LOOK, Floats, both, look
from avatars.face.data import table
from avatars.face.emotions import MODULATORS, REST, EmotionHistory
from avatars.face.noise import hashed, quintic, salts, value_noise

_TABLE: Final = table("idle")
_HEAD, _FACE, _BLINK, _GAZE, _NOD = (_TABLE[k] for k in ("head", "face", "blink", "gaze", "nod"))
_AVERSION, _BLINK_RATE = MODULATORS.index("aversion"), MODULATORS.index("blink")
_HEAD_GAIN, _PITCH, _GAZE_DOWN = (MODULATORS.index(k) for k in ("head", "pitch", "gaze_down"))
_SMILE, _INNER, _LIDS, _WIDE, _SQUINT = (both(k) for k in ("mouthSmile", "browInnerUp", "eyeBlink", "eyeWide", "eyeSquint"))


class Attention(Protocol):
    """What speech asks of blinks and gaze. Every answer for a moment may rest only on what was known at that moment."""

    def gaze_hold(self, t: Floats) -> Floats:
        """Factor 0–1 on looking away, for fixations that begin at t."""
        ...

    def blinks(self, t0: float, t1: float) -> Floats:
        """Starts of blinks that speech adds between t0 and t1."""
        ...

    def spares(self, t: Floats) -> NDArray[np.bool_]:
        """Whether a spontaneous blink at t keeps its place (it gives way to one that speech adds nearby)."""
        ...


class Undisturbed:
    """No speech."""

    def gaze_hold(self, t: Floats) -> Floats:
        """1 throughout."""
        return np.ones(len(t))

    def blinks(self, t0: float, t1: float) -> Floats:
        """None."""
        return np.zeros(0)

    def spares(self, t: Floats) -> NDArray[np.bool_]:
        """True throughout."""
        return np.ones(len(t), np.bool_)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdlePose:
    """The face without speech at T moments; noise rows are kept by name for what builds on them."""

    head: Floats  # (3, T) degrees
    world_gaze: Floats  # (2, T) degrees, before the eyes undo the head
    blink: Floats  # (T,) 0–1
    noise: dict[str, Floats]  # (T,) each, in [-1, 1]


class IdleMotion:
    """The idle generator of one seed (u32)."""

    def __init__(self, seed: int) -> None:
        seed &= 0xFFFFFFFF
        self._names = tuple(_TABLE["noise"])
        self._salts = salts(seed, *_OCTAVE_STREAMS)
        self._blink = salts(seed, *range(_BLINK["stream"], _BLINK["stream"] + 4))
        self._gaze = salts(seed, *range(_GAZE["stream"], _GAZE["stream"] + 7))
        self._nod = salts(seed, *range(_NOD["stream"], _NOD["stream"] + 3))

    def at(self, t: Floats, emotions: EmotionHistory, attention: Attention) -> IdlePose:
        """Pose at rising times t (T,) in seconds, T ≥ 1."""
        noise = dict(zip(self._names, _OCTAVE_MIX @ value_noise(t * _OCTAVE_HZ, self._salts), strict=True))
        mods = emotions.at(t)[1]
        gaze, follow = self._look(t, emotions, attention)
        gaze[0] += _GAZE["drift"] * noise["driftX"]
        gaze[1] += _GAZE["drift"] * noise["driftY"] - mods[_GAZE_DOWN]
        blink = self._lids(t, emotions, attention)
        return IdlePose(head=self._head(t, noise, mods, follow), world_gaze=gaze, blink=blink, noise=noise)

    def _head(self, t: Floats, noise: dict[str, Floats], mods: Floats, follow: Floats) -> Floats:
        live = mods[_HEAD_GAIN]
        breath = np.sin(t * (2 * np.pi / _HEAD["breath_s"]) + _HEAD["breath_wander"] * noise["breath"])
        pitch = _HEAD["pitch"] * noise["pitch"] + _HEAD["breath"] * breath - self._nods(t)
        yaw = live * _HEAD["yaw"] * noise["yaw"] + _HEAD["follow_yaw"] * follow[0]
        pitch = live * pitch + _HEAD["follow_pitch"] * follow[1] + mods[_PITCH]
        return np.stack([yaw, pitch, live * _HEAD["roll"] * noise["roll"]])

    def _nods(self, t: Floats) -> Floats:
        """Small single nods, degrees down, (T,)."""
        start, u = _events(t[0] - 1.0, t[-1], _NOD, self._nod)
        low, high = _NOD["degrees"]
        size = np.where(u[1] < _NOD["chance"], low + (high - low) * u[2], 0.0)
        x = t[:, None] - start
        down: Floats = quintic(x / _NOD["down_s"]) - quintic((x - _NOD["down_s"]) / _NOD["up_s"])
        return down @ size

    def _lids(self, t: Floats, emotions: EmotionHistory, attention: Attention) -> Floats:
        """How far blinks shut the lids, (T,)."""
        start, u = _events(t[0] - 1.0, t[-1] + 0.1, _BLINK, self._blink)
        rate = emotions.at(start)[1][_BLINK_RATE]
        keep = (u[1] < _BLINK["chance"] * rate) & attention.spares(start)
        asked = attention.blinks(t[0] - 1.0, t[-1])
        twice = keep & (u[2] < _BLINK["double_chance"])
        depth = _BLINK["depth"] + _BLINK["depth_spread"] * (2.0 * u[3] - 1.0)
        starts = np.concatenate([start[keep], start[twice] + _BLINK["double_s"], asked])
        depths = np.concatenate([depth[keep], depth[twice], np.full(len(asked), _BLINK["depth"])])
        return _blinks(t, starts, depths)

    def _look(self, t: Floats, emotions: EmotionHistory, attention: Attention) -> tuple[Floats, Floats]:
        """Gaze (2, T) in degrees of the world, and the slower target that the head follows (2, T)."""
        start, u = _events(t[0] - 3.0 * _GAZE["cell_s"], t[-1], _GAZE, self._gaze)
        target = _fixations(u) * emotions.at(start)[1][_AVERSION] * attention.gaze_hold(start)
        near = np.stack([_GAZE["near_x"] * (u[5] + u[6] - 1.0), _GAZE["near_y"] * (u[3] + u[4] - 1.0) + _GAZE["settle_y"]])
        target = np.where(u[1] < _GAZE["away_chance"], target, near)
        i = np.searchsorted(start, t, side="right") - 1
        old, step, since = target[:, i - 1], target[:, i] - target[:, i - 1], t - start[i]
        length = _GAZE["saccade_s"] + _GAZE["saccade_s_per_degree"] * np.hypot(step[0], step[1])
        return old + step * quintic(since / length), old + step * quintic(since / _GAZE["follow_s"])


def eyes(head: Floats, world_gaze: Floats) -> Floats:
    """Gaze in the head (2, T): the eyes undo most of the head's turn."""
    undone: float = _GAZE["undo_head"]
    return world_gaze - undone * head[:2]


def expression(emotion: Floats, pose: IdlePose) -> Floats:
    """Emotion, rest and the idle movement of brows and smile, (52, T); emotion is (52, T or 1)."""
    weights: Floats = np.broadcast_to(emotion + REST[:, None], (len(emotion), len(pose.blink))).copy()
    weights[_INNER] += _FACE["brow"] * (0.5 + 0.5 * pose.noise["brow"])
    weights[_SMILE] += _FACE["smile"] * (0.5 + 0.5 * pose.noise["smile"])
    return weights


def set_eyes(weights: Floats, gaze: Floats, blink: Floats) -> None:
    """Write lids and eyeLook of a gaze (2, T) and blinks (T,) into weights (52, T)."""
    weights[EYE_LOOK,] = look(gaze)
    lid = weights[_LIDS[0]] + _BLINK["lid_per_degree"] * np.maximum(-gaze[1], 0.0)
    weights[_LIDS] = lid + (1.0 - lid) * blink
    weights[_WIDE] *= 1.0 - blink
    weights[_SQUINT] *= 1.0 - _BLINK["squint"] * blink


def _octaves() -> tuple[Floats, list[int], Floats]:
    """Frequencies (K, 1) and streams (K) of all octaves, and the matrix (names, K) that sums them to noise in [-1, 1]."""
    octave, rows = _TABLE["octave"], list(_TABLE["noise"].values())
    flat = [(n, k, r) for n, r in enumerate(rows) for k in range(r["octaves"])]
    mix = np.zeros((len(rows), len(flat)))
    for column, (n, k, r) in enumerate(flat):
        mix[n, column] = octave["gain"] ** k / sum(octave["gain"] ** j for j in range(r["octaves"]))
    hz = np.array([[r["hz"] * octave["pitch"] ** k] for _, k, r in flat])
    return hz, [r["stream"] + octave["stream"] * k for _, k, r in flat], mix


_OCTAVE_HZ, _OCTAVE_STREAMS, _OCTAVE_MIX = _octaves()


def _events(t0: float, t1: float, spec: dict[str, float], salt: NDArray[np.uint32]) -> tuple[Floats, Floats]:
    """Times (n,) of the events in the cells that touch t0…t1, and their random numbers (streams, n)."""
    length = spec["cell_s"]
    cell = np.arange(int(np.floor(t0 / length)), int(np.floor(t1 / length)) + 1)
    u = hashed(cell, salt)
    return (cell + spec["spread"] * u[0]) * length, u


def _fixations(u: Floats) -> Floats:
    """Where the eyes go when they leave the camera, (2, n) degrees."""
    (x0, x1), (y0, y1) = _GAZE["away_x"], _GAZE["away_y"]
    side = np.where(u[2] < 0.5, 1.0, -1.0)
    return np.stack([side * (x0 + (x1 - x0) * u[3]), y0 + (y1 - y0) * u[4]])


def _blinks(t: Floats, starts: Floats, depths: Floats) -> Floats:
    """Deepest of the blinks at each time, (T,)."""
    if not len(starts):
        return np.zeros(len(t))
    x = t[:, None] - starts
    opening = np.minimum(np.maximum((x - (_BLINK["close_s"] + _BLINK["hold_s"])) / _BLINK["open_s"], 0.0), 1.0)
    shut: Floats = (quintic(x / _BLINK["close_s"]) * (1.0 - opening * (2.0 - opening)) * depths).max(axis=1)
    return shut
