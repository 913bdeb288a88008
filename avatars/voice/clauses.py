"""Cuts a text into clauses that are spoken one by one, and keeps hold of the caller's words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from avatars.voice.reading import Rule, Unit, units
from avatars.voice.sentences import sentences

_BREAKS = ",;:—)”"
_SHORTEST = 24  # characters that a part of a sentence has at least


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """A word of the caller's text, read aloud as characters [start, end) of the spoken text."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """`source` is the caller's text with the space after it; `spoken` is what the engine reads."""

    source: str
    spoken: str
    captions: tuple[Caption, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """Spoken characters: a longer sentence is cut at a comma (`first`: the first of the text), and anywhere at `most`."""

    first: int
    usual: int
    most: int


def clauses(text: str, *, rules: Sequence[Rule], lengths: Lengths) -> Iterator[Clause]:
    """The clauses of a text, lazily; their sources joined are the text."""
    limit = lengths.first
    for start, end in sentences(text):
        sentence = text[start:end]
        words = [piece for word in units(sentence, rules) for piece in _pieces(word, lengths.most)]
        cuts = [*_cuts(words, limit, lengths), len(words)]
        limit = lengths.usual
        for first, after in zip([0, *cuts], cuts, strict=False):
            begin = words[first].start if first else 0
            yield _clause(sentence, words[first:after], begin, words[after].start if after < len(words) else len(sentence))


def _cuts(words: Sequence[Unit], limit: int, lengths: Lengths) -> Iterator[int]:
    """Indices of the words that begin a new clause."""
    first = 0
    remaining = sum(len(word.spoken) + 1 for word in words)
    while remaining > limit:
        cut = _cut(words, first, limit, lengths.most)
        if cut >= len(words):
            return
        yield cut
        remaining -= sum(len(word.spoken) + 1 for word in words[first:cut])
        first, limit = cut, lengths.usual


def _cut(words: Sequence[Unit], first: int, limit: int, most: int) -> int:
    """After the last comma within the limit, else after the next one, else at the most."""
    size, best = 0, 0
    for at in range(first, len(words)):
        size += len(words[at].spoken) + 1
        if size > most and at > first:
            return best or at
        if words[at].spoken[-1:] in _BREAKS and words[at].spoken and size >= _SHORTEST:
            if best and size > limit:
                return best
            best = at + 1
            if size >= limit:
                return best
    return best or len(words)


def _pieces(word: Unit, most: int) -> Iterator[Unit]:
    """A word longer than a clause may be is cut, so that no text can make an endless clause."""
    if len(word.spoken) <= most:
        yield word
        return
    count = -(-len(word.spoken) // most)
    length, step = word.end - word.start, -(-len(word.spoken) // count)
    for at in range(count):
        start, end = word.start + length * at // count, word.start + length * (at + 1) // count
        yield Unit(start=start, end=end, spoken=word.spoken[at * step : (at + 1) * step])


def _clause(sentence: str, words: Sequence[Unit], start: int, end: int) -> Clause:
    captions: list[Caption] = []
    spoken, after = "", start
    for word in words:
        if word.spoken:
            spoken += " " if spoken and word.start > after else ""
            at, spoken = len(spoken), spoken + word.spoken
            captions.append(Caption(text=sentence[word.start : word.end], start=at, end=len(spoken)))
        after = word.end
    return Clause(source=sentence[start:end], spoken=spoken, captions=tuple(captions))
