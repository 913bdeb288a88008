"""The voices there are, what each needs, and whether it can speak here."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from avatars.voice.errors import SpeechError
from avatars.voice.hibari import HibariEngine
from avatars.voice.sound import Engine

Gender = Literal["female", "male", "neutral"]
DEFAULT_VOICE = "hibari-heart"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceInfo:
    """A voice as people choose it. `language` is BCP 47; `needs` says what to do while it is not available."""

    id: str
    name: str
    language: str
    gender: Gender
    engine: str
    licence: str
    needs: str | None
    available: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceEntry:
    """A voice with what makes it sound: the engine, the engine's own name for it, and its gain to -20 LUFS."""

    info: VoiceInfo
    engine: Callable[[], Engine]
    native: str
    gain_db: float


def catalogue() -> tuple[VoiceInfo, ...]:
    """Every voice this version knows, the default first."""
    return tuple(entry.info for entry in _entries())


def entry_of(voice: str) -> VoiceEntry:
    """The voice with this id, ready to speak; raises SpeechError(unknown_voice | voice_unavailable)."""
    for entry in _entries():
        if entry.info.id == voice:
            return entry
    raise SpeechError(
        "unknown_voice", f"There is no voice {voice!r}.", hint="Choose one from the list of voices."
    )


def _entries() -> tuple[VoiceEntry, ...]:
    return (_HEART,)


@cache
def _hibari() -> Engine:
    return HibariEngine()


_HEART = VoiceEntry(
    info=VoiceInfo(
        id=DEFAULT_VOICE,
        name="Heart",
        language="en-US",
        gender="female",
        engine="hibari",
        licence="Apache-2.0",
        needs=None,
        available=True,
    ),
    engine=_hibari,
    native="heart",
    gain_db=6.5,
)
