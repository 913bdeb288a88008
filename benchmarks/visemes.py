"""How well visemes are heard: `python -m benchmarks.visemes [--cache FOLDER] [--recordings ROOT]`; joins build/bench.json.

Unseen voices say unseen sentences, with exact labels. `--recordings`: a folder with the Debian packages
asterisk-core-sounds-en and -en-g722 unpacked (a real speaker), judged against a forced alignment by pocketsphinx.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avatars.audio.corpus import Utterance, corpus
from avatars.audio.features import SAMPLE_RATE, Floats
from avatars.audio.track import track_of
from avatars.audio.visemes import HOP_MS, VisemeStream, visemes_of
from avatars.face.channels import row
from avatars.face.measure import SHUT_MS, shut_ms
from avatars.face.rig import DEFAULT_RIG
from avatars.face.visemes import VISEMES
from benchmarks.figures import Figures, machine
from benchmarks.recordings import recordings

Labels = NDArray[np.uint8]
_PP = VISEMES.index("PP")
_NEAR = 4  # frames that a closure may be off
_FPS = 120
_KINDS = {"kokoro": "unseen_neural", "hibari": "unseen_sentences"}  # espeak's go by their variants' names
_LOOK_OF = np.array([0, 1, 2, 3, 3, 3, 4, 3, 3, 4, 5, 6, 6, 7, 7])  # of VISEMES: what a viewer can tell apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What was said and what was heard, a viseme each 10 ms."""

    said: Labels
    heard: Labels


def main() -> None:
    """Print everything that can be measured here."""
    options = argparse.ArgumentParser(prog="benchmarks.visemes")
    options.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "visavis" / "visemes")
    options.add_argument("--recordings", type=Path)
    chosen = options.parse_args()
    print(machine(), flush=True)
    figures, utterances = Figures(), corpus(chosen.cache, "held_out")
    sounds = [one.samples for one in utterances[:12]]
    figures.value("visemes_times_real_time", times_real_time(sounds, visemes_of), "s of sound a CPU second", "≥ 50")
    figures.value("visemes_stream_times_real_time", times_real_time(sounds, streamed), "the same in pieces of 20 ms", "≥ 50")
    for kind, group in grouped(utterances).items():
        judge(f"visemes_{kind}", [listened(one.samples, SAMPLE_RATE, one.labels) for one in group], figures)
        figures.value(f"visemes_{kind}_lips_shut", lips_shut(group), "% of labelled p b m on the face")
    noisy = [listened(with_noise(one.samples), SAMPLE_RATE, one.labels) for one in grouped(utterances)["unseen_neural"]]
    judge("visemes_noisy", noisy, figures)
    if chosen.recordings is not None:
        real = [listened(one.samples, one.rate, one.labels) for one in recordings(chosen.recordings)]
        judge("visemes_real_speaker", real, figures)
    figures.save()


def grouped(utterances: Sequence[Utterance]) -> dict[str, list[Utterance]]:
    """By what was unseen in training: the voice, the variant, or the sentence alone."""
    found: dict[str, list[Utterance]] = defaultdict(list)
    for one in utterances:
        found[_KINDS.get(one.voice.partition("-")[0], "unseen_espeak")].append(one)
    return found


def times_real_time(sounds: Sequence[Floats], hear: Callable[[Floats, int], object]) -> float:
    """Seconds of sound for a second of processor time, all threads counted; the best of three rounds."""
    hear(sounds[0], SAMPLE_RATE)
    spent = []
    for _ in range(3):
        began = time.process_time()
        for sound in sounds:
            hear(sound, SAMPLE_RATE)
        spent.append(time.process_time() - began)
    return sum(len(sound) for sound in sounds) / SAMPLE_RATE / min(spent)


def streamed(samples: Floats, rate: int) -> None:
    """Hear it in pieces of 20 ms, as a live session would."""
    stream, piece = VisemeStream(rate), rate // 50
    for at in range(0, len(samples), piece):
        stream.push(samples[at : at + piece])
    stream.finish()


def with_noise(samples: Floats) -> Floats:
    """White noise at 10 dB below the speech."""
    noise = np.random.default_rng(1).normal(0, np.sqrt(np.mean(samples**2) / 10), len(samples))
    return samples + noise.astype(np.float32)


def listened(samples: Floats, rate: int, said: Labels) -> Heard:
    """Labels and decoded visemes of one recording, equally long."""
    heard = np.zeros(len(said), np.uint8)
    for one in visemes_of(samples, rate):
        heard[one.start_ms // HOP_MS : one.end_ms // HOP_MS] = VISEMES.index(one.viseme)
    return Heard(said=said, heard=heard)


def judge(name: str, found: Sequence[Heard], figures: Figures) -> None:
    """Frame accuracy and closures."""
    said, heard = (np.concatenate([getattr(one, side) for one in found]) for side in ("said", "heard"))
    speech = said > 0
    figures.value(f"{name}_frames", 100 * float((said == heard).mean()), "% of frames, 15 visemes")
    figures.value(f"{name}_speech_frames", 100 * float((said == heard)[speech].mean()), "% of frames with speech")
    figures.value(f"{name}_looks", 100 * float((_LOOK_OF[said] == _LOOK_OF[heard]).mean()), "% of frames, 8 looks")
    true, told = [list(runs(one.said)) for one in found], [list(runs(one.heard)) for one in found]
    pairs = list(zip(true, told, strict=True))
    figures.value(f"{name}_bilabial_recall", _hits(pairs), "% of closures heard")
    figures.value(f"{name}_bilabial_precision", _hits([(b, a) for a, b in pairs]), "% of heard closures true")
    figures.spread(f"{name}_onset_off_ms", _onsets(pairs), "ms between true and heard closing")


def runs(labels: Labels) -> Iterator[tuple[int, int]]:
    """First frame and frame after the last of each closure."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], labels == _PP, [0]]).astype(np.int8)))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


_Pairs = Sequence[tuple[list[tuple[int, int]], list[tuple[int, int]]]]


def _hits(pairs: _Pairs) -> float:
    met = [any(a - _NEAR < d and c < b + _NEAR for c, d in others) for ones, others in pairs for a, b in ones]
    return 100 * float(np.mean(met)) if met else 0.0


def _onsets(pairs: _Pairs) -> list[float]:
    near = [
        min(abs(c - a) for c, d in others if a - _NEAR < d and c < b + _NEAR)
        for ones, others in pairs
        for a, b in ones
        if any(a - _NEAR < d and c < b + _NEAR for c, d in others)
    ]
    return [float(frames * HOP_MS) for frames in near] or [0.0]


def lips_shut(utterances: Sequence[Utterance]) -> float:
    """How many labelled closures are seen as such on a face that had the sound alone."""
    seen = []
    for one in utterances:
        gap = track_of(one.samples, SAMPLE_RATE, fps=_FPS).weights @ row(DEFAULT_RIG.gap)
        spans = ((a * HOP_MS, b * HOP_MS) for a, b in runs(one.labels))
        seen += [shut_ms(gap, span, _FPS) >= SHUT_MS for span in spans]
    return 100 * float(np.mean(seen))


if __name__ == "__main__":
    main()
