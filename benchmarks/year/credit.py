"""Credit in the recomputation: grants, and what is taken from them. Shares no code with the product."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True, eq=False)
class Grant:
    """`metric` empty: money. Of a metric, it widens the period in which it was given, not one that had ended."""

    metric: str
    remaining: int
    priority: int
    expires_at: datetime | None
    order: int
    given_at: datetime

    def burns_before(self) -> tuple[int, bool, float, int]:
        """Priority, then expiry (never last), then creation."""
        expiry = self.expires_at.timestamp() if self.expires_at else 0.0
        return self.priority, self.expires_at is None, expiry, self.order

    def serves(self, start: datetime, end: datetime) -> bool:
        """Given before the period's end, and not over at its start."""
        return self.remaining > 0 and self.given_at < end and (self.expires_at is None or self.expires_at > start)

    def is_live(self, at: datetime) -> bool:
        return self.remaining > 0 and (self.expires_at is None or self.expires_at > at)


@dataclass(slots=True)
class Taken:
    """Parts of grants, the latest last."""

    parts: list[tuple[Grant, int]]

    @property
    def total(self) -> int:
        return sum(amount for _, amount in self.parts)

    def take(self, grants: Iterable[Grant], amount: int) -> None:
        """Up to `amount`, in burn order."""
        for grant in sorted(grants, key=Grant.burns_before):
            part = min(grant.remaining, amount)
            if part > 0:
                grant.remaining -= part
                amount -= part
                self.parts.append((grant, part))

    def give_back(self, amount: int) -> None:
        """To the grant that was taken from last."""
        while amount and self.parts:
            grant, part = self.parts.pop()
            back = min(part, amount)
            grant.remaining += back
            amount -= back
            if part > back:
                self.parts.append((grant, part - back))
