"""What happened on a stage: the element's events, the sound that reached the speaker, the faces that were shown."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page

from avatars.face import ARKIT, decode
from streaming.protocol import Kind
from tests.live import Media

RATE = 24_000
RAMP = 72  # samples in which the player lets a turn begin
WAIT_MS = 60_000
Sound = NDArray[np.int16]


@dataclass
class Recording:
    """The recorder of a page (recorder.js), and the media that its connections received."""

    page: Page
    media: list[Media]

    def wait_for(self, name: str, **detail: Any) -> dict[str, Any]:
        """The first event of the element with this name and detail."""
        find = """([name, detail]) => window.record.events.find((event) =>
            event.name === name && Object.entries(detail).every(([key, value]) => event[key] === value))"""
        found: dict[str, Any] = self.page.wait_for_function(find, arg=[name, detail], polling=100, timeout=WAIT_MS).json_value()
        return found

    def wait_for_word(self, index: int) -> None:
        """Until the caption has come to a word, counted from 0."""
        find = "(index) => window.record.events.some(({ name, word }) => name === 'caption' && word >= index)"
        self.page.wait_for_function(find, arg=index, polling=20, timeout=WAIT_MS)

    def taken(self) -> Take:
        """All that was recorded until now."""
        record = json.loads(self.page.evaluate("() => JSON.stringify(window.record)"))
        return Take(record, list(self.media))


@dataclass
class Take:
    """A finished recording."""

    record: dict[str, Any]
    media: list[Media]

    def events(self, name: str) -> list[dict[str, Any]]:
        return [event for event in self.record["events"] if event["name"] == name]

    @property
    def words(self) -> list[str]:
        """Words in the order in which the caption lit them."""
        lit: list[str] = self.record["words"]
        return [word for index, word in enumerate(lit) if index == 0 or word != lit[index - 1]]

    @cached_property
    def heard(self) -> tuple[float, Sound]:
        """Second on the audio clock at which recording began, and every sample since; 0 where the clock jumped."""
        chunks = [(start, np.array(samples, np.int16)) for start, samples in self.record["sound"]]
        first, (last, end) = chunks[0][0], chunks[-1]
        sound = np.zeros(last + len(end) - first, np.int16)
        for start, samples in chunks:
            sound[start - first : start - first + len(samples)] = samples
        return first / RATE, sound

    def loudness(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Seconds on the audio clock, and RMS in 0–1 of the 10 ms that begin there."""
        start, sound = self.heard
        blocks = sound[: len(sound) // 240 * 240].reshape(-1, 240) / 32768
        return start + np.arange(len(blocks)) / 100, np.sqrt(np.mean(blocks**2, axis=1))

    def sent(self, turn: int) -> Sound:
        """The sound of a turn as the server sent it; each pair once."""
        pieces = {item.header.seq: item.payload for item in self._of(turn, Kind.PCM16)}
        return np.frombuffer(b"".join(pieces[seq] for seq in sorted(pieces)), "<i2")

    def played_from(self, turn: int) -> float:
        """Second on the audio clock at which a turn began to leave; fails unless it left sample by sample as sent."""
        start, heard = self.heard
        sent = self.sent(turn)
        loud = int(np.argmax(np.abs(sent.astype(int)) > 500))
        at = Finder(heard).find(sent[loud : loud + RATE // 2]) - loud
        difference = np.abs(heard[at + RAMP : at + len(sent)].astype(int) - sent[RAMP:])
        assert difference.max() <= 2, f"what was heard is not what was sent: {np.sum(difference > 2)} samples differ"
        return start + at / RATE

    def faces(self, turn: int) -> Faces:
        """What the face director showed during a turn."""
        samples = [sample for sample in self.record["faces"] if sample["turn"] == turn and sample["moving"]]
        return Faces(
            heard_at=np.array([sample["heard_at"] for sample in samples]),
            position_ms=np.array([sample["ptsMs"] for sample in samples]),
            weights=np.array([sample["weights"] for sample in samples], np.float32),
        )

    def drawn(self, turn: int, channel: str) -> list[float]:
        """A channel in the pictures that the viewer drew during a turn."""
        return [picture["weights"][ARKIT.index(channel)] for picture in self.record["pictures"] if picture["turn"] == turn]

    def track(self, turn: int) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """The face as the server sent it: pts in ms, and (T, 52) weights."""
        pieces = {item.header.seq: item for item in self._of(turn, Kind.FACE)}
        tracks = [decode(item.payload, pts_ms=item.header.pts_ms) for _, item in sorted(pieces.items())]
        times = [track.start_ms + np.arange(len(track)) * 1000 / track.fps for track in tracks]
        return np.concatenate(times), np.concatenate([track.weights for track in tracks])

    def _of(self, turn: int, kind: Kind) -> list[Media]:
        return [item for item in self.media if item.header.turn == turn and item.header.kind == kind]


@dataclass(frozen=True, slots=True)
class Faces:
    """N moments of a turn: second on the audio clock, the conversation's own position, (N, 52) weights shown."""

    heard_at: NDArray[np.float64]
    position_ms: NDArray[np.float64]
    weights: NDArray[np.float32]


class Finder:
    """Finds pieces of sound in a longer one."""

    def __init__(self, heard: Sound) -> None:
        self._size = 1 << int(np.ceil(np.log2(len(heard) + RATE)))
        self._length = len(heard)
        self._spectrum = np.fft.rfft(heard.astype(np.float64), self._size)

    def find(self, piece: Sound) -> int:
        """Where it lies best; a piece is no longer than a second."""
        match = np.fft.irfft(self._spectrum * np.conj(np.fft.rfft(piece.astype(np.float64), self._size)), self._size)
        return int(np.argmax(match[: self._length]))
