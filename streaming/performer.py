"""A turn as a stream of packets: clauses of speech become pairs of audio and face, ready for the wire. Knows no Redis."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatars.face import Animator, FaceEncoder
from avatars.voice import SAMPLE_RATE, SpeechChunk
from streaming.bus import Packet
from streaming.protocol import Flag, Kind, control, media

FPS = 30
# A pair's length: short at first so that sound starts at once, then ever longer so that a turn costs few messages. Multiples of
# 100 ms, which is a whole number of frames at 30 fps.
SEGMENTS_MS = (400, 600, 1000, 1000)
SEGMENT_MS = 2000
_SAMPLES_PER_MS = SAMPLE_RATE // 1000


@dataclass(slots=True)
class Performance:
    """Turns clauses into packets. `clock_ms` is where pts 0 lies on the session's clock."""

    turn: int
    text: str
    animator: Animator
    clock_ms: int
    pts_ms: int = 0
    seq: int = 0
    read: int = 0
    _audio: list[NDArray[np.int16]] = field(default_factory=list)
    _buffered: int = 0
    _messages: list[str | bytes] = field(default_factory=list)
    _clauses: list[dict[str, Any]] = field(default_factory=list)
    _encoder: FaceEncoder = field(default_factory=lambda: FaceEncoder(FPS))

    def packets(self, chunks: Iterator[SpeechChunk], opening: str) -> Iterator[Packet]:
        """Every packet of the turn in order; `opening` (turn.started) travels with the first, the last one says so.

        The last whole segment of a clause waits until the next clause is there, or the end.
        """
        self._messages.append(opening)
        for chunk in chunks:
            self._take(chunk)
            while self._buffered_ms() > self._segment_ms():
                yield self._packet(self._segment_ms())
        yield self._packet(self._buffered_ms(), last=True)

    def _take(self, chunk: SpeechChunk) -> None:
        self.animator.speak(chunk, at_ms=self.clock_ms + chunk.start_ms)
        self._audio.append(chunk.pcm)
        self._buffered += len(chunk.pcm)
        words = [(word.text, word.start_ms, word.end_ms) for word in chunk.words]
        start, self.read = self.read, self.read + chunk.characters
        self._clauses.append(
            {
                "text_start": start,
                "text_end": self.read,
                "start_ms": chunk.start_ms,
                "end_ms": chunk.start_ms + chunk.duration_ms,
                "words": words,
            }
        )
        self._messages.append(control("turn.text", turn=self.turn, delta=self.text[start : self.read]))
        self._messages.append(control("turn.words", turn=self.turn, words=words))

    def _buffered_ms(self) -> int:
        return self._buffered // _SAMPLES_PER_MS

    def _segment_ms(self) -> int:
        return SEGMENTS_MS[self.seq] if self.seq < len(SEGMENTS_MS) else SEGMENT_MS

    def _packet(self, length_ms: int, *, last: bool = False) -> Packet:
        flags = Flag.KEY | (Flag.LAST if last else 0)
        at = {"turn": self.turn, "pts_ms": self.pts_ms, "seq": self.seq, "flags": flags}
        start = self.clock_ms + self.pts_ms
        track = self.animator.track(start, start + max(length_ms, 1), fps=FPS)
        audio = media(Kind.PCM16, self._samples(length_ms).tobytes(), **at)
        face = media(Kind.FACE, self._encoder.encode(track), **at)
        self.pts_ms += length_ms
        about = {"end_ms": self.pts_ms, "clauses": self._clauses, "last": last}
        packet = Packet(turn=self.turn, seq=self.seq, frames=(*self._messages, audio, face), about=about)
        self.seq += 1
        self._messages, self._clauses = [], []
        return packet

    def _samples(self, length_ms: int) -> NDArray[np.int16]:
        whole = np.concatenate(self._audio) if self._audio else np.zeros(0, np.int16)
        count = length_ms * _SAMPLES_PER_MS
        self._audio, self._buffered = [whole[count:]], len(whole) - count
        return whole[:count]
