"""Figures of the face on real speech: `python -m avatars.face.measure [voice]`. Needs a voice that is available."""

import sys
import time
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatars.face.animator import Animator
from avatars.face.channels import ARKIT, row
from avatars.face.codec import decode
from avatars.face.emotions import EMOTIONS
from avatars.face.encoder import FaceEncoder
from avatars.face.rig import DEFAULT_RIG
from avatars.face.track import FaceTrack
from avatars.voice import SpeechChunk, speak

SENTENCES: Final = (
    "Hello, I am Ada. Would you like to move both of my favourite bookshelves?",
    "Please bring the purple map to the big room before Monday.",
    "We were away for four whole weeks, you know.",
    "Father always parked the car far from the calm harbour.",
    "She sells small shiny seashells, and he chooses cheese.",
    "Wow! That is absolutely amazing, I never thought it would work so well.",
)
SHUT_MM, SHUT_MS = 0.3, 40.0
_PAUSE_MS: Final = 600
_IDLE_MS: Final = 5_000


class Recital:
    """Sentences one after the other on a session's clock, with pauses and some idling at the end."""

    def __init__(self, voice: str) -> None:
        self.said: list[tuple[int, SpeechChunk]] = []
        at = 1_000
        for sentence in SENTENCES:
            chunks = list(speak(sentence, voice=voice))
            self.said += [(at + chunk.start_ms, chunk) for chunk in chunks]
            at += sum(chunk.duration_ms for chunk in chunks) + _PAUSE_MS
        self.end_ms = (at + _IDLE_MS) // 1000 * 1000

    def face(self, emotion: str = "neutral") -> Animator:
        """A face that says all of it."""
        animator = Animator(7)
        animator.set_emotion(emotion, 1.0, at_ms=-5_000)
        for at, chunk in self.said:
            animator.speak(chunk, at_ms=at)
        return animator

    def bilabials(self) -> list[tuple[int, int]]:
        """From when to when each p, b and m is labelled, ms."""
        shift = ((at - chunk.start_ms, chunk) for at, chunk in self.said)
        return [(p.start_ms + s, p.end_ms + s) for s, chunk in shift for p in chunk.phonemes if p.segment in "pbm"]


def shut_ms(gap_mm: NDArray[np.float64], span: tuple[int, int], fps: int) -> float:
    """The longest time that the lips stay shut around a sound."""
    near = gap_mm[(span[0] - 40) * fps // 1000 : (span[1] + 40) * fps // 1000] <= SHUT_MM
    edges = np.flatnonzero(np.diff(np.concatenate([[0], near.astype(np.int8), [0]])))
    return float((edges[1::2] - edges[::2]).max(initial=0)) * 1000 / fps


def stream(animator: Animator, end_ms: int, fps: int) -> tuple[float, float]:
    """Payload bytes a second in pieces of a second, and the largest error of a weight."""
    encoder, total, worst = FaceEncoder(fps), 0, 0.0
    for start in range(0, end_ms, 1000):
        track = animator.track(start, start + 1000, fps=fps)
        payload = encoder.encode(track)
        total += len(payload)
        worst = max(worst, float(np.abs(decode(payload).weights - track.weights).max()))
    return total / (end_ms / 1000), worst


def _closures(recital: Recital, emotion: str) -> str:
    fps = 120
    gap = recital.face(emotion).track(0, recital.end_ms, fps=fps).weights @ row(DEFAULT_RIG.gap)
    times = [shut_ms(gap, span, fps) for span in recital.bilabials()]
    return f"{sum(t >= SHUT_MS for t in times)} of {len(times)} (median {np.median(times):.0f} ms)"


def _steps(track: FaceTrack) -> str:
    steps = np.abs(np.diff(track.weights, axis=0)).max(axis=0)
    mouth = [i for i, name in enumerate(ARKIT) if name.startswith(("mouth", "jaw", "tongue"))]
    most = sorted(mouth, key=lambda i: -steps[i])[:6]
    return ", ".join(f"{ARKIT[i]} {steps[i]:.2f}" for i in most)


def _micros(work: Callable[[], object], times: int) -> float:
    """CPU time of a call in µs, the least of five series: other work on the machine only adds to it."""
    best = np.inf
    for _ in range(5):
        began = time.process_time()
        for _ in range(times):
            work()
        best = min(best, (time.process_time() - began) / times)
    return float(best * 1e6)


def _costs(recital: Recital) -> None:
    at, chunk = max(recital.said, key=lambda said: said[1].duration_ms)
    animator = recital.face()
    second, encoder = animator.track(at, at + 1000), FaceEncoder(30)
    payload = encoder.encode(second)
    print(f"speak, clause of {chunk.duration_ms / 1000:.1f} s  {_micros(lambda: Animator(1).speak(chunk, at_ms=at), 20):7.0f} µs")
    print(f"track, 1 s at 30 fps      {_micros(lambda: animator.track(at, at + 1000), 50):7.0f} µs")
    print(f"track, 1 s idle           {_micros(lambda: animator.track(at - 900_000, at - 899_000), 50):7.0f} µs")
    print(f"encode, 1 s               {_micros(lambda: encoder.encode(second), 50):7.0f} µs")
    print(f"decode, 1 s               {_micros(lambda: decode(payload), 50):7.0f} µs")
    whole = _micros(lambda: animator.track(0, recital.end_ms, fps=60), 3)
    print(f"one call of {recital.end_ms // 1000} s at 60 fps {recital.end_ms * 60 / 1000 / whole * 1e6:7.0f} frames/s")


def main(voice: str = "hibari-heart") -> None:
    """Print all figures."""
    recital = Recital(voice)
    print(f"{voice}: {len(recital.said)} clauses, {recital.end_ms / 1000:.0f} s with pauses")
    _costs(recital)
    for fps in (30, 60):
        rate, worst = stream(recital.face(), recital.end_ms, fps)
        print(f"stream at {fps} fps          {rate:7.0f} B/s, weights off by at most {worst:.3f}")
    for emotion in EMOTIONS:
        print(f"lips shut for {SHUT_MS:.0f} ms, {emotion:<9} {_closures(recital, emotion)}")
    print("largest steps at 60 fps:", _steps(recital.face().track(0, recital.end_ms, fps=60)))


if __name__ == "__main__":
    main(*sys.argv[1:])
