"""Cuts a text into clauses that are spoken one by one, and keeps hold of the caller's words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"”’)\]]*\s+(?=\S)|\s*\n\s*")
_WORD = re.compile(r"\S+")


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


def clauses(text: str) -> Iterator[Clause]:
    """The clauses of a text, lazily; their sources joined are the text."""
    start = 0
    for match in _SENTENCE_END.finditer(text):
        if text[start : match.end()].strip():
            yield _clause(text[start : match.end()])
            start = match.end()
    if start < len(text):
        yield _clause(text[start:])


def _clause(source: str) -> Clause:
    words = _WORD.findall(source)
    captions, at = [], 0
    for word in words:
        captions.append(Caption(text=word, start=at, end=at + len(word)))
        at += len(word) + 1
    return Clause(source=source, spoken=" ".join(words), captions=tuple(captions))
