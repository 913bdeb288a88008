"""Which scripts a voice can read."""

import unicodedata
from functools import lru_cache

from avatars.voice.errors import SpeechError

_LATIN = frozenset({"LATIN", "FEMININE", "MASCULINE", "MICRO", "KELVIN", "ANGSTROM"})
_SCRIPTS = {
    "ru": frozenset({"CYRILLIC"}),
    "uk": frozenset({"CYRILLIC"}),
    "bg": frozenset({"CYRILLIC"}),
    "el": frozenset({"GREEK"}),
    "hi": frozenset({"DEVANAGARI"}),
    "zh": frozenset({"CJK", "BOPOMOFO"}),
    "ar": frozenset({"ARABIC"}),
    "ko": frozenset({"HANGUL"}),
}


def check_scripts(text: str, language: str) -> None:
    """Raise SpeechError(unsupported_text) when there is nothing to say, SpeechError(unsupported_language) when most
    letters are of a script that voices of `language` don't read. Latin letters are read by all."""
    readable = _LATIN | _SCRIPTS.get(language.partition("-")[0], frozenset())
    letters = [_script(letter) for letter in unicodedata.normalize("NFKC", text) if letter.isalpha()]
    if not letters and not any(letter.isalnum() for letter in text):
        raise SpeechError(
            "unsupported_text",
            "The text has no letters or digits: there is nothing to say.",
            hint="Send words; emoji and signs alone are silent.",
        )
    foreign = [script for script in letters if script not in readable]
    if 2 * len(foreign) > len(letters):
        raise SpeechError(
            "unsupported_language",
            f"A voice for {language} can't read {foreign[0].title()} letters.",
            hint="Choose a voice of the text's language.",
        )


@lru_cache(maxsize=8192)
def _script(letter: str) -> str:
    return unicodedata.name(letter, "UNKNOWN").partition(" ")[0].partition("-")[0]
