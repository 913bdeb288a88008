"""`reserve`, `settle` and `release` (services.py) for callers that have nothing else to write: each in a transaction of its
own that is one round trip, so that nobody waits for the allowance's row while an answer travels.

What is not plain (a first use, a refusal, a repeat, a spend cap, a step that must wait) changes nothing here and is done
again by the services, in a scope. Call these outside of scopes and transactions.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.utils import timezone

from accounts.tenancy import workspace_scope
from quotas import services, statements
from quotas.metrics import Metric
from quotas.movements import Step, hold_of, params_of
from quotas.services import reservation_params
from quotas.statements import Action
from quotas.values import Hold, UsageAttributes

__all__ = ["release", "reserve", "settle"]


def reserve(
    *, workspace_id: UUID, metric: Metric, amount: int, purpose: str, subject_id: UUID, key: str, lease: timedelta
) -> Hold:
    """`services.reserve` for `workspace_id`."""
    asked: dict[str, Any] = {
        "metric": metric,
        "amount": amount,
        "purpose": purpose,
        "subject_id": subject_id,
        "key": key,
        "lease": lease,
    }
    try:
        row = statements.row_alone(statements.RESERVE_ALONE, reservation_params(workspace_id, timezone.now(), **asked))
    except IntegrityError:  # somebody placed the same key just now
        row = None
    if row is not None:
        return hold_of(row)
    with workspace_scope(workspace_id):
        return services.reserve(**asked)


def settle(*, workspace_id: UUID, hold_id: UUID, used: int, sequence: int, usage: UsageAttributes) -> None:
    """`services.settle` for `workspace_id`."""
    if not _advanced("settle", Step(workspace_id=workspace_id, hold_id=hold_id, used=used, sequence=sequence, usage=usage)):
        with workspace_scope(workspace_id):
            services.settle(hold_id=hold_id, used=used, sequence=sequence, usage=usage)


def release(*, workspace_id: UUID, hold_id: UUID, used: int = 0, sequence: int, usage: UsageAttributes | None = None) -> None:
    """`services.release` for `workspace_id`."""
    if not _advanced("release", Step(workspace_id=workspace_id, hold_id=hold_id, used=used, sequence=sequence, usage=usage)):
        with workspace_scope(workspace_id):
            services.release(hold_id=hold_id, used=used, sequence=sequence, usage=usage)


def _advanced(action: Action, step: Step) -> bool:
    return statements.row_alone(statements.ADVANCE, params_of(action, step, timezone.now())) is not None
