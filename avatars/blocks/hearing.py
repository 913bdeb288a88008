"""Uploaded sound: read within limits, then heard as visemes. What is listened to is charged as speech recognition."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from accounts.errors import Invalid
from avatars.blocks.compressed import decoded
from avatars.blocks.errors import Unavailable
from avatars.blocks.metering import Customer, metered
from avatars.blocks.recording import MOST_SECONDS, Recording, too_long
from avatars.blocks.room import room
from avatars.blocks.speaking import TimedViseme
from avatars.blocks.waves import bare, waves
from avatars.face.speech import Speech
from quotas.metrics import Metric

AUTO, WAV, PCM16 = "auto", "wav", "pcm16"


def recording_of(content: bytes, form: str = AUTO) -> Recording:
    """A file of the format `form` ("wav" of whole-number samples, "opus", "mp3"; "auto": by its first bytes), its channels
    mixed, or bare 16-bit mono samples at 24 kHz ("pcm16").

    Raises Invalid (audio_unreadable, audio_empty, audio_too_long).
    """
    recording = _read(content, form)
    if not len(recording.samples):
        raise Invalid("There is no sound in this file.", code="audio_empty")
    if recording.duration_ms > MOST_SECONDS * 1000:
        raise too_long()
    return recording


def _read(content: bytes, form: str) -> Recording:
    if form == PCM16:
        return bare(content)
    if form == WAV or (form == AUTO and content.startswith(b"RIFF")):
        return waves(content)
    return decoded(content, form)


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
