"""Uploaded sound: read within limits, then heard as visemes. What is listened to is charged as speech recognition."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accounts.errors import Invalid
from avatars.blocks.errors import Unavailable
from avatars.blocks.metering import Customer, metered
from avatars.blocks.room import room
from avatars.blocks.speaking import TimedViseme
from avatars.face.speech import Speech
from avatars.voice import SAMPLE_RATE
from quotas.metrics import Metric

MOST_BYTES = 32 * 1024 * 1024
MOST_SECONDS = 300
LOWEST_RATE, HIGHEST_RATE = 8_000, 48_000
_WIDEST = 4  # bytes of a sample
# What the reader of the standard library raises for damaged files; RuntimeError where a chunk ends before it should.
_BROKEN = (wave.Error, EOFError, ValueError, RuntimeError, OSError, ZeroDivisionError, OverflowError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """`samples`: (n,) float32 mono in -1..1 at `rate` Hz."""

    samples: NDArray[np.float32]
    rate: int

    @property
    def duration_ms(self) -> int:
        """Rounded up."""
        return -(-len(self.samples) * 1000 // self.rate)


def recording_of(content: bytes, form: str) -> Recording:
    """A WAV file of whole-number samples (several channels are mixed), or bare 16-bit mono samples at 24 kHz.

    Raises Invalid (audio_unreadable, audio_empty, audio_too_long).
    """
    recording = _wav(content) if form == "wav" else _bare(content)
    if not len(recording.samples):
        raise Invalid("There is no sound in this file.", code="audio_empty")
    if recording.duration_ms > MOST_SECONDS * 1000:
        raise Invalid(f"The sound may last {MOST_SECONDS} s.", code="audio_too_long", hint="Send it in parts.")
    return recording


def heard_visemes(customer: Customer, recording: Recording) -> list[TimedViseme]:
    """The mouth shapes of a recording, without gaps; its milliseconds are charged. Raises QuotaExceeded, Unavailable."""
    from avatars.audio.visemes import visemes_of  # with the network, when it is first needed

    with _charged(customer, recording):
        found = visemes_of(recording.samples, recording.rate)
    end = recording.duration_ms
    return [
        TimedViseme(viseme=one.viseme, start_ms=one.start_ms, end_ms=min(one.end_ms, end)) for one in found if one.start_ms < end
    ]


def heard_clauses(customer: Customer, recording: Recording) -> Sequence[Speech]:
    """What is said in a recording, as a face takes it; charged and refused like `heard_visemes`."""
    from avatars.audio.track import clauses

    with _charged(customer, recording):
        return clauses(recording.samples, recording.rate)


@contextmanager
def _charged(customer: Customer, recording: Recording) -> Iterator[None]:
    with metered(customer, Metric.STT_MS, recording.duration_ms, purpose="lipsync") as meter:
        try:
            with room():
                yield
        except FileNotFoundError as error:
            detail = "The network that hears visemes is not installed here."
            raise Unavailable(detail, code="model_missing", hint="Send `text` instead.") from error
        meter.used = recording.duration_ms


def _bare(content: bytes) -> Recording:
    if len(content) % 2:
        raise _unreadable()
    return Recording(samples=_scaled(np.frombuffer(content, "<i2"), 16), rate=SAMPLE_RATE)


def _wav(content: bytes) -> Recording:
    try:
        with wave.open(io.BytesIO(content)) as wav:
            rate, channels, width = wav.getframerate(), wav.getnchannels(), wav.getsampwidth()
            if width > _WIDEST or not LOWEST_RATE <= rate <= HIGHEST_RATE:
                raise _unreadable()
            data = wav.readframes(MOST_SECONDS * rate + rate)
        return Recording(samples=_mixed(data, width, channels), rate=rate)
    except _BROKEN as error:
        raise _unreadable() from error


def _mixed(data: bytes, width: int, channels: int) -> NDArray[np.float32]:
    data = data[: len(data) - len(data) % (width * channels)]
    mixed: NDArray[np.float32] = _samples(data, width).reshape(-1, channels).mean(axis=1, dtype=np.float32)
    return mixed


def _samples(data: bytes, width: int) -> NDArray[np.float32]:
    if width == 1:  # unsigned, as WAV has it
        return _scaled(np.frombuffer(data, np.uint8).astype(np.int16) - 128, 8)
    if width == 3:
        wide = np.zeros((len(data) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
        return _scaled(wide.view("<i4")[:, 0], 32)
    return _scaled(np.frombuffer(data, f"<i{width}"), 8 * width)


def _scaled(samples: NDArray[np.signedinteger], bits: int) -> NDArray[np.float32]:
    return samples.astype(np.float32) / np.float32(2 ** (bits - 1))


def _unreadable() -> Invalid:
    hint = f"Send WAV (PCM, {LOWEST_RATE}–{HIGHEST_RATE} Hz), or 16-bit mono samples at 24 kHz with `format` pcm16."
    return Invalid("This is no sound that can be read here.", code="audio_unreadable", hint=hint)
