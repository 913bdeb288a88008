"""Reserve, settle, renew, release: the one path by which anything is used up.

A caller reserves before it spends, settles what it spent, and releases the rest. Each step is one statement
(`statements.py`), idempotent by hold and sequence: the caller numbers its steps on a hold 1, 2, 3, …, and a number that
is not above the last one changes nothing. Call these inside a workspace scope, late in its transaction: the allowance's
row stays locked until the scope ends. Amounts are whole numbers of the metric's smallest unit.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.identifiers import uuid7
from accounts.tenancy import current_workspace_id
from quotas import statements
from quotas.caps import shortage, under_cap
from quotas.clock import expire_lapsed, renew_many
from quotas.entering import backfill, correct
from quotas.errors import refusal
from quotas.metrics import Metric
from quotas.models import Reservation, ReservationState
from quotas.movements import Step, advance, hold_of, renewal_of
from quotas.periods import open_moment
from quotas.statements import Row
from quotas.values import Hold, Renewal, UsageAttributes

__all__ = ["backfill", "correct", "expire_lapsed", "release", "renew", "renew_many", "report", "reserve", "settle"]


def reserve(
    *, metric: Metric, amount: int, purpose: str, subject_id: UUID, key: str, lease: timedelta, override_cap: bool = False
) -> Hold:
    """Take `amount` out of the current allowance: all of it, or nothing and QuotaExceeded (or its kind SpendCapReached,
    unless `override_cap`). Repeating `key` changes nothing and returns the hold as it is by now. Without a renewal within
    `lease` the sweeper takes it back."""
    now = timezone.now()
    params = reservation_params(
        current_workspace_id(), now, metric=metric, amount=amount, purpose=purpose, subject_id=subject_id, key=key, lease=lease
    )
    return _placed(params | {"under_cap": override_cap, "spend_ceiling": None}, now)


def settle(*, hold_id: UUID, used: int, sequence: int, usage: UsageAttributes) -> None:
    """Count `used` (since the last step) and keep the rest of the hold. What exceeds the hold comes out of free
    allowance; what does not fit there either is counted as overrun."""
    advance("settle", _step(hold_id, used=used, sequence=sequence, usage=usage), timezone.now())


def release(*, hold_id: UUID, used: int = 0, sequence: int, usage: UsageAttributes | None = None) -> None:
    """Count `used` (since the last step), give the rest back and close the hold. A closed hold stays as it is."""
    advance("release", _step(hold_id, used=used, sequence=sequence, usage=usage), timezone.now())


def renew(
    *,
    hold_id: UUID,
    used: int,
    sequence: int,
    next_amount: int,
    lease: timedelta,
    usage: UsageAttributes,
    override_cap: bool = False,
) -> Renewal:
    """Count `used` (since the last step), then hold `next_amount` from now on, or what of it there is room for.

    What was used is settled in any case; a shortage is told, not raised. A hold that the sweeper took back is opened
    again; one whose period has ended goes on in the current period. Raises Conflict when the hold was released.
    """
    step = _step(
        hold_id, used=used, sequence=sequence, usage=usage, next_amount=next_amount, lease=lease, override_cap=override_cap
    )
    now = timezone.now()
    return renewal_of(advance("renew", step, now), step, now)


def report(*, hold_id: UUID, used: int) -> None:
    """Note what was used since the last step without settling it: should the holder die, the sweeper settles this much.

    Cheap, as it does not touch the allowance. Call it before handing work to someone who will charge for it.
    """
    if used < 0:
        raise ValueError("Use can't be negative.")
    statements.rows(statements.REPORT, {"workspace": current_workspace_id(), "id": hold_id, "used": used})


def reservation_params(
    workspace_id: UUID,
    now: datetime,
    *,
    metric: Metric,
    amount: int,
    purpose: str,
    subject_id: UUID,
    key: str,
    lease: timedelta,
) -> dict[str, Any]:
    """The parameters of RESERVE_ALONE, and most of RESERVE's. Raises ValueError for an amount that is not positive."""
    if amount <= 0:
        raise ValueError("Reserve a positive amount.")
    return {
        "workspace": workspace_id,
        "id": uuid7(),
        "metric": Metric(metric).value,
        "amount": amount,
        "purpose": purpose,
        "subject": subject_id,
        "key": key,
        "now": now,
        "lease_expires_at": now + lease,
    }


def _step(hold_id: UUID, **changes: Any) -> Step:
    return Step(workspace_id=current_workspace_id(), hold_id=hold_id, **changes)


def _placed(params: Row, now: datetime) -> Hold:
    outcome = statements.one(statements.RESERVE, params)
    if not outcome["known"]:
        now = open_moment(params["workspace"], now)
        params |= {"now": now}
        outcome = statements.one(statements.RESERVE, params)
    if outcome["capped"]:
        params |= under_cap(params["workspace"], Metric(params["metric"]), now)
        outcome = statements.one(statements.RESERVE, params)
    if outcome["taken"]:
        return hold_of(params | {"held": params["amount"], "used": 0, "sequence": 0, "state": ReservationState.OPEN})
    if outcome["placed"]:
        statements.rows(statements.WITHDRAW, params)
        if (moment := open_moment(params["workspace"], now)) != now:  # the period was closed while we waited
            return _placed(params | {"id": uuid7(), "now": moment}, moment)
        raise refusal(shortage(params["workspace"], Metric(params["metric"]), asked=params["amount"], at=now))
    return hold_of(Reservation.objects.values().get(metric=params["metric"], key=params["key"]))
