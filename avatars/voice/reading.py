"""How a text is read aloud: which words of the caller's text become which spoken words."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

_TOKEN = re.compile(r"\S+")
# Scripts written without spaces: each letter is a word of its own for captions.
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff][^\s\w]*|[^\s\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")
_SILENT = frozenset({"So", "Sk", "Cs", "Co", "Cn", "Cc", "Cf", "Me"})
_VARIATION = range(0xFE00, 0xFE10)
_SAME = str.maketrans(
    {"’": "'", "‘": "'", "ʼ": "'", "–": "—", "―": "—", "‒": "-", "\u2011": "-", "«": "“", "»": "”", "„": "“"}
    | {"、": ", ", "，": ", ", "。": ". ", "！": "! ", "？": "? ", "：": ": ", "；": "; "}
)


Say = Callable[[re.Match[str]], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What `pattern` finds is read as `say` of it; `say` returns the matched text itself to leave it alone.

    `digits`: the pattern needs a digit, so that it can be skipped in a text without any.
    """

    pattern: re.Pattern[str]
    say: Say
    digits: bool = False


def always(said: str) -> Say:
    """Whatever was found is read as `said`."""
    return lambda _match: said


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """Characters [start, end) of the text that are one word of a caption, and what is said for them."""

    start: int
    end: int
    spoken: str


def units(text: str, rules: Sequence[Rule]) -> Iterator[Unit]:
    """The words of `text` in order; a rule that matches across spaces makes one word of several."""
    found = _matches(text, rules)
    for start, end in _words(text, [(first, last) for first, last, _ in found]):
        inside = [match for match in found if start <= match[0] < end]
        yield Unit(start=start, end=end, spoken=_spoken(text, start, end, inside))


def _matches(text: str, rules: Sequence[Rule]) -> list[tuple[int, int, str]]:
    """(start, end, spoken) without overlaps; earlier rules win."""
    numeric = any(letter.isdigit() for letter in text)
    taken: list[tuple[int, int, str]] = []
    mask = bytearray(len(text))
    for rule in rules:
        if rule.digits and not numeric:
            continue
        for match in rule.pattern.finditer(text):
            said = rule.say(match)
            start, end = match.span()
            if said != match.group() and 1 not in mask[start:end]:
                taken.append((start, end, said))
                mask[start:end] = b"\1" * (end - start)
    return sorted(taken)


def _words(text: str, joined: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Spans of the words; those that touch the same match are one."""
    held: tuple[int, int] | None = None
    for token in _tokens(text):
        if held is not None and any(first < held[1] and token[0] < last for first, last in joined):
            held = (held[0], token[1])
            continue
        if held is not None:
            yield held
        held = token
    if held is not None:
        yield held


def _tokens(text: str) -> Iterator[tuple[int, int]]:
    for token in _TOKEN.finditer(text):
        for part in _UNSPACED.finditer(text, *token.span()):
            yield part.span()


def _spoken(text: str, start: int, end: int, inside: Sequence[tuple[int, int, str]]) -> str:
    parts, at = [], start
    for first, last, said in inside:
        parts += [plain(text[at:first]), said]
        at = last
    return " ".join("".join([*parts, plain(text[at:end])]).split())


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Text without what makes no sound (emoji, control and joining characters), typographic signs made plain."""
    kept = "".join(letter for letter in text if not _is_silent(letter))
    return unicodedata.normalize("NFKC", kept.translate(_SAME))


def _is_silent(letter: str) -> bool:
    return unicodedata.category(letter) in _SILENT or ord(letter) in _VARIATION
