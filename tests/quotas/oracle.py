"""What the counters must be, in plain arithmetic: the state machine compares the database with this."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(slots=True)
class Counter:
    """One period's counters below a ceiling."""

    ceiling: int
    settled: int = 0
    held: int = 0
    overrun: int = 0

    @property
    def free(self) -> int:
        return self.ceiling - self.settled - self.held


@dataclass(slots=True)
class Claim:
    """What a holder believes about its hold."""

    counter: Counter
    held: int
    lease_expires_at: datetime
    reported: int = 0
    sequence: int = 0
    state: str = "open"


@dataclass(slots=True)
class Oracle:
    """All periods and all claims of one workspace."""

    ceiling: int
    periods: dict[datetime, Counter] = field(default_factory=dict)
    claims: dict[UUID, Claim] = field(default_factory=dict)

    def period(self, starts_at: datetime) -> Counter:
        return self.periods.setdefault(starts_at, Counter(self.ceiling))

    def use(self, claim: Claim, used: int) -> None:
        """Settle one unit after the other: out of the hold, then out of what is free, then as overrun."""
        already = claim.reported if claim.state == "expired" else 0
        for _ in range(max(0, used - already)):
            if claim.held:
                claim.held -= 1
                claim.counter.held -= 1
                claim.counter.settled += 1
            elif claim.counter.free:
                claim.counter.settled += 1
            else:
                claim.counter.overrun += 1
        claim.reported = 0

    def give_back(self, claim: Claim) -> None:
        claim.counter.held -= claim.held
        claim.held = 0

    def hold(self, claim: Claim, amount: int) -> None:
        """Hold `amount`, or as much of it as there is room for."""
        claim.held = min(amount, claim.counter.free)
        claim.counter.held += claim.held

    def expire(self, now: datetime) -> int:
        """In the order of hold ids, as the sweeper does: what one gives back, the next one's surplus may take."""
        claims = [self.claims[hold] for hold in sorted(self.claims)]
        lapsed = [claim for claim in claims if claim.state == "open" and claim.lease_expires_at < now]
        for claim in lapsed:
            reported = claim.reported
            self.use(claim, reported)
            self.give_back(claim)
            claim.state, claim.reported = "expired", reported
        return len(lapsed)
