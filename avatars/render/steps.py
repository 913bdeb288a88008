"""When to draw simpler and when to try again: the state machine of degradation, without clocks or renderers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """`budget_ms`: what a frame may cost; `patience`: slow batches in a row before a step down; `rest_s`: time on a rung
    before the one above is tried again, doubled after each try that failed, up to `longest_rest_s`."""

    budget_ms: float = 40.0
    patience: int = 3
    rest_s: float = 20.0
    longest_rest_s: float = 600.0

    def __post_init__(self) -> None:
        if self.budget_ms <= 0 or self.patience < 1 or not 0 < self.rest_s <= self.longest_rest_s:
            raise ValueError("a budget, a patience of at least 1 and a rest no longer than the longest are needed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One change of rung, 0 the best. `code`: "slow", "recovered", or that of the RenderFailed."""

    code: str
    origin: int
    target: int


class Governor:
    """Which of `rungs` rungs to stand on. Times are seconds of any clock that never runs back."""

    def __init__(self, rules: Rules, rungs: int) -> None:
        """ValueError without rungs."""
        if rungs < 1:
            raise ValueError("a ladder needs a rung")
        self._rules, self._last = rules, rungs - 1
        self.rung = 0
        self._slow = 0
        self._rest = rules.rest_s
        self._since: float | None = None
        self._trying = False

    def drawn(self, *, frame_ms: float, now: float) -> Step | None:
        """A batch was drawn at that cost; the step that follows, if any."""
        self._slow = self._slow + 1 if frame_ms > self._rules.budget_ms else 0
        if self._slow >= self._rules.patience and self.rung < self._last:
            return self._down("slow", now)
        return None if self._slow else self._up(now)

    def failed(self, *, code: str, now: float) -> Step | None:
        """The rung could not draw; None when there is nothing below."""
        return self._down(code, now) if self.rung < self._last else None

    def _down(self, code: str, now: float) -> Step:
        if self._trying:
            self._rest = min(self._rest * 2, self._rules.longest_rest_s)
        return self._move(self.rung + 1, code, now, trying=False)

    def _up(self, now: float) -> Step | None:
        rested = self._since is not None and now - self._since >= self._rest
        if rested and self._trying:  # the rung that was tried has held: what went wrong is over
            self._rest, self._trying = self._rules.rest_s, False
        return self._move(self.rung - 1, "recovered", now, trying=True) if rested and self.rung else None

    def _move(self, target: int, code: str, now: float, *, trying: bool) -> Step:
        step = Step(code=code, origin=self.rung, target=target)
        self.rung, self._slow, self._since, self._trying = target, 0, now, trying
        return step
