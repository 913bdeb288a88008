"""What goes in and out of the quota services: plain values, whole numbers in the metric's smallest unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from quotas.metrics import Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Room taken out of an allowance until it is settled or released. `amount` is what may still be used of it."""

    id: UUID
    metric: Metric
    amount: int
    used: int
    sequence: int
    is_open: bool
    lease_expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """A spend cap (`limit`), what use and holds cost so far, and what was `asked` would cost on top: minor units."""

    limit: int
    used: int
    asked: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """Why an allowance could not give what was asked. `limit` is the ceiling; `resets_at` is None for gauges. `spend` is
    there where the ceiling has room and the spend cap has not."""

    metric: Metric
    asked: int
    limit: int
    used: int
    held: int
    resets_at: datetime | None
    spend: Spend | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """The hold after a renewal; `shortage` says that it holds less than was asked for."""

    hold: Hold
    shortage: Shortage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageAttributes:
    """What a settlement was for, as the ledger keeps it. `provider_cost` is in major units of `provider_currency`."""

    occurred_at: datetime
    session_id: UUID | None = None
    avatar: str = ""
    api_key_id: UUID | None = None
    provider: str = ""
    sku: str = ""
    provider_cost: Decimal | None = None
    provider_currency: str = ""
    cost_is_estimate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalRequest:
    """One hold of a batch: `used` since the last settlement, and what to hold from now on."""

    workspace_id: UUID
    hold_id: UUID
    metric: Metric
    used: int
    sequence: int
    next_amount: int
    lease: timedelta
    usage: UsageAttributes


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """An entry of the ledger that came from outside of the holds. `is_late`: its period is closed, a line of the next
    invoice stands for it. `is_new` is False where the event had been entered before."""

    entry_id: UUID
    is_new: bool
    is_late: bool
