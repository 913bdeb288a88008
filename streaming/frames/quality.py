"""How good the pictures are: steps down at the first signs of trouble, up after patience. Pure; times are handed in.

A step down needs HOLD_S since the last change, a step up RISE_S without trouble, and twice as long after each rise that
failed. So the level can't swing faster than once in RISE_S, however the reports do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sessions.video import VideoWish
from streaming.frames.encoders import Recipe

HOLD_S = 2.0
RISE_S = 8.0
LONGEST_RISE_S = 64.0
PROBATION_S = 10.0  # a rise that is taken back within this has failed
BAD_SHARE = 0.1  # of the pictures late, dropped or left out: seen as stutter
IDLE_FPS = 10.0  # enough for a blink, which takes a quarter of a second


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A quality as shares of what the client asked for; `quality` is that of JPEG and WebP."""

    side: float
    fps: float
    kbps: float
    quality: int


LEVELS = (
    Level(side=1.0, fps=1.0, kbps=1.0, quality=85),
    Level(side=1.0, fps=0.8, kbps=0.7, quality=75),
    Level(side=0.75, fps=0.8, kbps=0.5, quality=70),
    Level(side=0.75, fps=0.6, kbps=0.35, quality=60),
    Level(side=0.5, fps=0.48, kbps=0.2, quality=50),
    Level(side=0.5, fps=0.32, kbps=0.1, quality=40),
)
STREAM_KBPS = 1500  # a stream of a talking head gains nothing above


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of the pictures since the last report: how many there were, how many of them went wrong, how much was
    sent (kbit/s) and how much may be."""

    frames: int
    bad: int
    kbps: float = 0.0
    cap_kbps: float = float("inf")

    @property
    def is_trouble(self) -> bool:
        """Whether a viewer would notice, or the client's bandwidth is exceeded."""
        return self.bad > BAD_SHARE * self.frames or self.kbps > self.cap_kbps


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """The level and what is needed to choose the next; times are monotonic seconds."""

    level: int = 0
    changed_at: float = float("-inf")
    rose_at: float = float("-inf")
    trouble_at: float = 0.0
    patience: float = RISE_S

    def after(self, report: Report, now: float) -> Quality:
        """The quality from now on."""
        if report.is_trouble:
            troubled = replace(self, trouble_at=now)
            return troubled._lowered(now) if now - self.changed_at >= HOLD_S else troubled
        if self.level > 0 and now - max(self.changed_at, self.trouble_at) >= self.patience:
            return replace(self, level=self.level - 1, changed_at=now, rose_at=now, patience=self._proven(now))
        return self

    def _lowered(self, now: float) -> Quality:
        if self.level == len(LEVELS) - 1:
            return self
        failed = now - self.rose_at < PROBATION_S
        patience = min(2 * self.patience, LONGEST_RISE_S) if failed else self.patience
        return replace(self, level=self.level + 1, changed_at=now, patience=patience)

    def _proven(self, now: float) -> float:
        """The rise before this one lasted: patience is as at first."""
        return RISE_S if now - self.rose_at >= PROBATION_S + self.patience else self.patience


def recipe(wish: VideoWish, level: int) -> Recipe:
    """What to encode at `level` for `wish`; never more than was asked for."""
    step = LEVELS[level]
    return Recipe(
        side=max(64, int(wish.width * step.side) // 16 * 16),
        quality=step.quality,
        kbps=max(30, int(min(wish.kbps, STREAM_KBPS) * step.kbps)),
        fps=max(1.0, wish.fps * step.fps),
    )
