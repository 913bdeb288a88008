"""Any language, at once and on any machine: espeak-ng's formant voices, out of a process of their own."""

from itertools import pairwise

import numpy as np
import soxr
from numpy.typing import NDArray

from avatars.voice.clauses import Clause
from avatars.voice.closures import place_closures
from avatars.voice.envelope import envelope
from avatars.voice.espeak_process import Answer, Event, shared_process
from avatars.voice.ipa import segments
from avatars.voice.labels import Label
from avatars.voice.neural import phonemes_of, reach
from avatars.voice.sound import Sound, TimedToken
from avatars.voice.timeline import SAMPLE_RATE

_WORDS_PER_MINUTE = 165  # espeak-ng's own 175 is hurried for a face
_SLOWEST, _FASTEST = 80, 450
_JOIN_MS = 60.0  # a silent event shorter than this belongs to the sound before it (lengthening, glottal onset)


class EspeakEngine:
    """espeak-ng 1.51 or 1.52 through the worker process."""

    def warm_up(self, voice: str) -> None:
        """Start the worker."""
        shared_process().ask(".", voice=voice, words_per_minute=_WORDS_PER_MINUTE)

    def render(self, clause: Clause, *, voice: str, rate: float) -> Sound:
        """Speak one clause."""
        pace = min(max(round(_WORDS_PER_MINUTE * rate), _SLOWEST), _FASTEST)
        answer = shared_process().ask(clause.spoken, voice=voice, words_per_minute=pace)
        samples = _at_24khz(answer)
        labels = place_closures(_labels(answer), envelope(samples))
        return Sound(samples=samples, phonemes=tuple(phonemes_of(labels, 0)), tokens=_tokens(answer, labels, clause.spoken))


def _at_24khz(answer: Answer) -> NDArray[np.float32]:
    samples = np.frombuffer(answer.pcm, "<i2").astype(np.float32) / 32768
    resampled: NDArray[np.float32] = soxr.resample(samples, answer.sample_rate, SAMPLE_RATE)
    return resampled


def _labels(answer: Answer) -> list[Label]:
    """One label a segment; `index` counts phoneme events."""
    events = [event for event in answer.events if event.kind == "phoneme"]
    starts = [event.sample * 1000 / answer.sample_rate for event in events]
    ends = [*starts[1:], len(answer.pcm) / 2 * 1000 / answer.sample_rate]
    out: list[Label] = []
    for index, (event, start, end) in enumerate(zip(events, starts, ends, strict=True)):
        said = segments(event.ipa, start, end, index)
        if not said and out and not out[-1].silent and end - start < _JOIN_MS:
            out[-1] = Label(ipa=out[-1].ipa, start=out[-1].start, end=end, index=out[-1].index, stress=out[-1].stress)
            continue
        out += said or [Label(ipa="", start=start, end=end, index=index)]
    return out


def _tokens(answer: Answer, labels: list[Label], text: str) -> tuple[TimedToken, ...]:
    """Each word event with its phonemes, and the characters up to the next one: some words are read as one."""
    spans, index = [], 0
    for event in answer.events:
        if event.kind == "word":
            spans.append((event, index))
        else:
            index += 1
    spans.append((Event(kind="end", sample=0, start=len(text), length=0, ipa=""), index))
    timed = (
        _timed(event, reach(text, event.start, after.start), labels, range(first, stop))
        for (event, first), (after, stop) in pairwise(spans)
    )
    return tuple(token for tokens in timed for token in tokens)


def _timed(event: Event, end: int, labels: list[Label], phonemes: range) -> tuple[TimedToken, ...]:
    said = [label for label in labels if label.index in phonemes and not label.silent]
    if not said:
        return ()
    return (TimedToken(start=event.start, end=end, start_ms=said[0].start, end_ms=said[-1].end),)
