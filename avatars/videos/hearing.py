"""Recordings instead of scripts: any sound file becomes 24 kHz mono, and what is heard in it moves the lips."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from avatars.audio.features import Floats
from avatars.audio.track import HeardClause, clauses
from avatars.audio.visemes import posteriors_of
from avatars.face import DEFAULT_RIG, Rig
from avatars.videos.alignment import aligned, soundings
from avatars.videos.performance import Performance, later, perform
from avatars.videos.wish import LEAST_SECONDS, MOST_SECONDS, VideoWish
from avatars.voice import SAMPLE_RATE, SpeechChunk, Word, catalogue, is_slow, speak


class Unreadable(Exception):
    """Not a sound file that can be used; `code` is stable."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def decoded(upload: bytes) -> NDArray[np.int16]:
    """The sound of a file (WAV, MP3, Ogg, M4A, WebM, FLAC …) as (n,) int16 mono at 24 kHz. Raises Unreadable."""
    blocks: list[NDArray[np.int16]] = []
    total = 0
    try:
        with av.open(BytesIO(upload), "r") as file:
            if not file.streams.audio:
                raise Unreadable("no_sound", "The file holds no sound.")
            resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
            for frame in file.decode(audio=0):
                blocks += [part.to_ndarray()[0] for part in resampler.resample(frame)]
                total += len(blocks[-1]) if blocks else 0
                if total > MOST_SECONDS * SAMPLE_RATE:
                    raise Unreadable("recording_too_long", f"A recording may last {MOST_SECONDS // 60} minutes at most.")
            blocks += [part.to_ndarray()[0] for part in resampler.resample(None)]
    except FFmpegError as error:
        raise Unreadable("unreadable_sound", "The file can't be read as sound.") from error
    sound = np.concatenate(blocks) if blocks else np.zeros(0, np.int16)
    if len(sound) < LEAST_SECONDS * SAMPLE_RATE:
        raise Unreadable("recording_too_short", "The recording holds hardly any sound.")
    return sound.astype(np.int16)


def recorded(
    recording: bytes, wish: VideoWish, rig: Rig = DEFAULT_RIG, *, heard: Callable[[], None] = lambda: None
) -> Performance:
    """A recording, a file as it was sent, with lips that follow it; its transcript's words with their times. `heard()` is
    called now and then. Raises Unreadable, TooLong, Differs, SpeechError."""
    sound = decoded(recording)
    heard()
    samples = sound.astype(np.float32) / np.float32(32768)
    words = _timed_words(samples, wish, heard) if wish.transcript.strip() else ()
    performance = perform((_chunk(clause) for clause in clauses(samples, SAMPLE_RATE)), wish, rig, sound=sound)
    return replace(performance, words=words)


def _timed_words(samples: Floats, wish: VideoWish, heard: Callable[[], None]) -> tuple[Word, ...]:
    def spoken() -> Iterator[SpeechChunk]:
        for chunk in speak(wish.transcript, voice=_reader(wish.voice)):
            yield chunk
            heard()

    words = soundings(spoken())
    return tuple(later(word) for word in aligned(posteriors_of(samples, SAMPLE_RATE), words))


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
