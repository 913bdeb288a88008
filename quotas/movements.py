"""Steps on a hold, as parameters of the statements: shared by the services and by the sweeper."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from accounts.errors import NotFound
from accounts.identifiers import uuid7
from quotas import statements
from quotas.models import Reservation, ReservationState
from quotas.periods import open_period
from quotas.statements import Action, Row
from quotas.values import UsageAttributes


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One numbered step on a hold. `next_amount` and `lease` belong to renewals."""

    workspace_id: UUID
    hold_id: UUID
    sequence: int
    used: int = 0
    usage: UsageAttributes | None = None
    next_amount: int | None = None
    lease: timedelta | None = None

    def __post_init__(self) -> None:
        if self.used < 0 or self.sequence < 0 or (self.next_amount is not None and self.next_amount <= 0):
            raise ValueError("Use and sequence can't be negative; a renewal holds a positive amount.")


def advance(action: Action, step: Step, now: datetime) -> Row:
    """Take one step; the hold's row after it, or as it stands where the step is a repeat. Raises NotFound."""
    params = params_of(action, step, now)
    row = statements.row(statements.ADVANCE, params)
    while row is None:
        standing = _standing(step)
        if standing["state"] == ReservationState.RELEASED or standing["sequence"] >= step.sequence:
            return standing
        # The hold moved to another period's allowance while we waited for the one it was in.
        row = statements.row(statements.ADVANCE, params)
    return follow_period(action, step, row, now)


def follow_period(action: Action, step: Step, row: Row, now: datetime) -> Row:
    """A renewed hold whose period has ended goes on in the allowance of the current one."""
    if action != "renew" or not row["ended"]:
        return row
    open_period(step.workspace_id, now)
    return statements.one(statements.TRANSFER, params_of(action, step, now) | {"metric": row["metric"]})


def params_of(action: Action, step: Step, now: datetime) -> dict[str, Any]:
    """The parameters of ADVANCE and TRANSFER."""
    return asdict(step.usage or UsageAttributes(occurred_at=now)) | {
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
    }


def _standing(step: Step) -> Row:
    row = Reservation.objects.filter(workspace_id=step.workspace_id, pk=step.hold_id).values().first()
    if row is None:
        raise NotFound(f"There is no hold {step.hold_id}.")
    return dict(row)
