"""IPA: which lips, jaw and tongue a speech sound asks for, and the parts of an IPA string.

Every letter that espeak, Kokoro or a pronunciation dictionary may emit leads somewhere: to its own entry, to the sound
it looks like, or to a neutral sound of its class. Marks (length, tones, nasality, ties) say nothing about the lips.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from avatars.face.channels import Floats
from avatars.face.data import table

_TABLE: Final = table("phones")
ARTICULATORS: Final[tuple[str, ...]] = tuple(_TABLE["articulators"])
JAW, ROUND, FUNNEL, SPREAD, LOWER, UPPER, TONGUE = range(len(ARTICULATORS))
RISE_S, FALL_S, LEAD_S = (np.array([a[k] for a in _TABLE["articulators"].values()]) for k in ("rise", "fall", "lead"))
"""Per articulator: widths of the dominance flanks and how far the shape comes before its sound."""

_PHONES: Final = _TABLE["phones"]
SYMBOLS: Final[tuple[str, ...]] = tuple(_PHONES)
_ID: Final = {symbol: i for i, symbol in enumerate(SYMBOLS)}
SILENCE: Final[int] = _ID["sil"]
_OTHER_VOWEL, _OTHER_CONSONANT = _ID["ə"], _ID["t"]
_SILENT: Final = frozenset({"", "sil", "sp", "spn", "pau", "_", "#", "|", " "})
_STRESS: Final = {"ˈ": 2, "ˌ": 1, "'": 2, "ˊ": 2}


def _columns(part: int) -> Floats:
    """Targets (part 0) or dominances (part 1) of all symbols, (phones, articulators)."""
    return np.array([[p["targets"].get(a, (0.0, 0.0))[part] for a in ARTICULATORS] for p in _PHONES.values()])


TARGET: Final[Floats] = _columns(0)
DOMINANCE: Final[Floats] = _columns(1)
IS_VOWEL: Final = np.array([p.get("vowel", False) for p in _PHONES.values()])
IS_CLOSED: Final = np.array([p.get("lips") == "closed" for p in _PHONES.values()])
IS_TEETH: Final = np.array([p.get("lips") == "teeth" for p in _PHONES.values()])
IS_STOP: Final = np.array([symbol in "pb" for symbol in SYMBOLS])
VISEME_OF: Final[tuple[str, ...]] = tuple(p["viseme"] for p in _PHONES.values())


@dataclass(frozen=True, slots=True)
class Sound:
    """One part of an IPA string: the row of its symbol in the tables, its share of the time, its stress (0, 1, 2)."""

    phone: int
    share: float
    stress: int


@lru_cache(maxsize=4096)
def sounds(ipa: str) -> tuple[Sound, ...]:
    """The sounds of an IPA string in order, shares summing to 1; () for a pause. Never fails.

    A falling diphthong gives 60 % to its nucleus; what else stands together shares the time evenly.
    """
    phones, stress = _read(ipa)
    if not phones:
        return ()
    diphthong = len(phones) == 2 and IS_VOWEL[phones[0]] and IS_VOWEL[phones[1]]
    shares = (0.6, 0.4) if diphthong else (1 / len(phones),) * len(phones)
    stressed = next((i for i, p in enumerate(phones) if IS_VOWEL[p]), -1)
    return tuple(Sound(p, shares[i], stress if i == stressed else 0) for i, p in enumerate(phones))


def viseme(ipa: str) -> str:
    """The Oculus viseme of an IPA string's first sound that shows ("sil" when none does)."""
    names = (VISEME_OF[sound.phone] for sound in sounds(ipa))
    return next((name for name in names if name != "sil"), "sil")


def _read(ipa: str) -> tuple[list[int], int]:
    """Rows of the symbols in `ipa`, and its stress."""
    if ipa.strip() in _SILENT:
        return [], 0
    stress = max((_STRESS.get(c, 0) for c in ipa), default=0)
    letters = "".join(_letters(c) for c in unicodedata.normalize("NFC", ipa))
    phones: list[int] = []
    i = 0
    while i < len(letters):
        joined = _TABLE["joined"].get(letters[i : i + 2])
        phones.append(_row(joined or letters[i]))
        i += 2 if joined else 1
    return phones, stress


def _letters(c: str) -> str:
    """A character without what is no sound: modifier letters (ʰ, ː, ˈ), marks and punctuation; "" when nothing is left."""
    if c in _ID or c in _TABLE["like"]:
        return c
    spread: str = _TABLE["spread_out"].get(c, unicodedata.normalize("NFD", c))
    return "".join(part for part in spread if unicodedata.category(part) in ("Ll", "Lu", "Lo"))


def _row(letter: str) -> int:
    """Row of a letter, of what it looks like, or of a neutral sound of its class."""
    symbol = _TABLE["like"].get(letter, letter)
    symbol = _TABLE["like"].get(symbol, symbol)
    if symbol in _ID and symbol != "sil":
        return _ID[symbol]
    name = unicodedata.name(letter, "")
    base = name.removeprefix("LATIN SMALL LETTER ").removeprefix("LATIN CAPITAL LETTER ")[:1].lower()
    if base in _ID and name.startswith("LATIN"):
        return _ID[base]
    return _OTHER_VOWEL if base in "aeiou" else _OTHER_CONSONANT
