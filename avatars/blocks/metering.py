"""The meter of a call that needs no session: held before the work, settled after it, given back where it failed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import connection
from django.utils import timezone

from accounts.identifiers import uuid7
from quotas import alone
from quotas.billing.costs import LOCAL
from quotas.metrics import Metric
from quotas.values import UsageAttributes

LEASE = timedelta(minutes=15)  # longer than the longest text takes, also to a client that reads slowly


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Who asks: in which workspace, by which key (None: a person)."""

    workspace_id: UUID
    api_key_id: UUID | None


@dataclass(slots=True)
class Meter:
    """What has been used so far. It only counts what it was told."""

    used: int = 0


@contextmanager
def metered(customer: Customer, metric: Metric, amount: int, *, purpose: str) -> Iterator[Meter]:
    """Hold `amount` for the work inside; at its end, also a bad one, what the meter says is settled, the rest given back.

    Outside of scopes and transactions. Raises QuotaExceeded before anything is done.
    """
    call = uuid7()
    asked = {"metric": metric, "amount": amount, "purpose": purpose, "subject_id": call, "key": f"{purpose}:{call}"}
    hold = alone.reserve(workspace_id=customer.workspace_id, lease=LEASE, **asked)  # type: ignore[arg-type]
    connection.close()  # back to the pool: the work takes seconds, and there are more requests than connections
    meter = Meter()
    try:
        yield meter
    finally:
        usage = UsageAttributes(occurred_at=timezone.now(), api_key_id=customer.api_key_id, provider=LOCAL)
        alone.release(workspace_id=customer.workspace_id, hold=hold, used=meter.used, sequence=1, usage=usage)
        connection.close()
