"""Recordings instead of scripts: any sound file becomes 24 kHz mono, and what is heard in it moves the lips."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain

import av
import numpy as np
from numpy.typing import NDArray

from avatars.audio.features import Floats
from avatars.audio.track import HeardClause, clauses
from avatars.audio.visemes import posteriors_of
from avatars.face import DEFAULT_RIG, Rig
from avatars.uploads.sound import NotSound, Silent, Track, opened
from avatars.videos.alignment import Differs, aligned, soundings
from avatars.videos.performance import Performance, later, perform
from avatars.videos.wish import LEAST_SECONDS, MOST_SECONDS, VideoWish
from avatars.voice import SAMPLE_RATE, SpeechChunk, Word, catalogue, is_slow, speak

_MOST_A_SECOND = 40  # characters that anybody says: nobody reads a book to find out that it is not in a minute of sound
LOWEST_RATE, HIGHEST_RATE = 4_000, 192_000  # samples a second of a recording


class Unreadable(Exception):
    """Not a sound file that can be used; `code` is stable."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def decoded(upload: bytes, heard: Callable[[], None] = lambda: None) -> NDArray[np.int16]:
    """The sound of a file (WAV, MP3, Ogg, M4A, WebM, FLAC) as (n,) int16 mono at 24 kHz; `heard()` is called for each frame.
    Raises Unreadable."""
    try:
        with opened(upload) as track:
            sound = np.concatenate([np.zeros(0, np.int16), *_resampled(track, heard)])
    except Silent as error:
        raise Unreadable("no_sound", "The file holds no sound.") from error
    except NotSound as error:
        raise Unreadable("unreadable_sound", "The file can't be read as sound.") from error
    if len(sound) < LEAST_SECONDS * SAMPLE_RATE:
        raise Unreadable("recording_too_short", "The recording holds hardly any sound.")
    return sound


def _resampled(track: Track, heard: Callable[[], None]) -> Iterator[NDArray[np.int16]]:
    """Parts of the sound, no more than a recording may last. Raises Unreadable."""
    if not LOWEST_RATE <= track.rate <= HIGHEST_RATE:
        raise NotSound
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
    total = 0
    for frame in chain(track.frames, (None,)):
        for part in resampler.resample(frame):
            total += part.samples
            if total > MOST_SECONDS * SAMPLE_RATE:
                raise Unreadable("recording_too_long", f"A recording may last {MOST_SECONDS // 60} minutes at most.")
            yield part.to_ndarray()[0].astype(np.int16)
        heard()


def _nothing() -> None:
    pass


def recorded(
    recording: bytes,
    wish: VideoWish,
    rig: Rig = DEFAULT_RIG,
    *,
    heard: Callable[[], None] = _nothing,
    reading: Callable[[], None] = _nothing,
) -> Performance:
    """A recording, a file as it was sent, with lips that follow it; its transcript's words with their times. `heard()` is
    called now and then, `reading()` once before the transcript is spoken. Raises Unreadable, TooLong, Differs, SpeechError."""
    sound = decoded(recording, heard)
    heard()
    samples = sound.astype(np.float32) / np.float32(32768)
    if len(wish.transcript) > _MOST_A_SECOND * (1 + len(sound) / SAMPLE_RATE):
        raise Differs
    words = _timed_words(samples, wish, heard, reading) if wish.transcript.strip() else ()
    return replace(perform(_clauses(samples, heard), wish, rig, sound=sound), words=words)


def _clauses(samples: Floats, heard: Callable[[], None]) -> Iterator[SpeechChunk]:
    """What is said in the recording; `heard()` is called after each clause has been acted."""
    for clause in clauses(samples, SAMPLE_RATE):
        yield _chunk(clause)
        heard()


def _timed_words(samples: Floats, wish: VideoWish, heard: Callable[[], None], reading: Callable[[], None]) -> tuple[Word, ...]:
    chunks = speak(wish.transcript, voice=_reader(wish.voice))  # what can't be read at all is refused here

    def spoken() -> Iterator[SpeechChunk]:
        reading()
        for chunk in chunks:
            yield chunk
            heard()

    words = soundings(spoken())
    return tuple(later(word) for word in aligned(posteriors_of(samples, SAMPLE_RATE), words, beat=heard))


def _reader(voice: str) -> str:
    """Who reads a transcript to find out how it sounds: the voice, or a quick one of its language."""
    if not is_slow(voice):
        return voice
    known = {info.id: info for info in catalogue()}
    language = known[voice].language.partition("-")[0]
    quick = (one.id for one in known.values() if one.available and one.language.partition("-")[0] == language)
    return next((one for one in quick if not is_slow(one)), voice)


def _chunk(clause: HeardClause) -> SpeechChunk:
    return SpeechChunk(
        text="",
        pcm=clause.pcm,
        sample_rate=SAMPLE_RATE,
        start_ms=clause.start_ms,
        phonemes=clause.phonemes,
        words=(),
        characters=0,
    )
