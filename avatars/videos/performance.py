"""What is heard and how the face moves: a script or a recording becomes sound, a face track and timed words. No models."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from avatars.face import DEFAULT_RIG, Animator, Rig
from avatars.render.base import Table
from avatars.videos.wish import EmotionCue, VideoWish
from avatars.voice import SAMPLE_RATE, SpeechChunk, Word, speak

LEAD_MS = 300  # the face is there before the first word
TAIL_MS = 700  # and stays after the last one
MOST_MS = 30 * 60 * 1000
# As long as encoders go from one key frame to the next, so that cutting costs nothing; short, so that a short video has
# something to do for every core. Of a long one they are longer: a worker that goes from one video to another needs a second
# to set the other face up.
SEGMENT_SECONDS, LONGEST_SEGMENT_SECONDS = 4, 12
_CUTS = 8
_PER_MS = SAMPLE_RATE // 1000


class TooLong(Exception):
    """The speech is longer than a video may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """`sound`: (n,) int16 mono at 24 kHz; `table`: (T, 57) float32 in the order of CHANNELS, one row a frame; both begin at
    0 and end together, within a frame. `words` lie on the same clock."""

    sound: NDArray[np.int16]
    table: Table
    words: tuple[Word, ...]

    @property
    def duration_ms(self) -> int:
        """Length of the sound."""
        return len(self.sound) // _PER_MS

    def as_bytes(self) -> bytes:
        """As an uncompressed .npz, to be stored."""
        words = json.dumps([asdict(word) for word in self.words]).encode()
        file = BytesIO()
        np.savez(file, sound=self.sound, table=self.table, words=np.frombuffer(words, np.uint8))
        return file.getvalue()


def performance_of(stored: bytes) -> Performance:
    """What `as_bytes` gave."""
    with np.load(BytesIO(stored), allow_pickle=False) as parts:
        words = json.loads(parts["words"].tobytes())
        return Performance(sound=parts["sound"], table=parts["table"], words=tuple(Word(**word) for word in words))


def spoken(wish: VideoWish, rig: Rig = DEFAULT_RIG, *, heard: Callable[[], None] = lambda: None) -> Performance:
    """The wish's script, spoken; `heard()` is called after each clause. Raises SpeechError, TooLong."""

    def chunks() -> Iterator[SpeechChunk]:
        for chunk in speak(wish.script, voice=wish.voice, rate=wish.rate):
            yield chunk
            heard()

    return perform(chunks(), wish, rig)


def perform(
    chunks: Iterable[SpeechChunk], wish: VideoWish, rig: Rig = DEFAULT_RIG, *, sound: NDArray[np.int16] | None = None
) -> Performance:
    """Clauses of speech as a face that says them. `sound`: what is heard, where that is more than the clauses' own sound
    (then they may lie apart). Raises TooLong."""
    acting = _Acting(wish, rig)
    for chunk in chunks:
        acting.take(chunk)
    return acting.result(sound)


class _Acting:
    """Draws each clause when the next one is known, so that lips move towards what follows."""

    def __init__(self, wish: VideoWish, rig: Rig) -> None:
        self._fps, self._animator = wish.fps, Animator(wish.seed(), rig)
        self._cues = sorted(wish.emotions, key=lambda cue: cue.at_ms or 0)
        self._tables: list[Table] = []
        self._sound = [np.zeros(LEAD_MS * _PER_MS, np.int16)]
        self._words: list[Word] = []
        self._end_ms, self._drawn, self._read = LEAD_MS, 0, 0

    def take(self, chunk: SpeechChunk) -> None:
        begin = LEAD_MS + chunk.start_ms
        self._cue(chunk, begin)
        self._animator.speak(chunk, at_ms=begin)
        self._draw(begin)
        self._sound.append(chunk.pcm)
        self._words += [later(word) for word in chunk.words]
        self._end_ms = begin + chunk.duration_ms
        self._read += chunk.characters
        if self._end_ms > MOST_MS:
            raise TooLong(f"A video may last {MOST_MS // 60_000} minutes at most.")

    def result(self, sound: NDArray[np.int16] | None) -> Performance:
        if sound is not None:
            self._sound[1:] = [sound]
            self._end_ms = max(self._end_ms, LEAD_MS + len(sound) // _PER_MS)
        frames = -(-(self._end_ms + TAIL_MS) * self._fps // 1000)
        self._draw(frames * 1000 / self._fps)
        whole = np.concatenate(self._sound)
        length = frames * SAMPLE_RATE // self._fps
        whole = np.pad(whole, (0, max(0, length - len(whole))))[:length]
        return Performance(sound=whole, table=np.concatenate(self._tables)[:frames], words=tuple(self._words))

    def _cue(self, chunk: SpeechChunk, begin: int) -> None:
        """Set the emotions that begin within the clause, just before it is drawn: a face remembers only the last few."""
        end, read = begin + chunk.duration_ms, self._read + chunk.characters
        waiting = []
        for cue in self._cues:
            at = LEAD_MS + cue.at_ms if cue.at_ms is not None else begin + _heard_at(chunk, (cue.at_text or 0) - self._read)
            if (cue.at_ms is not None and at < end) or (cue.at_text is not None and cue.at_text < read):
                self._animator.set_emotion(cue.name, cue.intensity, at_ms=_from_start(cue, at))
            else:
                waiting.append(cue)
        self._cues = waiting

    def _draw(self, until_ms: float) -> None:
        """Frames up to `until_ms`, on the grid that begins at 0."""
        after = int(until_ms * self._fps // 1000)
        if after > self._drawn:
            # Tracks count in whole ms: one of these starts within half a millisecond of its frame.
            start, stop = (round(frame * 1000 / self._fps) for frame in (self._drawn, after))
            table = self._animator.track(start, stop + 1, fps=self._fps).table()[: after - self._drawn]
            self._tables.append(table)
            self._drawn = after


def _from_start(cue: EmotionCue, at: int) -> int:
    """An emotion at the very beginning is there from the first frame on."""
    return 0 if not (cue.at_ms or cue.at_text) else at


def _heard_at(chunk: SpeechChunk, character: int) -> int:
    """When, in ms from the clause's start, the word at or after `character` of the clause begins."""
    at = 0
    for word in chunk.words:
        at = max(chunk.text.find(word.text, at), at)
        if at + len(word.text) > character:
            return word.start_ms - chunk.start_ms
    return 0


def later(word: Word) -> Word:
    """A word of the speech on the video's clock."""
    return Word(text=word.text, start_ms=word.start_ms + LEAD_MS, end_ms=word.end_ms + LEAD_MS)


def segments(frames: int, fps: int) -> Iterator[tuple[int, int]]:
    """(first, after) of each segment: about eight of 4 to 12 s; none is shorter than 2.6 s unless it is the only one."""
    seconds = min(LONGEST_SEGMENT_SECONDS, max(SEGMENT_SECONDS, frames / fps / _CUTS))
    count = max(1, round(frames / (fps * seconds)))
    for number in range(count):
        yield frames * number // count, frames * (number + 1) // count
