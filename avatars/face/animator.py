"""The animator: speech, emotion and time in, face motion out. One object is one face on one session's clock.

Everything is a function of absolute time; there is no filter state. What was given out once never changes: a clause, a
stop or an emotion that comes late takes effect from there on.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatars.face.channels import Floats, both
from avatars.face.emotions import MODULATORS, EmotionHistory
from avatars.face.idle import IdleMotion, IdlePose, expression, eyes, set_eyes
from avatars.face.noise import hashed, salts
from avatars.face.passage import Articulation, Gestures, Passage
from avatars.face.phones import JAW, SPREAD
from avatars.face.rig import DEFAULT_RIG, Mouth, Rig
from avatars.face.speech import Speech
from avatars.face.track import FaceTrack, frame_times

_PASSAGE_GAP_S: Final = 0.7  # speech after a longer pause is a passage of its own
_PASSAGES_KEPT: Final = 12
_EFFECT_S: Final = 1.5  # a passage has no effect further away than this
_JAW_GAIN, _HEAD_GAIN, _BROW_GAIN = (MODULATORS.index(k) for k in ("jaw", "head", "brow"))
_INNER, _OUTER, _DOWN, _WIDE, _CHEEK, _SMILE = (
    both(k) for k in ("browInnerUp", "browOuterUp", "browDown", "eyeWide", "cheekSquint", "mouthSmile")
)
_BLINK_STREAM: Final = 90


class Animator:
    """A face with a seed (u32) and a head's rig. Times are integer ms on the session's clock.

    It remembers the last 12 stretches of speech and the last 32 emotions; older moments are given as if without them.
    """

    def __init__(self, seed: int, rig: Rig = DEFAULT_RIG) -> None:
        self._idle, self._mouth = IdleMotion(seed), Mouth(rig)
        self._emotions = EmotionHistory()
        self._passages: list[Passage] = []
        self._given = -np.inf
        self._blink_salt = salts(seed & 0xFFFFFFFF, _BLINK_STREAM)

    def speak(self, chunk: Speech, *, at_ms: int) -> None:
        """The chunk's audio starts at `at_ms`. ValueError when that is before the end of the chunk given last."""
        at = at_ms / 1000
        passage = self._passages[-1] if self._passages else None
        going_on = passage is not None and not np.isfinite(passage.cut)
        if passage is not None and going_on and at < passage.end - 1e-3:
            raise ValueError(f"speech at {at_ms} ms overlaps speech until {round(passage.end * 1000)} ms")
        if passage is None or not going_on or at - passage.end > _PASSAGE_GAP_S:
            passage = Passage(at)
            self._passages = [*self._passages[1 - _PASSAGES_KEPT :], passage]
        passage.add(chunk, at=at, known=self._given)

    def set_emotion(self, name: str, intensity: float, *, at_ms: int) -> None:
        """From `at_ms` on the face goes to `name` (EMOTIONS). ValueError for an unknown name or intensity outside 0–1."""
        self._emotions.change(name, intensity, at_s=max(at_ms / 1000, self._given))

    def stop(self, *, at_ms: int) -> None:
        """Speech fades out from `at_ms` on; what was to be said later is forgotten."""
        at = max(at_ms / 1000, self._given)
        for passage in self._passages:
            if not np.isfinite(passage.cut) and passage.end + _EFFECT_S > at:
                passage.cut = at

    def track(self, start_ms: int, stop_ms: int, *, fps: int = 30) -> FaceTrack:
        """Frames from start_ms on, before stop_ms. ValueError unless fps is 1–120."""
        t = frame_times(start_ms, stop_ms, fps)
        if not len(t):
            weights, head, gaze = np.zeros((52, 0)), np.zeros((3, 0)), np.zeros((2, 0))
        else:
            weights, head, gaze = self._pose(t)
            self._given = max(self._given, stop_ms / 1000)
        single = np.float32
        return FaceTrack(
            fps=fps, start_ms=start_ms, weights=weights.T.astype(single), head=head.T.astype(single), gaze=gaze.T.astype(single)
        )

    def _pose(self, t: Floats) -> tuple[Floats, Floats, Floats]:
        """Weights (52, T), head (3, T) and gaze (2, T)."""
        near = [p for p in self._passages if p.origin - _EFFECT_S < t[-1] and p.end + _EFFECT_S > t[0]]
        idle = self._idle.at(t, self._emotions, _Listening(self._passages, self._blink_salt))
        emotion, mods = self._emotions.at(t)
        face = expression(emotion, idle)
        if not near:
            head, weights = idle.head, np.minimum(np.maximum(face, 0.0), 1.0)
        else:
            mouth = _together([p.articulation(t) for p in near], mods[_JAW_GAIN])
            gestures = [p.gestures(t) for p in near]
            head = idle.head + _head(gestures, idle, mods[_HEAD_GAIN], mouth.active)
            _brows(face, gestures, mods[_BROW_GAIN], mouth)
            weights = self._mouth.weights(mouth, face)
        gaze = eyes(head, idle.world_gaze)
        set_eyes(weights, gaze, idle.blink)
        return weights, head, gaze


class _Listening:
    """How speech holds the eyes: less looking away, a look at the listener and often a blink where a phrase ends."""

    def __init__(self, passages: list[Passage], salt: NDArray[np.uint32]) -> None:
        self._passages, self._salt = passages, salt
        ends = [(*p.phrase_ends(), p.cut) for p in passages]
        self._ends = np.concatenate([np.zeros(0), *(e[0] for e in ends)])
        self._known = np.concatenate([np.zeros(0), *(e[1] for e in ends)])
        self._cut = np.concatenate([np.zeros(0), *(np.full(len(e[0]), e[2]) for e in ends)])

    def gaze_hold(self, t: Floats) -> Floats:
        active = np.zeros(len(t))
        for passage in self._passages:
            active = np.maximum(active, passage.activity(t) * (t < passage.cut))
        at_end = np.any(self._expected(t, 0.2, 0.9), axis=1)
        hold: Floats = (1.0 - 0.45 * active) * np.where(at_end, 0.12, 1.0)
        return hold

    def blinks(self, t0: float, t1: float) -> Floats:
        starts = self._blink_times()
        real = (self._ends < self._cut) & (self._known <= starts) & self._chosen()
        return starts[real & (starts > t0) & (starts < t1)]

    def spares(self, t: Floats) -> NDArray[np.bool_]:
        return ~np.asarray(np.any(self._expected(t, -0.03, 1.1) & self._chosen(), axis=1))

    def _blink_times(self) -> Floats:
        return self._ends + 0.03

    def _chosen(self) -> NDArray[np.bool_]:
        """Which phrase ends have a blink: half of them."""
        number = np.round(self._ends * 1000).astype(np.int64)
        chosen: NDArray[np.bool_] = hashed(number[None], self._salt)[0] < 0.5
        return chosen

    def _expected(self, t: Floats, shift: float, reach: float) -> NDArray[np.bool_]:
        """Phrase ends near t + shift that were expected at t, (T, n): known by then, and not yet stopped."""
        near = np.abs(t[:, None] + shift - self._ends) < reach
        valid = (self._known <= t[:, None]) & ((self._ends < self._cut) | (t[:, None] < self._cut))
        expected: NDArray[np.bool_] = near & valid
        return expected


def _together(parts: list[Articulation], jaw: Floats) -> Articulation:
    """Passages over each other (one fades out while the next begins), the jaw scaled by loudness and emotion."""
    shape = np.sum([p.shape for p in parts], axis=0)
    closed, teeth, active = (
        1.0 - np.prod([1.0 - getattr(p, name) for p in parts], axis=0) for name in ("closed", "teeth", "active")
    )
    swell = np.sum([p.swell for p in parts], axis=0)
    shape[JAW] *= (1.0 + swell) * jaw
    return Articulation(shape=shape, closed=closed, teeth=teeth, active=active, swell=swell)


def _head(gestures: list[Gestures], idle: IdlePose, gain: Floats, active: Floats) -> Floats:
    """What speech adds to the head, (3, T) degrees."""
    nod = sum((1.35 * (g.accent_nod - 1.1 * g.end_nod + 1.7 * g.question) for g in gestures), np.zeros(len(active)))
    tilt = sum((g.tilt + 1.2 * g.question for g in gestures), np.zeros(len(active)))
    livelier = 0.5 * gain * active
    yaw = livelier * 2.5 * idle.noise["yaw"] + gain * 0.5 * idle.noise["talk"] * active + 0.6 * tilt
    pitch = livelier * 1.15 * idle.noise["pitch"] + gain * nod
    return np.stack([yaw, pitch, livelier * 1.5 * idle.noise["roll"] + gain * 0.9 * tilt])


def _brows(face: Floats, gestures: list[Gestures], gain: Floats, mouth: Articulation) -> None:
    """Accents lift the brows (an angry face lowers them), (52, T) in place."""
    lift = np.zeros(len(mouth.active))
    for g in gestures:
        lift += np.minimum(g.accent_brow + 0.75 * g.question, 1.2)
    lift = lift * gain
    up = np.maximum(lift, 0.0)
    face[_INNER] += 0.30 * up + 0.03 * mouth.active
    face[_OUTER] += 0.24 * up
    face[_DOWN] += 0.35 * np.maximum(-lift, 0.0)
    face[_WIDE] += 0.10 * up
    face[_CHEEK] += 0.04 * mouth.active * mouth.shape[SPREAD]
    face[_SMILE] -= 0.02 * mouth.active
