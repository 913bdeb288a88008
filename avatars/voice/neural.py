"""What the neural voices share: phoneme strings short enough for the model, and sound put together from them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from avatars.voice.labels import Label
from avatars.voice.sound import Sound, TimedToken
from avatars.voice.timeline import SAMPLES_PER_MS, Phoneme


@dataclass(frozen=True, slots=True, kw_only=True)
class Pronounced:
    """Characters [start, end) of the spoken text and their phoneme symbols, with the space after them if any."""

    start: int
    end: int
    symbols: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A run of pronounced tokens, its sound and its labels (label.index counts from 1: 0 is the model's pad)."""

    tokens: tuple[Pronounced, ...]
    samples: NDArray[np.float32]
    labels: list[Label]


def batches(tokens: Sequence[Pronounced], longest: int) -> Iterator[tuple[Pronounced, ...]]:
    """Runs of tokens with at most `longest` symbols each; a longer token is a run of its own."""
    run: list[Pronounced] = []
    size = 0
    for token in tokens:
        if run and size + len(token.symbols) > longest:
            yield tuple(run)
            run, size = [], 0
        run.append(token)
        size += len(token.symbols)
    if any(token.symbols.strip() for token in run):
        yield tuple(run)


@cache
def alphabet() -> dict[str, int]:
    """Phoneme symbol to model input id, the same for hibari and Kokoro."""
    return cast("dict[str, int]", json.loads(asset("vocab.json").read_text(encoding="utf-8")))


def asset(name: str) -> Path:
    """A file of the hibari package."""
    return Path(str(files("hibari") / "assets" / name))


def known(token: Pronounced) -> Pronounced:
    """The token with the symbols that the models know."""
    symbols = "".join(symbol for symbol in token.symbols if symbol in alphabet())
    return Pronounced(start=token.start, end=token.end, symbols=symbols)


def symbols_of(tokens: Sequence[Pronounced]) -> str:
    """The model's input for a run."""
    return "".join(token.symbols for token in tokens)


def reach(text: str, start: int, following: int) -> int:
    """Where a token ends that begins at `start` when the next begins at `following`: after its last letter."""
    end = max(following, start + 1)
    while end > start + 1 and not text[end - 1].isalnum():
        end -= 1
    return end


def assemble(parts: Sequence[Rendered]) -> Sound:
    """One sound out of the runs of a clause."""
    phonemes: list[Phoneme] = []
    tokens: list[TimedToken] = []
    at = 0
    for part in parts:
        phonemes += phonemes_of(part.labels, at)
        tokens += _timed(part, at)
        at += len(part.samples) // SAMPLES_PER_MS
    samples = np.concatenate([part.samples for part in parts]) if parts else np.zeros(0, np.float32)
    return Sound(samples=samples, phonemes=tuple(phonemes), tokens=tuple(tokens))


def phonemes_of(labels: Sequence[Label], at: int) -> Iterator[Phoneme]:
    """The audible labels on a clock that began `at` ms earlier."""
    for piece in labels:
        start, end = at + round(piece.start), at + round(piece.end)
        if not piece.silent and end > start:
            yield Phoneme(ipa=piece.stress + piece.ipa, start_ms=start, end_ms=end)


def _timed(part: Rendered, at: int) -> Iterator[TimedToken]:
    """Walks labels and tokens together; a token that says nothing has no time."""
    first = 1
    for token in part.tokens:
        after = first + len(token.symbols)
        said = [piece for piece in part.labels if first <= piece.index < after and not piece.silent]
        if said:
            yield TimedToken(start=token.start, end=token.end, start_ms=at + said[0].start, end_ms=at + said[-1].end)
        first = after
