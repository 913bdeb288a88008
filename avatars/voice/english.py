"""English spelling to sound, with hibari's lexicon, tagger and reader of unknown words."""

from typing import Protocol, cast

from hibari.g2p import G2P

from avatars.voice.errors import SpeechError
from avatars.voice.neural import Pronounced
from avatars.voice.once import once


class _Token(Protocol):
    text: str
    whitespace: str
    phonemes: str | None


def pronounce(text: str, *, british: bool = False) -> tuple[Pronounced, ...]:
    """Phonemes of normalised text, token by token, in the alphabet of misaki; raises SpeechError(unsupported_text)."""
    g2p = _g2p(british)
    try:
        tokens = cast("list[_Token]", g2p.phonemize_tokens(g2p.tokenize(text)))
    except (LookupError, TypeError, ValueError, AttributeError) as error:  # what its rules trip over on odd input
        raise SpeechError("unsupported_text", "The text can't be read.", hint="Send plain words.") from error
    out, at = [], 0
    for token in tokens:
        found = text.find(token.text, at)
        start = at if found < 0 else found
        at = start + len(token.text)
        out.append(Pronounced(start=start, end=at, symbols=(token.phonemes or "") + token.whitespace))
    return tuple(out)


@once
def _g2p(british: bool) -> G2P:
    g2p = G2P(british=british)
    g2p.phonemize_tokens(g2p.tokenize("xyzzyx"))  # loads the reader of unknown words, which hibari does on first need
    return g2p
