"""The nightly question: do the counters say what the ledger and the open reservations say?"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.core.cache import cache

from accounts.tenancy import unscoped
from quotas import statements
from quotas.daily import refresh_usage_daily

logger = logging.getLogger(__name__)
_TWO_DAYS = int(timedelta(days=2).total_seconds())


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerDifference:
    """An allowance whose counter is not the sum that it stands for. One of these is a defect: page someone."""

    workspace_id: UUID
    allowance_id: UUID
    metric: str
    counter: str
    counted: int
    expected: int


def ledger_differences() -> list[LedgerDifference]:
    """Every difference in the open scope (one workspace, or all when unscoped): settled and overrun against the ledger,
    held against open reservations. Empty when all is well."""
    return [LedgerDifference(**row) for row in statements.rows(statements.DIFFERENCES, {})]


def report_differences() -> list[LedgerDifference]:
    """Look at every workspace and log each difference as an error. Call it outside of any scope."""
    with unscoped("the nightly check adds up every workspace"):
        found = ledger_differences()
    for one in found:
        logger.error(
            "The ledger does not explain a counter: workspace %s, %s, %s is %d, should be %d (allowance %s).",
            one.workspace_id,
            one.metric,
            one.counter,
            one.counted,
            one.expected,
            one.allowance_id,
        )
    return found


def daily(now: datetime) -> bool:
    """Once for each UTC day, whoever calls it how often: check the ledger, sum up the days that are over. Call it from a
    clock, outside of any scope; False where that day's turn was taken already."""
    if not cache.add(f"quotas:daily:{now.astimezone(UTC):%Y-%m-%d}", "taken", _TWO_DAYS):
        return False
    report_differences()
    refresh_usage_daily(now)
    return True
