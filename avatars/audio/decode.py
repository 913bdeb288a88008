"""From posteriors to visemes in time: a change is believed when enough evidence has come together, and dated back.

Each other viseme collects its log odds against the present one, never below zero (a CUSUM test, Page 1954). Where one
passes the threshold it takes over from the frame at which its evidence began. Frames after that are judged anew.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatars.audio.features import Floats
from avatars.face.visemes import VISEMES

ENOUGH = 2.2  # natural log odds
_MOST = 3.0  # what one frame can say: a single wild frame is no viseme
_LEAST = np.float32(1e-4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Viseme `number` shows from frame `start` to before `stop`; `share`: its mean posterior."""

    number: int
    start: int
    stop: int
    share: float


class Decoder:
    """Takes posteriors frame by frame; the outcome does not depend on how they were cut.

    Rows are kept as far back as a change may still be dated, however long a viseme lasts.
    """

    def __init__(self) -> None:
        self._now, self._start, self._next = 0, 0, 0
        self._kept: list[Floats] = []
        self._sum, self._summed = 0.0, 0  # the present viseme's posteriors from `_start` to before `_summed`, not kept
        self._evidence: NDArray[np.float64] = np.zeros(len(VISEMES))
        self._since: NDArray[np.int64] = np.zeros(len(VISEMES), np.int64)

    def push(self, posteriors: Floats) -> list[Run]:
        """posteriors: (T, 15); the runs that ended."""
        done = []
        self._kept.extend(posteriors.copy())
        while self._next < self._summed + len(self._kept):
            self._judge()
            winner = int(self._evidence.argmax())
            if self._evidence[winner] > ENOUGH:
                done += self._change(winner)
        self._forget(self._next if not self._evidence.any() else int(self._since[self._evidence > 0].min()))
        return done

    def finish(self) -> list[Run]:
        """The last run."""
        return self._ended(self._summed + len(self._kept))

    def _judge(self) -> None:
        logs = np.log(np.maximum(self._kept[self._next - self._summed], _LEAST)).astype(np.float64)
        self._since[self._evidence <= 0] = self._next
        self._evidence = np.maximum(self._evidence + np.clip(logs - logs[self._now], -_MOST, _MOST), 0.0)
        self._next += 1

    def _change(self, winner: int) -> list[Run]:
        at = int(self._since[winner])
        done = self._ended(at)
        self._now, self._start, self._next, self._sum = winner, at, at, 0.0
        self._evidence[:] = 0.0
        return done

    def _ended(self, stop: int) -> list[Run]:
        self._forget(stop)
        if stop == self._start:
            return []
        return [Run(number=self._now, start=self._start, stop=stop, share=self._sum / (stop - self._start))]

    def _forget(self, before: int) -> None:
        """Only the sum of the rows before `before` is kept."""
        count = before - self._summed
        self._sum += sum(float(row[self._now]) for row in self._kept[:count])
        del self._kept[:count]
        self._summed = before
