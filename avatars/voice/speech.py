"""Text in, timed speech out, clause by clause."""

from collections.abc import Iterator
from math import isnan

from avatars.voice.catalogue import DEFAULT_VOICE, VoiceEntry, entry_of
from avatars.voice.clauses import Caption, Clause, clauses
from avatars.voice.errors import SpeechError
from avatars.voice.loudness import level
from avatars.voice.pauses import trim
from avatars.voice.scripts import check_scripts
from avatars.voice.sound import Sound, TimedToken
from avatars.voice.timeline import SAMPLE_RATE, Phoneme, SpeechChunk, Word

MAX_CHARACTERS = 50_000
SLOWEST, FASTEST = 0.5, 2.0


def speak(text: str, *, voice: str, rate: float = 1.0) -> Iterator[SpeechChunk]:
    """Speak `text`, one chunk a clause, each made when it is asked for; closing the iterator ends the work.

    `rate`: pace, 1.0 is the voice's own; held within 0.5-2.0. Raises SpeechError, at once where the text or the voice
    can't work. Safe from several threads.
    """
    entry = entry_of(voice)
    _check(text, entry.info.language)
    pace = 1.0 if isnan(rate) else min(max(rate, SLOWEST), FASTEST)
    return _chunks(text, entry, pace)


def is_slow(voice: str) -> bool:
    """Whether the voice takes the processor for longer than other turns may wait; raises SpeechError."""
    return entry_of(voice).is_slow


def warm_up(voice: str = DEFAULT_VOICE) -> None:
    """Load what a voice needs, so that its first clause is fast; raises SpeechError."""
    entry = entry_of(voice)
    entry.engine().warm_up(entry.native)


def _check(text: str, language: str) -> None:
    if not text.strip():
        raise SpeechError("empty_text", "There is nothing to say.", hint="Send some text.")
    if len(text) > MAX_CHARACTERS:
        raise SpeechError(
            "text_too_long",
            f"The text has {len(text)} characters, {MAX_CHARACTERS} is the most.",
            hint="Send it in parts.",
        )
    check_scripts(text, language)


def _chunks(text: str, entry: VoiceEntry, rate: float) -> Iterator[SpeechChunk]:
    at, said = 0, False
    for clause in clauses(text, rules=entry.rules, lengths=entry.lengths):
        sound = trim(entry.engine().render(clause, voice=entry.native, rate=rate), clause.spoken, rate)
        chunk = _chunk(clause, sound, at, entry.gain_db)
        at += chunk.duration_ms
        said = said or bool(chunk.phonemes)
        yield chunk
    if not said:
        raise SpeechError("unsupported_text", "The voice can't say any of this text.", hint="Send words of its language.")


def _chunk(clause: Clause, sound: Sound, at: int, gain_db: float) -> SpeechChunk:
    return SpeechChunk(
        text=clause.source.strip(),
        pcm=level(sound.samples, gain_db),
        sample_rate=SAMPLE_RATE,
        start_ms=at,
        phonemes=tuple(Phoneme(ipa=one.ipa, start_ms=one.start_ms + at, end_ms=one.end_ms + at) for one in sound.phonemes),
        words=tuple(_words(clause.captions, sound, at)),
        characters=len(clause.source),
    )


def _words(captions: tuple[Caption, ...], sound: Sound, at: int) -> Iterator[Word]:
    """A caption sounds from the first to the last token that overlaps it; one that says nothing is left out."""
    for caption in captions:
        said = [_share(token, caption) for token in sound.tokens if token.start < caption.end and token.end > caption.start]
        if said:
            start, end = min(start for start, _ in said), max(end for _, end in said)
            yield Word(text=caption.text, start_ms=at + round(start), end_ms=at + round(end))


def _share(token: TimedToken, caption: Caption) -> tuple[float, float]:
    """The caption's part of a token's time, by characters: an engine may read two words as one."""
    pace = (token.end_ms - token.start_ms) / (token.end - token.start)
    first, last = max(caption.start, token.start), min(caption.end, token.end)
    return token.start_ms + pace * (first - token.start), token.start_ms + pace * (last - token.start)
