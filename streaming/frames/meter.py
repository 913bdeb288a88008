"""What a session's pictures use of the plan: milliseconds of picture that were delivered, held in slices before they are drawn.

A drawer has a hold of its own. It never draws more than it holds, so pictures can't overrun; it is renewed at least once a
slice, so that its lease never lapses while it draws. One that is killed leaves its last slice to the sweeper, unbilled.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import Error
from django.utils import timezone

from accounts.errors import Problem
from quotas.errors import refusal
from quotas.metrics import Metric
from quotas.services import release, renew, reserve, settle
from quotas.values import Renewal, UsageAttributes
from sessions.models import AvatarSession
from sessions.services.metering import RENEW_AT, SLICE_LEASE, slice_length, usage_of
from streaming.frames.records import brief_scope
from streaming.frames.tasks import Assignment

logger = logging.getLogger(__name__)
FIRST_MS = 1000  # held at first: a renewal takes what is left where a whole slice is not
RETRY_S = 10.0  # until it is asked again whether there is room
AGAIN_S = 1.0  # until a meter that did not answer is asked again


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step on the hold that is under way: repeated as it is until it is known to be done."""

    sequence: int
    used: int


class Meter:
    """The hold of one drawer of one session. Times are monotonic seconds handed in; used by one thread."""

    def __init__(self, assignment: Assignment, drawer: str) -> None:
        self._assignment, self._drawer = assignment, drawer
        self._usage: UsageAttributes | None = None
        self._hold: UUID | None = None
        self._held = self._used = 0.0
        self._sequence = 0
        self._step: Step | None = None
        self._looked_at = self._wait_until = float("-inf")
        self.refusal = ""

    def allows(self, ms: float, now: float) -> bool:
        """Whether pictures of so many milliseconds may be drawn; `refusal` says why there is no more."""
        if self._is_due(ms, now):
            self._look(now)
        return self._held - self._used >= ms

    def delivered(self, ms: float) -> None:
        """Pictures of so many milliseconds went out."""
        self._used += ms

    def close(self) -> None:
        """Settle what was delivered and give the rest back. Nothing happens the second time."""
        hold, self._hold = self._hold, None
        if hold is None:
            return
        try:
            with brief_scope(self._assignment):
                self._release(hold)
        except Error:
            logger.exception("What the pictures of session %s used was not settled.", self._assignment.session_id)

    def _is_due(self, ms: float, now: float) -> bool:
        if now < self._wait_until:
            return False
        is_low = self._used >= RENEW_AT * self._held or self._held - self._used < ms
        return self._hold is None or is_low or (now - self._looked_at) * 1000 >= slice_length()

    def _look(self, now: float) -> None:
        """Ask for more. Where there is none, or nobody answers, what is held is used up first."""
        self._looked_at = now
        step = self._step = self._step or Step(sequence=self._sequence + 1, used=int(self._used))
        try:
            with brief_scope(self._assignment):
                renewal = self._renewed(step)
        except Problem as problem:
            self._refused(problem, now)
        except Error as error:
            logger.warning("The pictures of session %s could not be metered: %s", self._assignment.session_id, error)
            self._wait_until, self.refusal = now + AGAIN_S, "The meter does not answer."
        else:
            self._done(step, renewal, now)

    def _renewed(self, step: Step) -> Renewal:
        """Settle what was used, hold the next slice. Of the first step the hold is made, or found where it was made before."""
        hold_id = self._hold or self._begun()
        return renew(
            hold_id=hold_id,
            used=step.used,
            sequence=step.sequence,
            next_amount=slice_length(),
            lease=SLICE_LEASE,
            usage=self._usage_now(),
        )

    def _begun(self) -> UUID:
        return reserve(
            metric=Metric.RENDER_MS,
            amount=FIRST_MS,
            purpose="frames",
            subject_id=UUID(self._assignment.session_id),
            key=f"frames:{self._assignment.session_id}:{self._drawer}",
            lease=SLICE_LEASE,
        ).id

    def _done(self, step: Step, renewal: Renewal, now: float) -> None:
        """It has been committed."""
        self._hold, self._sequence, self._step = renewal.hold.id, step.sequence, None
        self._held, self._used = float(renewal.hold.amount), self._used - step.used
        self.refusal = ""
        if renewal.shortage is not None:
            self._refused(refusal(renewal.shortage), now)

    def _refused(self, problem: Problem, now: float) -> None:
        self._wait_until, self.refusal = now + RETRY_S, str(problem.detail)

    def _release(self, hold: UUID) -> None:
        """A step whose answer was lost comes first: where it had been done, it changes nothing."""
        before = self._step or Step(sequence=self._sequence, used=0)
        usage = self._usage_now()
        settle(hold_id=hold, used=before.used, sequence=before.sequence, usage=usage)
        release(hold_id=hold, used=int(self._used) - before.used, sequence=before.sequence + 1, usage=usage)

    def _usage_now(self) -> UsageAttributes:
        """What the ledger remembers; the session's key is looked up once."""
        if self._usage is None:
            self._usage = usage_of(AvatarSession.objects.get(pk=self._assignment.session_id))
        return replace(self._usage, occurred_at=timezone.now())
