"""espeak-ng's IPA strings as single segments."""

import re
import unicodedata

from avatars.voice.labels import NUCLEUS, VOWELS, Label

_LIGATURES = {"tʃ": "ʧ", "dʒ": "ʤ", "ts": "ʦ", "dz": "ʣ", "tɕ": "ʨ", "dʑ": "ʥ"}
_PLAIN = {"g": "ɡ", "ɝ": "ɜ", "ʏ": "y", "ʉ": "u", "ᵊ": "ə"}
_LANGUAGE = re.compile(r"\([a-z-]+\)")


def segments(ipa: str, start: float, end: float, index: int) -> list[Label]:
    """The segments of one phoneme event over [start, end) ms; none for a pause or a change of language.

    A diphthong gets 60 % for its nucleus; other clusters are shared out evenly.
    """
    stress = "ˈ" if "ˈ" in ipa else "ˌ" if "ˌ" in ipa else ""
    letters = letters_of(ipa)
    edges = _edges(letters, start, end)
    out = []
    for at, letter in enumerate(letters):
        carries = stress if letter in VOWELS else ""
        stress = "" if carries else stress
        out.append(Label(ipa=letter, start=edges[at], end=edges[at + 1], index=index, stress=carries))
    return out


def letters_of(ipa: str) -> list[str]:
    """Single segments without stress, length and colouring marks; affricates as ligatures."""
    bare = _LANGUAGE.sub("", ipa).replace("\u0361", "")
    for pair, ligature in _LIGATURES.items():
        bare = bare.replace(pair, ligature)
    return [_PLAIN.get(letter, letter) for letter in bare if unicodedata.category(letter) in {"Ll", "Lo", "Lu"}]


def _edges(letters: list[str], start: float, end: float) -> list[float]:
    if len(letters) == 2 and all(letter in VOWELS for letter in letters):
        return [start, start + NUCLEUS * (end - start), end]
    count = max(len(letters), 1)
    return [start + (end - start) * at / count for at in range(count)] + [end]
