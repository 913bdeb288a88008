"""`reserve`, `settle` and `release` (services.py) for callers that have nothing else to write: with what other threads ask
at the same time they are one transaction and one round trip (grouping.py).

What is not plain (a first use, a refusal, a repeat, a spend cap, a step that must wait) changes nothing here and is done
again by the services, in a scope. Call these outside of scopes and transactions.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.tenancy import workspace_scope
from quotas import services, statements
from quotas.grouping import Group
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
    row = _RESERVING.run(workspace_id, metric, reservation_params(workspace_id, timezone.now(), **asked))
    if row is not None:
        return hold_of(row)
    with workspace_scope(workspace_id):
        return services.reserve(**asked)


def settle(*, workspace_id: UUID, hold: Hold, used: int, sequence: int, usage: UsageAttributes) -> None:
    """`services.settle` for `workspace_id`."""
    if not _advanced("settle", hold, Step(workspace_id=workspace_id, hold_id=hold.id, used=used, sequence=sequence, usage=usage)):
        with workspace_scope(workspace_id):
            services.settle(hold_id=hold.id, used=used, sequence=sequence, usage=usage)


def release(*, workspace_id: UUID, hold: Hold, used: int = 0, sequence: int, usage: UsageAttributes | None = None) -> None:
    """`services.release` for `workspace_id`."""
    if not _advanced(
        "release", hold, Step(workspace_id=workspace_id, hold_id=hold.id, used=used, sequence=sequence, usage=usage)
    ):
        with workspace_scope(workspace_id):
            services.release(hold_id=hold.id, used=used, sequence=sequence, usage=usage)


def _advanced(action: Action, hold: Hold, step: Step) -> bool:
    return _ADVANCING.run(step.workspace_id, hold.metric, params_of(action, step, timezone.now())) is not None


_RESERVING = Group(partial(statements.rows_alone, statements.RESERVE_ALONE))
_ADVANCING = Group(partial(statements.rows_alone, statements.ADVANCE))
