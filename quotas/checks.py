"""The nightly question: do the counters say what the ledger and the open reservations say?"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from quotas import statements


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
