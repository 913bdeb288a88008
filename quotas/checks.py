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
    return [LedgerDifference(**row) for row in statements.rows(_DIFFERENCES, {})]


# Summed once per table, not once per allowance: the ledger is long.
_DIFFERENCES = """
WITH ledger AS (
    SELECT allowance_id, COALESCE(sum(quantity) FILTER (WHERE kind IN ('usage', 'correction')), 0) AS settled,
           COALESCE(sum(quantity) FILTER (WHERE kind = 'overrun'), 0) AS overrun
    FROM quotas_usageentry GROUP BY allowance_id
), held AS (
    SELECT allowance_id, sum(held) AS held FROM quotas_reservation WHERE state = 'open' GROUP BY allowance_id
)
SELECT a.workspace_id, a.id AS allowance_id, a.metric, c.counter, c.counted, c.expected::bigint AS expected
FROM quotas_allowance a
LEFT JOIN ledger l ON l.allowance_id = a.id
LEFT JOIN held h ON h.allowance_id = a.id
CROSS JOIN LATERAL (VALUES ('settled', a.settled, COALESCE(l.settled, 0)), ('overrun', a.overrun, COALESCE(l.overrun, 0)),
                           ('held', a.held, COALESCE(h.held, 0))) AS c (counter, counted, expected)
WHERE c.counted <> c.expected
"""
