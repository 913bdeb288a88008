"""When each word of a known text is heard in a recording: forced alignment over the visemes that a network hears.

A path through the text's visemes, each held for one step at least, with silence where words meet, is chosen so that the
network's probabilities along it are largest (Viterbi). No models of Django.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatars.face import VISEMES, viseme
from avatars.voice import SpeechChunk, Word

STEP_MS = 20
_SILENCE = VISEMES.index("sil")
_OFTEN = 128  # steps between two signs of life: some 50 ms with the longest of texts
_FLOOR = 0.02  # of a probability: the network errs
# How far the path may lie below what is heard best, as a mean of log probabilities wherever something is said. With 8 short
# sentences of three synthetic voices it was 0.45 at most where the text was right, and 0.67 at least (5 %: 0.93) where it was
# another one.
_MOST_UNLIKE = 0.7
Rows = NDArray[np.float32]


class Differs(Exception):
    """The text is not what the recording says, as far as can be heard."""

    code = "transcript_differs"

    def __init__(self) -> None:
        super().__init__("The transcript is not what the recording says.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sounding:
    """A word and its visemes, as indices of VISEMES; there is at least one."""

    text: str
    visemes: tuple[int, ...]


def soundings(chunks: Iterable[SpeechChunk]) -> list[Sounding]:
    """How the words of a text that a voice has spoken are made; what makes no sound is written behind the word before."""
    out: list[Sounding] = []
    for chunk in chunks:
        for word in chunk.words:
            shapes = _shapes(chunk, word)
            if shapes or not out:
                out.append(Sounding(text=word.text, visemes=shapes or (_SILENCE,)))
            else:
                out[-1] = Sounding(text=f"{out[-1].text} {word.text}", visemes=out[-1].visemes)
    return out


def aligned(heard: Rows, words: Sequence[Sounding], *, beat: Callable[[], None] = lambda: None) -> list[Word]:
    """The words in order with their times. `heard`: (T, 15), 100 rows a second, probabilities in the order of VISEMES.
    `beat()` is called now and then; what it raises ends the search.

    Raises Differs where the recording is too short for them or sounds otherwise.
    """
    rows = _halved(heard)
    states, owners = _chain(words)
    if len(rows) < sum(len(word.visemes) for word in words):
        raise Differs
    scores = np.log(rows + np.float32(_FLOOR))
    path = _path(scores, states, owners == -1, beat)
    if _unlikeness(scores, states[path]) > _MOST_UNLIKE:
        raise Differs
    spoken = owners[path]
    return [_timed(word, np.flatnonzero(spoken == number)) for number, word in enumerate(words)]


def _shapes(chunk: SpeechChunk, word: Word) -> tuple[int, ...]:
    inside = [one for one in chunk.phonemes if word.start_ms <= (one.start_ms + one.end_ms) // 2 < word.end_ms]
    shapes = [VISEMES.index(viseme(one.ipa)) for one in inside]
    return tuple(shape for at, shape in enumerate(shapes) if at == 0 or shape != shapes[at - 1])


def _halved(heard: Rows) -> Rows:
    whole = len(heard) // 2 * 2
    halved: Rows = heard[:whole].reshape(-1, 2, len(VISEMES)).mean(axis=1)
    return halved


def _chain(words: Sequence[Sounding]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The visemes of all words with a silence before each and at the end; and whose they are, -1 for silences."""
    states, owners = [_SILENCE], [-1]
    for number, word in enumerate(words):
        states += [*word.visemes, _SILENCE]
        owners += [*[number] * len(word.visemes), -1]
    return np.array(states), np.array(owners)


def _path(scores: Rows, states: NDArray[np.intp], may_skip: NDArray[np.bool_], beat: Callable[[], None]) -> NDArray[np.intp]:
    """The state at each step, from the first state or the one behind it to the last or the one before it. Where two are
    as good, time is given to the later one."""
    count = len(states)
    barred = np.where(np.concatenate([[False, False], may_skip[1:-1]]), 0, -np.inf).astype(np.float32)
    shifted = np.full(count + 2, -np.inf, np.float32)  # the best so far, behind two states that nobody comes from
    best, one = shifted[2:], shifted[1:-1]
    best[:2] = scores[0, states[:2]]
    moved, skipped = (np.zeros((len(scores), -(-count // 8)), np.uint8) for _ in range(2))
    for step in range(1, len(scores)):
        if step % _OFTEN == 0:
            beat()
        two, near = shifted[:-2] + barred, np.maximum(one, best)
        moves, jumps = one > best, two > near
        moved[step], skipped[step] = np.packbits(moves & ~jumps), np.packbits(jumps)
        best[:] = np.maximum(two, near) + scores[step].take(states)
    return _walked(moved, skipped, count - 1 if best[-1] >= best[-2] else count - 2)


def _walked(moved: NDArray[np.uint8], skipped: NDArray[np.uint8], last: int) -> NDArray[np.intp]:
    """Back from the last state; bits are kept eight to a byte, for ten minutes are half a gigabyte otherwise."""
    path = np.empty(len(moved), np.intp)
    at = last
    for step in range(len(moved) - 1, -1, -1):
        path[step] = at
        byte, bit = at >> 3, 7 - (at & 7)
        at -= (int(moved[step, byte]) >> bit & 1) + 2 * (int(skipped[step, byte]) >> bit & 1)
    return path


def _unlikeness(scores: Rows, path: NDArray[np.intp]) -> float:
    below = scores.max(axis=1) - scores[np.arange(len(path)), path]
    said = (scores.argmax(axis=1) != _SILENCE) | (path != _SILENCE)
    return float(below[said].mean()) if said.any() else 0.0


def _timed(word: Sounding, steps: NDArray[np.intp]) -> Word:
    return Word(text=word.text, start_ms=int(steps[0]) * STEP_MS, end_ms=(int(steps[-1]) + 1) * STEP_MS)
