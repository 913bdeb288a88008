"""Text to timed speech without a session: whole, or clause by clause while it is being made."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from avatars.blocks.errors import speech_problem
from avatars.blocks.metering import Customer, metered
from avatars.blocks.room import each_in_room
from avatars.face.phones import VISEME_OF
from avatars.face.speech import timeline
from avatars.voice import DEFAULT_VOICE, SpeechChunk, SpeechError, speak
from quotas.metrics import Metric

MOST_CHARACTERS = 5_000
SLOWEST, FASTEST = 0.5, 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """What is to be said: `text` of 1–5,000 characters, `rate` 0.5–2 times the voice's own pace."""

    text: str
    voice: str = DEFAULT_VOICE
    rate: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedViseme:
    """A mouth shape (of the 15 Oculus visemes) from start_ms to end_ms on the sound's clock; "sil" where nothing is said."""

    viseme: str
    start_ms: int
    end_ms: int


def spoken(customer: Customer, utterance: Utterance) -> list[SpeechChunk]:
    """Every clause of `utterance`; its characters are charged when all of it could be said.

    Raises Invalid or Conflict for text and voices that don't work, QuotaExceeded, Unavailable. Outside of scopes.
    """
    with closing(clauses(customer, utterance)) as made:
        return list(made)


def clauses(customer: Customer, utterance: Utterance) -> Generator[SpeechChunk]:
    """As `spoken`, each clause when it is asked for. Closing it early charges the clauses that were begun; errors nothing."""
    with _as_problems():
        # Before anything is held: a voice or a text that can't work at all is refused here.
        chunks = speak(utterance.text, voice=utterance.voice, rate=utterance.rate)
        with metered(customer, Metric.TTS_CHARACTERS, len(utterance.text), purpose="speech") as meter:
            try:
                for chunk in _heard_first(each_in_room(chunks)):
                    meter.used += chunk.characters
                    yield chunk
            except Exception:
                meter.used = 0
                raise


def visemes(chunks: list[SpeechChunk]) -> list[TimedViseme]:
    """The visemes of all clauses without gaps, neighbours that look alike as one."""
    found: list[TimedViseme] = []
    for chunk in chunks:
        sounds = timeline(chunk)
        for phone, start, end in zip(sounds.phone, sounds.start, sounds.end, strict=True):
            at, until = chunk.start_ms + round(start * 1000), chunk.start_ms + round(end * 1000)
            _append(found, TimedViseme(viseme=VISEME_OF[phone], start_ms=at, end_ms=until))
    return found


def _append(found: list[TimedViseme], new: TimedViseme) -> None:
    if found and found[-1].viseme == new.viseme:
        found[-1] = TimedViseme(viseme=new.viseme, start_ms=found[-1].start_ms, end_ms=new.end_ms)
    elif new.end_ms > new.start_ms:
        found.append(new)


def _heard_first(chunks: Iterator[SpeechChunk]) -> Iterator[SpeechChunk]:
    """Hold silent clauses back until one is heard: that a text says nothing at all is known only at its end."""
    waiting: list[SpeechChunk] = []
    is_heard = False
    for chunk in chunks:
        waiting.append(chunk)
        is_heard = is_heard or bool(chunk.phonemes)
        if is_heard:
            yield from waiting
            waiting.clear()


@contextmanager
def _as_problems() -> Iterator[None]:
    try:
        yield
    except SpeechError as error:
        raise speech_problem(error) from error
