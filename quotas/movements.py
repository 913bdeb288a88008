"""Steps on a hold: from a caller's words to a statement's parameters, and from its row to a value. Shared by the services
and the clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from accounts.errors import Conflict, NotFound
from accounts.identifiers import uuid7
from quotas import statements
from quotas.caps import shortage, under_cap
from quotas.metrics import Metric
from quotas.models import Allowance, Reservation, ReservationState
from quotas.periods import open_moment, open_period
from quotas.statements import Action, Row
from quotas.values import Hold, Renewal, UsageAttributes

_ATTRIBUTES = tuple(field.name for field in fields(UsageAttributes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One numbered step on a hold. `next_amount` and `lease` belong to renewals, `metric` to steps taken together."""

    workspace_id: UUID
    hold_id: UUID
    sequence: int
    metric: Metric | None = None
    used: int = 0
    usage: UsageAttributes | None = None
    next_amount: int | None = None
    lease: timedelta | None = None
    override_cap: bool = False

    def __post_init__(self) -> None:
        if self.used < 0 or self.sequence < 0 or (self.next_amount is not None and self.next_amount <= 0):
            raise ValueError("Use and sequence can't be negative; a renewal holds a positive amount.")


def advance(action: Action, step: Step, now: datetime) -> Row:
    """Take one step; the hold's row after it, or as it stands where the step is a repeat. Raises NotFound."""
    return finished(action, step, statements.row(statements.ADVANCE, params_of(action, step, now)), now)


def advance_each(action: Action, steps: Sequence[Step], now: datetime) -> list[Row | None]:
    """What ADVANCE answers to each step, sent together; None where it changed nothing. See `finished`."""
    return statements.row_of_each(statements.ADVANCE, [params_of(action, step, now) for step in steps])


def in_lock_order(steps: Iterable[Step]) -> list[Step]:
    """Sorted as every transaction takes its allowances: by workspace, then in the order of Metric."""
    ranks = {metric: rank for rank, metric in enumerate(Metric)}
    return sorted(steps, key=lambda step: (step.workspace_id, ranks[step.metric] if step.metric else 0, step.hold_id))


def finished(action: Action, step: Step, row: Row | None, now: datetime) -> Row:
    """Bring a step to its end after ADVANCE has answered `row`."""
    params = params_of(action, step, now)
    while row is None:
        standing = _standing(step)
        if standing["state"] == ReservationState.RELEASED or standing["sequence"] >= step.sequence:
            return standing
        # A spend cap watches, or the hold moved to another period's allowance while we waited for the one it was in.
        if action == "renew" and _is_capped(standing):
            params |= under_cap(step.workspace_id, Metric(standing["metric"]), now)
        params |= {"now": open_moment(step.workspace_id, now)}
        statements.rows(statements.REPOINT, params)
        row = statements.row(statements.ADVANCE, params)
    if action != "renew" or not row["ended"]:
        return row
    open_period(step.workspace_id, now)
    if params["under_cap"] and not step.override_cap:
        params |= under_cap(step.workspace_id, Metric(row["metric"]), now)
    return statements.one(statements.TRANSFER, params | {"metric": row["metric"]})


def renewal_of(row: Row, step: Step, now: datetime) -> Renewal:
    """What a renewal led to, from the hold's row after it. Raises Conflict when the hold is closed."""
    hold = hold_of(row)
    if not hold.is_open:
        raise Conflict("The hold is closed; it can't be renewed.", code="hold_closed")
    asked = (step.next_amount or 0) - hold.amount
    return Renewal(hold=hold, shortage=shortage(step.workspace_id, hold.metric, asked=asked, at=now) if asked > 0 else None)


def hold_of(row: Mapping[str, Any]) -> Hold:
    """A hold from a row of the reservations."""
    return Hold(
        id=row["id"],
        metric=Metric(row["metric"]),
        amount=row["held"],
        used=row["used"],
        sequence=row["sequence"],
        is_open=row["state"] == ReservationState.OPEN,
        lease_expires_at=row["lease_expires_at"],
    )


def params_of(action: Action, step: Step, now: datetime) -> dict[str, Any]:
    """The parameters of ADVANCE and TRANSFER."""
    usage = step.usage or UsageAttributes(occurred_at=now)
    return {name: getattr(usage, name) for name in _ATTRIBUTES} | {
        "action": action,
        "workspace": step.workspace_id,
        "id": step.hold_id,
        "sequence": step.sequence,
        "used": step.used,
        "next": step.next_amount,
        "lease_expires_at": now + step.lease if step.lease else None,
        "now": now,
        "usage_id": uuid7(),
        "overrun_id": uuid7(),
        "under_cap": step.override_cap,
        "spend_ceiling": None,
    }


def _standing(step: Step) -> Row:
    row = Reservation.objects.filter(workspace_id=step.workspace_id, pk=step.hold_id).values().first()
    if row is None:
        raise NotFound(f"There is no hold {step.hold_id}.")
    return dict(row)


def _is_capped(standing: Row) -> bool:
    rows = Allowance.objects.filter(workspace_id=standing["workspace_id"], pk=standing["allowance_id"], is_capped=True)
    return rows.exists()
