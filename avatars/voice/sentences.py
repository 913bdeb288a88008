"""Where sentences end in running text."""

import re
from bisect import bisect_left
from collections.abc import Iterator

# Lookbehinds and possessive quantifiers keep the search linear on any text.
_END = re.compile(
    r"(?<![.!?…])[.!?…]++[\"'”’»)\]*_]*+\s++(?=\S)|(?<![。！？])[。！？]++[」』”’）]*+\s*+|(?<![^\S\n])[^\S\n]*+\n\s*+"
)
_WRAPPED = 40  # a line at least this long that goes on with a small letter was wrapped, not ended
_LONGEST = 1000  # characters that are looked at as one sentence
_CUT = re.compile(r"(\w[\w.]*)\.$")
_ABBREVIATIONS = frozenset(
    {
        "mr", "mrs", "ms", "dr", "prof", "st", "mt", "ft", "gen", "gov", "sen", "rep", "capt", "lt", "col", "sgt",
        "rev", "hon", "jr", "sr", "vs", "etc", "no", "nos", "vol", "fig", "approx", "dept", "inc", "ltd", "co", "corp",
        "ave", "blvd", "rd", "e.g", "i.e", "p.s", "u.s", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept",
        "oct", "nov", "dec", "mon", "tue", "wed", "thu", "fri", "sat", "sun", "z.b", "d.h", "u.a", "usw", "bzw", "ca",
        "nr", "str", "tel", "hr", "fr", "sra", "srta", "ud", "uds", "av", "pág", "núm", "m", "mme", "mlle", "sig",
        "sig.ra", "dott", "avv", "r.i.p", "dra", "exmo", "bv", "dhr", "mevr", "drs", "ul", "np", "m.in", "tzn", "kl",
        "t.ex", "bl.a", "örn", "vb", "т.е", "т.д", "г", "ул",
    }
)  # fmt: skip
_ENDS_ANYWAY = frozenset({"etc", "inc", "ltd", "co", "corp", "usw", "u.s", "p.m", "a.m"})


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Spans of the sentences with the space after them; they join to the text, and each holds something to say.

    A sentence ends after . ! ? … and a space, or at a line break; not after an abbreviation, an initial or a German
    ordinal ("am 3. Mai"), and not before a small letter.
    """
    said = [at for at, letter in enumerate(text) if letter.isalnum()]
    last = said[-1] if said else -1
    start = 0
    for match in _END.finditer(text):
        if match.end() > last:
            break
        if _says(said, start, match.start() + 1) and _ends(text, start, match):
            yield from _halves(text, said, start, match.end())
            start = match.end()
    yield from _halves(text, said, start, len(text))


def _says(said: list[int], start: int, end: int) -> bool:
    """Whether [start, end) has a letter or a digit, whose places are `said`."""
    return bisect_left(said, start) < bisect_left(said, end)


def _halves(text: str, said: list[int], start: int, end: int) -> Iterator[tuple[int, int]]:
    """An endless sentence in parts, cut at spaces where it has any."""
    while end - start > _LONGEST:
        space = max(text.rfind(mark, start + _LONGEST // 2, start + _LONGEST) for mark in " \t\n")
        cut = space + 1 if space > 0 else start + _LONGEST
        if not (_says(said, start, cut) and _says(said, cut, end)):
            break
        yield start, cut
        start = cut
    yield start, end


def _ends(text: str, start: int, match: re.Match[str]) -> bool:
    mark = match.group().strip()
    small = text[match.end()].islower()
    if not mark:
        wrapped = match.group().count("\n") == 1 and match.start() - start >= _WRAPPED
        return not (small and wrapped)
    if "\n" in match.group() or mark[0] in "。！？":
        return True
    if small:
        return mark.strip("!?") == ""
    if not mark.startswith(".") or mark.startswith(".."):
        return True
    before = _CUT.search(text[max(start, match.start() - 12) : match.start() + 1])
    return before is None or _closes(before.group(1), text[match.end()])


def _closes(word: str, follows: str) -> bool:
    """Whether a full stop after `word` ends a sentence."""
    known = word.lower()
    if known in _ENDS_ANYWAY:
        return follows.isupper()
    initial = len(word) == 1 and word.isalpha() and word not in "Ia"
    ordinal = word.isdigit() and len(word) <= 2
    return not (known in _ABBREVIATIONS or initial or ordinal)
