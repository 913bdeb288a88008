"""The voices there are, what each needs, and whether it can speak here."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from avatars.voice.clauses import Lengths
from avatars.voice.english_rules import RULES as ENGLISH_RULES
from avatars.voice.errors import SpeechError
from avatars.voice.espeak_process import NEEDS as NEEDS_ESPEAK
from avatars.voice.espeak_process import espeak_available
from avatars.voice.reading import Rule
from avatars.voice.sound import Engine
from avatars.voice.store import SPEAKERS, Speaker, fetched
from avatars.voice.world_rules import rules_for

Gender = Literal["female", "male", "neutral"]
DEFAULT_VOICE = "hibari-heart"
_NEEDS_KOKORO = "Run `make voices` once (it fetches about 120 MB)."
# hibari and espeak-ng speak a sentence in 20-30 ms: only very long ones are cut. Kokoro takes 0.2 s for a second of
# speech: its first clause is short, so that something is heard soon.
_FAST = Lengths(first=110, usual=240, most=300)
_SLOW = Lengths(first=40, usual=160, most=260)


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
    lengths: Lengths = _FAST

    @property
    def is_slow(self) -> bool:
        """Whether a clause takes the processor for a second rather than for milliseconds."""
        return self.lengths is _SLOW

    @property
    def rules(self) -> Sequence[Rule]:
        """How its language is read aloud."""
        return ENGLISH_RULES if self.info.language.startswith("en") else rules_for(self.info.language)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tongue:
    """A language of espeak-ng that was heard to read its own script; `gain_db` for its male and female variant."""

    code: str
    name: str
    voice: str
    gain_db: tuple[float, float]


def catalogue() -> tuple[VoiceInfo, ...]:
    """Every voice this version knows, the default first."""
    return tuple(entry.info for entry in _entries())


def entry_of(voice: str) -> VoiceEntry:
    """The voice with this id, ready to speak; raises SpeechError(unknown_voice | voice_unavailable)."""
    found = next((entry for entry in _entries() if entry.info.id == voice), None)
    if found is None:
        raise SpeechError("unknown_voice", f"There is no voice {voice!r}.", hint="Choose one from the list of voices.")
    if not found.info.available:
        raise SpeechError("voice_unavailable", f"The voice {voice!r} is not installed.", hint=found.info.needs or "")
    return found


def _entries() -> Iterator[VoiceEntry]:
    yield _HEART
    espeak = espeak_available()
    for speaker in SPEAKERS:
        yield _kokoro_entry(speaker, espeak)
    for tongue in _TONGUES:
        yield _espeak_entry(tongue, "male", espeak)
        yield _espeak_entry(tongue, "female", espeak)


def _kokoro_entry(speaker: Speaker, espeak: bool) -> VoiceEntry:
    foreign = not speaker.language.startswith("en")
    return VoiceEntry(
        info=VoiceInfo(
            id=f"kokoro-{speaker.name}",
            name=speaker.name[3:].capitalize(),
            language=speaker.language,
            gender="female" if speaker.name[1] == "f" else "male",
            engine="kokoro",
            licence="Apache-2.0",
            needs=f"{_NEEDS_KOKORO} {NEEDS_ESPEAK}" if foreign else _NEEDS_KOKORO,
            available=fetched(speaker.name) and (espeak or not foreign),
        ),
        engine=_kokoro,
        native=speaker.name,
        gain_db=speaker.gain_db,
        lengths=_SLOW,
    )


def _espeak_entry(tongue: _Tongue, gender: Literal["female", "male"], available: bool) -> VoiceEntry:
    female = gender == "female"
    return VoiceEntry(
        info=VoiceInfo(
            id=f"espeak-{tongue.code}-female" if female else f"espeak-{tongue.code}",
            name=f"{tongue.name} ({gender})",
            language=tongue.code,
            gender=gender,
            engine="espeak-ng",
            licence="GPL-3.0-or-later (in a process of its own)",
            needs=NEEDS_ESPEAK,
            available=available,
        ),
        engine=_espeak,
        native=f"{tongue.voice}+f2" if female else tongue.voice,
        gain_db=tongue.gain_db[female],
    )


# Engines are imported when a voice first speaks: a process that only lists voices needs no ONNX runtime.


@cache
def _hibari() -> Engine:
    from avatars.voice.hibari import HibariEngine

    return HibariEngine()


@cache
def _kokoro() -> Engine:
    from avatars.voice.kokoro import KokoroEngine

    return KokoroEngine()


@cache
def _espeak() -> Engine:
    from avatars.voice.espeak import EspeakEngine

    return EspeakEngine()


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
    gain_db=6.7,
)
_TONGUES = tuple(
    _Tongue(code=code, name=name, voice=voice, gain_db=(male, female))
    for code, name, voice, male, female in (
        ("de", "Deutsch", "de", 1.0, -0.8),
        ("en-US", "American English", "en-us", 1.3, -0.2),
        ("en-GB", "British English", "en-gb-x-rp", 0.6, -1.0),
        ("es", "Español", "es", 1.4, -0.5),
        ("fr", "Français", "fr", 2.1, 0.6),
        ("it", "Italiano", "it", 1.9, 0.2),
        ("pt-BR", "Português do Brasil", "pt-br", 0.7, -0.9),
        ("pt-PT", "Português", "pt", 0.8, -0.8),
        ("nl", "Nederlands", "nl", 0.5, -1.3),
        ("pl", "Polski", "pl", 1.1, -0.9),
        ("sv", "Svenska", "sv", 1.0, -0.8),
        ("da", "Dansk", "da", 0.3, -1.6),
        ("nb", "Norsk", "nb", 1.5, -0.2),
        ("fi", "Suomi", "fi", -0.1, -1.7),
        ("cs", "Čeština", "cs", 1.6, 0.0),
        ("tr", "Türkçe", "tr", -0.1, -1.8),
        ("ru", "Русский", "ru", 0.9, -0.8),
        ("uk", "Українська", "uk", -0.4, -1.7),
        ("el", "Ελληνικά", "el", 0.9, -0.8),
        ("hi", "हिन्दी", "hi", 0.0, -1.9),
        ("zh-CN", "普通话", "cmn", -1.5, -3.2),
    )
)  # fmt: skip
