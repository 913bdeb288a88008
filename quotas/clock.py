"""What the session clock does for every workspace at once: renew live holds, close those whose holder is gone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from accounts.errors import Conflict, NotFound
from accounts.tenancy import unscoped
from quotas import statements
from quotas.metrics import Metric
from quotas.movements import Step, advance_each, finished, in_lock_order, renewal_of
from quotas.values import Renewal, RenewalRequest

# Holds a transaction: enough to share its commit, few enough that nobody waits long for the rows it has locked.
_TOGETHER = 100


def renew_many(requests: Sequence[RenewalRequest]) -> dict[UUID, Renewal]:
    """`renew` for many holds of any workspaces, by hold id. Holds that were released or never were are left out.

    Call it outside of any scope. It commits every 100 holds; should it fail midway, repeat it with the same sequences.
    """
    steps = in_lock_order(_step(request) for request in requests)
    now = timezone.now()
    renewals: dict[UUID, Renewal] = {}
    for start in range(0, len(steps), _TOGETHER):
        renewals |= _renewed(steps[start : start + _TOGETHER], now)
    return renewals


def expire_lapsed(*, now: datetime, limit: int = 500) -> int:
    """Close up to `limit` holds, of any workspace, whose lease ended before `now`: settle what was last reported and give
    the rest back. A hold that was renewed meanwhile stays as it is. Returns how many were closed."""
    with unscoped("leases lapse in every workspace"):
        lapsed = statements.rows(statements.LAPSED, {"now": now, "limit": limit})
        steps = in_lock_order(
            Step(workspace_id=row["workspace_id"], hold_id=row["id"], metric=Metric(row["metric"]), sequence=0) for row in lapsed
        )
        return sum(row is not None for row in advance_each("expire", steps, now)) if steps else 0


def _step(request: RenewalRequest) -> Step:
    return Step(
        workspace_id=request.workspace_id,
        hold_id=request.hold_id,
        metric=request.metric,
        sequence=request.sequence,
        used=request.used,
        usage=request.usage,
        next_amount=request.next_amount,
        lease=request.lease,
    )


def _renewed(steps: Sequence[Step], now: datetime) -> dict[UUID, Renewal]:
    """Steps that changed nothing at first may need a spend cap's lock, which comes before all counters: each is looked at
    in a transaction of its own."""
    found: dict[UUID, Renewal] = {}
    with unscoped("live sessions of every workspace are renewed together"):
        answers = list(zip(steps, advance_each("renew", steps, now), strict=True))
        for step, row in answers:
            if row is not None:
                found |= _outcome(step, row, now)
    for step in [step for step, row in answers if row is None]:
        with unscoped("a renewal of any workspace waits for its spend cap alone"):
            found |= _outcome(step, None, now)
    return found


def _outcome(step: Step, row: statements.Row | None, now: datetime) -> dict[UUID, Renewal]:
    try:
        return {step.hold_id: renewal_of(finished("renew", step, row, now), step, now)}
    except (NotFound, Conflict):
        return {}
