"""Pronunciation of Spanish, French, Italian and Portuguese for Kokoro: espeak-ng's IPA in Kokoro's alphabet."""

import re
from itertools import pairwise

from avatars.voice.espeak_process import Event, shared_process
from avatars.voice.neural import Pronounced, reach

# What Kokoro was trained on: affricates as ligatures, some diphthongs as capitals (misaki's espeak table).
_SYMBOLS = {
    "dʒ": "ʤ", "tʃ": "ʧ", "ts": "ʦ", "dz": "ʣ",
    "aɪ": "I", "aʊ": "W", "eɪ": "A", "oʊ": "O", "əʊ": "Q", "ɔɪ": "Y",
}  # fmt: skip
_LANGUAGE = re.compile(r"\([a-z-]+\)")
_MARKS = frozenset(';:,.!?—…"()“”')
_WORDS_PER_MINUTE = 450  # only the events are used: the faster the cheaper


def pronounce_foreign(text: str, *, voice: str) -> tuple[Pronounced, ...]:
    """Tokens for each word that espeak-ng reads, punctuation between them kept; raises SpeechError."""
    answer = shared_process().ask(text, voice=voice, words_per_minute=_WORDS_PER_MINUTE)
    words = _lengthened(_words(answer.events, len(text)), answer.ipa)
    out: list[Pronounced] = []
    for (start, symbols), (following, _) in pairwise([*words, (len(text), "")]):
        end = reach(text, start, following)
        out.append(Pronounced(start=start, end=end, symbols=symbols + _between(text[end:following])))
    return tuple(out)


def _words(events: tuple[Event, ...], length: int) -> list[tuple[int, str]]:
    """(start, symbols) in the order of the text; espeak-ng may read one word in several events, or several in one."""
    out: list[tuple[int, str]] = []
    for event in events:
        if event.kind == "word":
            out.append((min(max(event.start, out[-1][0] if out else 0), length), ""))
        elif out:
            start, symbols = out[-1]
            out[-1] = (start, symbols + _symbols(event.ipa))
    return [word for word in out if word[1]]


def _lengthened(words: list[tuple[int, str]], ipa: str) -> list[tuple[int, str]]:
    """The same words with the long sounds ("mattina") that events leave out, where both agree on the words."""
    written = [_symbols(word) for word in ipa.split()]
    if len(written) != len(words):
        return words
    return [(start, symbols) for (start, _), symbols in zip(words, written, strict=True)]


def _symbols(ipa: str) -> str:
    bare = _LANGUAGE.sub("", ipa).replace("-", "")
    for pair, symbol in _SYMBOLS.items():
        bare = bare.replace(pair, symbol)
    return bare


def _between(gap: str) -> str:
    return "".join(letter for letter in gap if letter in _MARKS) + (" " if " " in gap else "")
