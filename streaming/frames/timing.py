"""When a turn's pictures are due, and which of them is drawn next. Pure; times are monotonic seconds handed in."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from avatars.face import FaceTrack

Table = NDArray[np.float32]
LEAD_S = 1.0  # how far ahead of the sound pictures are made: an interruption wastes no more
JITTER_S = 0.25  # a client's report this far from the clock is believed, a smaller difference is the network's
DELIVERY_S = 0.05  # from the drawn picture to the screen, where all is well
BUSY = 0.9  # the share of its time that a session may spend on pictures
BATCH_S = 0.12  # of work at a time, so that a stop is obeyed and other sessions get their turn
GROUP_S = 0.32  # of pictures at a time, once they are ahead: eight cost a photo half of what each for itself does


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Frames to draw together: the table (T, 57), when each is due, its time on the clock of `turn` (0: the session's), and how
    long each is shown."""

    turn: int
    pts_ms: tuple[int, ...]
    due: float
    table: Table
    step_ms: float = 0.0
    is_last: bool = False


@dataclass(slots=True)
class Clock:
    """Where a turn's sound is: by the worker's plan at first, then by what the listener reports."""

    zero: float

    def due(self, pts_ms: float) -> float:
        """When `pts_ms` is heard."""
        return self.zero + pts_ms / 1000

    def heard(self, pts_ms: float, now: float) -> None:
        """The listener is at `pts_ms`: a pause or a slow start moves everything that follows."""
        zero = now - pts_ms / 1000
        if abs(zero - self.zero) > JITTER_S:
            self.zero = zero


@dataclass(slots=True)
class Pace:
    """What pictures have taken lately, seconds: one frame's own `cost`, and the `wait` of a batch for its turn."""

    cost: float = 0.02
    wait: float = 0.0

    def note(self, *, cost: float, wait: float) -> None:
        """Another batch; what takes seconds is an exception, as a renderer that is loaded."""
        self.cost += 0.2 * (min(cost, 2.0) - self.cost)
        self.wait += 0.2 * (min(wait, 0.5) - self.wait)


@dataclass(slots=True)
class Reel:
    """The face of one turn as it arrives. Frames that can't be ready in time are left out and counted in `skipped`."""

    turn: int
    clock: Clock
    end_ms: float = 0.0
    is_complete: bool = False
    next_ms: float = 0.0
    skipped: int = 0
    step_ms: float = 40.0
    _times: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    _table: Table = field(default_factory=lambda: np.zeros((0, 57), np.float32))

    def add(self, track: FaceTrack, length_ms: float, *, last: bool) -> None:
        """The next stretch of the face; its `start_ms` is on the turn's clock."""
        if track.start_ms >= self.end_ms:
            self.next_ms = max(self.next_ms, track.start_ms if self.end_ms == 0 else 0.0)  # joined in the middle
            times = track.start_ms + np.arange(len(track)) * (1000 / track.fps)
            recent = self._times >= self.next_ms - 200
            self._times = np.concatenate([self._times[recent], times])
            self._table = np.concatenate([self._table[recent], track.table()])
            self.end_ms = track.start_ms + length_ms
        self.is_complete = self.is_complete or last

    @property
    def is_over(self) -> bool:
        """Nothing of the turn is left to draw."""
        return self.is_complete and self.next_ms >= self.end_ms

    def batch(self, now: float, *, fps: float, cost: float, most: int, wait: float = 0.0) -> Batch | None:
        """What to draw now at `fps`, or at the rate that can be kept up where a frame costs `cost` seconds; None while it is too
        early or nothing is there. What is drawn now is begun in `wait` seconds, as others are drawn, too."""
        fps = min(fps, BUSY / cost)
        self._skip(now + wait + cost + DELIVERY_S, 1000 / fps)
        self.step_ms = 1000 / fps
        room = int(np.ceil((min(self.end_ms, self._horizon(now)) - self.next_ms) / self.step_ms - 1e-9))
        if room <= 0 or self.wait(now) > 0:
            return None
        return self._taken(min(room, most, max(1, int(BATCH_S / max(cost, 1e-3)))))

    def wait(self, now: float) -> float:
        """Seconds until there is a group to draw, where nothing comes in between."""
        if self.next_ms >= self.end_ms:
            return float("inf")
        group_ms = min(max(GROUP_S * 1000, self.step_ms), self.end_ms - self.next_ms)
        return max(0.0, (self.next_ms + group_ms - self._horizon(now)) / 1000 - 1e-9)

    def _horizon(self, now: float) -> float:
        """Up to where pictures may be made by now."""
        return (now + LEAD_S - self.clock.zero) * 1000

    def _taken(self, count: int) -> Batch:
        times: NDArray[np.float64] = self.next_ms + np.arange(count, dtype=np.float64) * self.step_ms
        due = self.clock.due(self.next_ms)
        self.next_ms = float(times[-1] + self.step_ms)
        pts = tuple(int(time) for time in times)
        return Batch(turn=self.turn, pts_ms=pts, due=due, table=self._at(times), step_ms=self.step_ms, is_last=self.is_over)

    def _skip(self, ready_at: float, step_ms: float) -> None:
        """Leave out what would be late; of a turn that ends, the last frame is gone, too."""
        late_ms = (ready_at - self.clock.zero) * 1000 - self.next_ms
        if late_ms > 0 and self.next_ms < self.end_ms:
            count = int(np.ceil(min(late_ms, self.end_ms - self.next_ms) / step_ms))
            self.next_ms += count * step_ms
            self.skipped += count

    def _at(self, times: NDArray[np.float64]) -> Table:
        """The face between its frames, (T, 57)."""
        right = np.clip(np.searchsorted(self._times, times, side="right"), 1, max(1, len(self._times) - 1))
        left = right - 1
        right = np.minimum(right, len(self._times) - 1)
        gap = np.maximum(self._times[right] - self._times[left], 1e-9)
        share = np.clip((times - self._times[left]) / gap, 0.0, 1.0)[:, None].astype(np.float32)
        table: Table = self._table[left] * (1 - share) + self._table[right] * share
        return table
