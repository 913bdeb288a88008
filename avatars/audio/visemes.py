"""Sound in, visemes out: of a whole recording, or of a stream as it comes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import soxr

from avatars.audio.decode import Decoder, Run
from avatars.audio.features import HOP, SAMPLE_RATE, Features, Floats
from avatars.audio.network import LOOK_AHEAD, VisemeNetwork
from avatars.face.visemes import VISEMES

HOP_MS = HOP * 1000 // SAMPLE_RATE
_BLOCK_S = 2
_PIECE = 10 * HOP  # larger products wake the threads of numpy's BLAS, which cost more than they save
_RATES = range(8_000, 192_001)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedViseme:
    """An Oculus viseme ("sil" between words) from start_ms to end_ms of the sound; `confidence` in 0-1."""

    viseme: str
    start_ms: int
    end_ms: int
    confidence: float


class PosteriorStream:
    """The 15 visemes' probabilities, 100 rows a second in the order of VISEMES, 80 ms after their sound."""

    def __init__(self, rate: int) -> None:
        if rate not in _RATES:
            raise ValueError(f"the rate must lie in {_RATES.start}–{_RATES.stop - 1} Hz, not {rate}")
        self._features, self._network, self._early = Features(), VisemeNetwork(), LOOK_AHEAD
        self._resampler = None if rate == SAMPLE_RATE else soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32")

    def push(self, samples: Floats) -> Floats:
        """samples: (n,) float32 mono in -1..1; (T, 15)."""
        return self._heard(self._at_24khz(samples, last=False))

    def finish(self) -> Floats:
        """The rows that waited for what comes after; a last part of a hop counts as a whole one."""
        rest = self._at_24khz(np.zeros(0, np.float32), last=True)
        return self._heard(np.concatenate([rest, np.zeros((LOOK_AHEAD + 1) * HOP - 1, np.float32)]))

    def _heard(self, samples: Floats) -> Floats:
        pieces = [samples[at : at + _PIECE] for at in range(0, max(len(samples), 1), _PIECE)]
        rows = np.concatenate([self._network.push(self._features.push(piece)) for piece in pieces])
        skipped = min(self._early, len(rows))
        self._early -= skipped
        return rows[skipped:]

    def _at_24khz(self, samples: Floats, *, last: bool) -> Floats:
        clean = np.clip(np.nan_to_num(np.asarray(samples, np.float32)), -1.0, 1.0)
        if self._resampler is None:
            return clean
        resampled: Floats = self._resampler.resample_chunk(clean, last=last)
        return resampled


class VisemeStream:
    """Visemes of sound that comes in pieces. Each is told once it is over; together they cover the sound without gaps."""

    def __init__(self, rate: int) -> None:
        self._posteriors, self._decoder = PosteriorStream(rate), Decoder()

    def push(self, samples: Floats) -> list[TimedViseme]:
        """samples: (n,) float32 mono in -1..1; the visemes that ended."""
        return list(_timed(self._decoder.push(self._posteriors.push(samples))))

    def finish(self) -> list[TimedViseme]:
        """What is left at the end of the sound."""
        ended = self._decoder.push(self._posteriors.finish())
        return list(_timed([*ended, *self._decoder.finish()]))


def visemes_of(samples: Floats, rate: int) -> list[TimedViseme]:
    """The visemes of a recording, in order, from 0 ms to its end (rounded up to 10 ms).

    samples: (n,) float32 mono in -1..1 at `rate` Hz. ValueError for another shape, or a rate outside 8-192 kHz.
    """
    if samples.ndim != 1:
        raise ValueError(f"the sound must be mono, (n,), not {samples.shape}")
    stream = VisemeStream(rate)
    block = _BLOCK_S * rate
    found = [one for at in range(0, len(samples), block) for one in stream.push(samples[at : at + block])]
    return [*found, *stream.finish()]


def posteriors_of(samples: Floats, rate: int) -> Floats:
    """(T, 15) probabilities of a recording, 100 rows a second."""
    stream = PosteriorStream(rate)
    block = _BLOCK_S * rate
    rows = [stream.push(samples[at : at + block]) for at in range(0, len(samples), block)]
    return np.concatenate([*rows, stream.finish()])


def _timed(runs: Iterable[Run]) -> Iterator[TimedViseme]:
    for run in runs:
        yield TimedViseme(
            viseme=VISEMES[run.number],
            start_ms=run.start * HOP_MS,
            end_ms=run.stop * HOP_MS,
            confidence=round(run.share, 3),
        )
