"""Watches one turn on behalf of its session: when is it over, and how much of it was heard?"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

PICKUP_SECONDS = 10.0
SILENT_SECONDS = 3.0
NEAR_END_MS = 120
GRACE_SECONDS = 1.0
PATIENCE_MS = 2_000  # how far a client may really be behind: buffering, a suspended page
STALL_SECONDS = 10.0


class Verdict(Enum):
    """What has become of a turn."""

    ACTIVE = "active"
    COMPLETED = "completed"
    NOT_PICKED_UP = "no_worker"
    WORKER_LOST = "worker_lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A stretch of the turn's text and when it sounds; `words` are (text, start_ms, end_ms)."""

    text_start: int
    text_end: int
    start_ms: int
    end_ms: int
    words: list[tuple[str, int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What of a turn reached the ear: text, milliseconds, and the characters that are charged."""

    text: str
    spoken_ms: int
    characters: int


@dataclass(slots=True, kw_only=True)
class TurnWatch:
    """State of one turn at its gateway. All times are monotonic seconds handed in by the caller."""

    turn: int
    text: str
    began: float
    request_id: str = ""
    clauses: list[Clause] = field(default_factory=list)
    delivered_ms: int = 0
    played_ms: int = 0
    last_seq: int = -1
    first_sent: float | None = None
    last_sign: float | None = None
    last_played: float | None = None
    complete: bool = False

    def packet(self, seq: int, about: dict[str, Any], now: float) -> bool:
        """Note a packet; returns whether it is new (a resumed connection sees some twice)."""
        self.last_sign = now
        if seq <= self.last_seq:
            return False
        self.last_seq = seq
        self.first_sent = now if self.first_sent is None else self.first_sent
        for clause in about.get("clauses", ()):
            self.clauses.append(Clause(**clause))
        self.delivered_ms = max(self.delivered_ms, about["end_ms"])
        self.complete = self.complete or bool(about.get("last"))
        return True

    def sign(self, now: float) -> None:
        """The worker lives."""
        self.last_sign = now

    def played(self, pts_ms: int, now: float) -> None:
        """The client's ear; it can't have heard what was not delivered."""
        self.played_ms = max(self.played_ms, min(pts_ms, self.delivered_ms))
        self.last_played = now

    def verdict(self, now: float) -> Verdict:
        if self.first_sent is None and self.last_sign is None:
            return Verdict.NOT_PICKED_UP if now - self.began > PICKUP_SECONDS else Verdict.ACTIVE
        if not self.complete:
            lost = self.last_sign is not None and now - self.last_sign > SILENT_SECONDS
            return Verdict.WORKER_LOST if lost else Verdict.ACTIVE
        return Verdict.COMPLETED if self._over(now) else Verdict.ACTIVE

    def _over(self, now: float) -> bool:
        if self.last_played is None:  # a client that reports nothing is taken at the clock's word
            return now >= self._expected_end() + GRACE_SECONDS
        if self.played_ms >= self.delivered_ms - NEAR_END_MS:
            return True
        return now - max(self.last_played, self._expected_end()) > STALL_SECONDS

    def _expected_end(self) -> float:
        return (self.first_sent or self.began) + self.delivered_ms / 1000

    def heard(self, now: float) -> Heard:
        """What was heard so far: by the client's reports, or by the clock where it sends none.

        Characters are charged by the clock less some patience, too: a report can't make what was sent free.
        """
        elapsed = int((now - self.first_sent) * 1000) if self.first_sent is not None else 0
        if self.last_played is None:
            return self.heard_until(min(self.delivered_ms, elapsed))
        charged = self.heard_until(max(self.played_ms, min(self.delivered_ms, elapsed - PATIENCE_MS))).characters
        return replace(self.heard_until(self.played_ms), characters=charged)

    def heard_until(self, position: int) -> Heard:
        """What lies before `position` on the turn's audio clock; a clause that was begun is charged whole."""
        begun = [clause for clause in self.clauses if clause.start_ms < position]
        if not begun:
            return Heard(text="", spoken_ms=position, characters=0)
        last = begun[-1]
        if position >= last.end_ms - NEAR_END_MS:
            return Heard(text=self.text[: last.text_end].strip(), spoken_ms=position, characters=last.text_end)
        words = " ".join(text for text, start, _ in last.words if start < position)
        text = f"{self.text[: last.text_start].strip()} {words}".strip()
        return Heard(text=text, spoken_ms=position, characters=last.text_end)
