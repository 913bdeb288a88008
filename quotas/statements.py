"""The statements that move counters, each one round trip. Nothing else in the product changes a counter.

Locks. A transaction takes, in this order: gauges, the subscription, the spend cap's row, periods, counters (gauges and
counters in the order of `Metric`), and an allowance before its reservation; so two transactions can't wait for each other.
One that takes several counters takes those under a cap (`is_capped`) first. The cap's row is locked by a statement of its
own, so that the next one sees what was taken before (caps.py). Locks are `NO KEY UPDATE`: foreign-key checks of other
transactions pass them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import psycopg
from django.db import connection
from psycopg.rows import dict_row
from psycopg.types.numeric import Int8

_SCOPE = "SELECT set_config('app.workspace_id', %s, true), set_config('app.every_workspace', %s, true)"
Row = dict[str, Any]
Params = Mapping[str, Any]
Action = Literal["settle", "renew", "release", "expire"]


def _on_one_line(statement: str) -> str:
    return " ".join(statement.split())


# Insert the reservation, then raise `held` where it still fits. A repeated key inserts nothing and thus raises nothing.
# An inserted reservation without room must not survive: the caller deletes it (WITHDRAW), which only the failing path pays.
# Where a spend cap watches, nothing is placed until the caller holds the cap's lock and brings the ceiling that it leaves.
RESERVE = """
WITH current AS (
    SELECT a.id, a.is_capped AND NOT %(under_cap)s AS capped
    FROM quotas_allowance a LEFT JOIN quotas_billingperiod p ON p.id = a.period_id
    WHERE a.workspace_id = %(workspace)s AND a.metric = %(metric)s
      AND NOT a.is_closed AND (a.period_id IS NULL OR (p.starts_at <= %(now)s AND p.ends_at > %(now)s))
), placed AS (
    INSERT INTO quotas_reservation (id, workspace_id, created_at, allowance_id, metric, purpose, subject_id, key, amount,
                                    held, used, reported, state, sequence, lease_expires_at)
    SELECT %(id)s, %(workspace)s, %(now)s, current.id, %(metric)s, %(purpose)s, %(subject)s, %(key)s, %(amount)s,
           %(amount)s, 0, 0, 'open', 0, %(lease_expires_at)s
    FROM current WHERE NOT capped
    ON CONFLICT (workspace_id, metric, key) DO NOTHING
    RETURNING allowance_id
), taken AS (
    UPDATE quotas_allowance a SET held = a.held + %(amount)s
    FROM placed
    WHERE a.id = placed.allowance_id AND NOT a.is_closed
      AND (a.settled + a.held + %(amount)s <= LEAST(a.ceiling, %(spend_ceiling)s::bigint)) IS NOT FALSE
    RETURNING a.id
)
SELECT EXISTS (SELECT FROM current) AS known, EXISTS (SELECT FROM current WHERE capped) AS capped,
       EXISTS (SELECT FROM placed) AS placed, EXISTS (SELECT FROM taken) AS taken
"""

# The same for a transaction of its own, which may fail: room is taken before the row is placed, so there is nothing to
# withdraw. No row: refused, capped, repeated or without a period; RESERVE tells which. Two at once with one key: one fails.
RESERVE_ALONE = """
WITH current AS (
    SELECT a.id FROM quotas_allowance a LEFT JOIN quotas_billingperiod p ON p.id = a.period_id
    WHERE a.workspace_id = %(workspace)s AND a.metric = %(metric)s AND NOT a.is_capped
      AND NOT a.is_closed AND (a.period_id IS NULL OR (p.starts_at <= %(now)s AND p.ends_at > %(now)s))
      AND NOT EXISTS (SELECT FROM quotas_reservation r
                      WHERE r.workspace_id = %(workspace)s AND r.metric = %(metric)s AND r.key = %(key)s)
), taken AS (
    UPDATE quotas_allowance a SET held = a.held + %(amount)s
    FROM current
    WHERE a.id = current.id AND NOT a.is_closed AND NOT a.is_capped
      AND (a.settled + a.held + %(amount)s <= a.ceiling) IS NOT FALSE
    RETURNING a.id
)
INSERT INTO quotas_reservation (id, workspace_id, created_at, allowance_id, metric, purpose, subject_id, key, amount,
                                held, used, reported, state, sequence, lease_expires_at)
SELECT %(id)s, %(workspace)s, %(now)s, taken.id, %(metric)s, %(purpose)s, %(subject)s, %(key)s, %(amount)s,
       %(amount)s, 0, 0, 'open', 0, %(lease_expires_at)s
FROM taken
RETURNING id, metric, held, used, sequence, state, lease_expires_at
"""

WITHDRAW = "DELETE FROM quotas_reservation WHERE workspace_id = %(workspace)s AND id = %(id)s"

# Settle, renew, release and expire are one movement of the same three counters:
#   due       what is to be settled: reported by the caller, or, when a lease lapsed, the last report. What the sweeper
#             has settled already is not settled again if the holder turns up after all.
#   from_hold comes out of what was held; from_free is the surplus that still fits (LEAST ignores NULL: no ceiling);
#             the rest is overrun: counted, never above the ceiling.
#   next_held what stays held: settle keeps the rest, renew tops it up (or down) to `next` as far as there is room,
#             release and expire give it back. A hold of a period that has ended keeps nothing: TRANSFER moves it.
# Under a spend cap, what is charged for is taken by who holds the cap's lock alone: others find no surplus to charge for,
# and a renewal without the lock changes nothing.
# What is due is priced by the provider's rate of that moment (`billing/costs.py` says the same in Python): once, here.
# A sequence that is not above the last one is a repeat: no row, no change. Ledger rows carry it in their event id.
# On one line, as psycopg remembers how it read a statement up to 4,096 characters; a longer one it reads each time anew.
ADVANCE = _on_one_line("""
WITH hold AS (
    SELECT r.id, r.metric, r.state, r.held, r.reported, r.allowance_id,
           LEAST(a.ceiling, CASE WHEN NOT a.is_capped THEN NULL
                                 WHEN %(under_cap)s AND (p.ends_at > %(now)s) IS NOT FALSE THEN %(spend_ceiling)s::bigint
                                 ELSE a.included + a.granted END) - a.settled - a.held AS left_over,
           GREATEST(r.sequence, %(sequence)s::bigint) AS sequence, COALESCE(p.ends_at <= %(now)s, false) AS ended
    FROM quotas_allowance a
    JOIN quotas_reservation r ON r.allowance_id = a.id
    LEFT JOIN quotas_billingperiod p ON p.id = a.period_id
    WHERE r.workspace_id = %(workspace)s AND r.id = %(id)s AND NOT a.is_closed
      AND (%(action)s <> 'renew' OR p.ends_at IS NULL OR p.ends_at > %(now)s OR EXISTS (
          SELECT FROM quotas_billingperiod c
          WHERE c.workspace_id = %(workspace)s AND c.starts_at <= %(now)s AND c.ends_at > %(now)s))
      AND CASE WHEN %(action)s = 'expire' THEN r.state = 'open' AND r.lease_expires_at < %(now)s
               ELSE r.state <> 'released' AND r.sequence < %(sequence)s::bigint END
      AND (%(under_cap)s OR NOT a.is_capped OR %(action)s <> 'renew')
    FOR NO KEY UPDATE OF a, r
), owed AS (
    SELECT hold.*, CASE WHEN %(action)s = 'expire' THEN reported
                        WHEN state = 'expired' THEN GREATEST(%(used)s::bigint - reported, 0)
                        ELSE %(used)s::bigint END AS due,
           CASE WHEN left_over < 0 THEN 0 ELSE left_over END AS free
    FROM hold
), split AS (
    SELECT owed.*, LEAST(due, held) AS from_hold, LEAST(GREATEST(due - held, 0), free) AS from_free FROM owed
), outcome AS (
    SELECT split.*, from_hold + from_free AS counted, due - from_hold - from_free AS overrun,
           CASE WHEN %(action)s = 'settle' THEN held - from_hold
                WHEN %(action)s = 'renew' AND NOT ended
                THEN held - from_hold + LEAST(%(next)s::bigint - (held - from_hold), free - from_free)
                ELSE 0 END AS next_held,
           CASE %(action)s WHEN 'expire' THEN 'expired' WHEN 'release' THEN 'released' WHEN 'renew' THEN 'open'
                           ELSE state END AS next_state
    FROM split
), moved AS (
    UPDATE quotas_allowance a
    SET settled = a.settled + outcome.counted, held = a.held - outcome.held + outcome.next_held,
        overrun = a.overrun + outcome.overrun
    FROM outcome WHERE a.id = outcome.allowance_id
), noted AS (
    UPDATE quotas_reservation r
    SET held = outcome.next_held, used = r.used + outcome.due, sequence = outcome.sequence, state = outcome.next_state,
        reported = CASE WHEN %(action)s = 'expire' THEN r.reported ELSE 0 END,
        lease_expires_at = COALESCE(%(lease_expires_at)s::timestamptz, r.lease_expires_at),
        closed_at = CASE WHEN outcome.next_state = 'open' THEN NULL ELSE COALESCE(r.closed_at, %(now)s) END
    FROM outcome WHERE r.id = outcome.id
    RETURNING r.id, r.metric, r.held, r.used, r.sequence, r.state, r.lease_expires_at
), entered AS (
    INSERT INTO quotas_usageentry (id, workspace_id, created_at, allowance_id, reservation_id, metric, kind, quantity, source,
                                   event_id, occurred_at, session_id, avatar, api_key_id, provider, sku, provider_cost,
                                   provider_currency, cost_is_estimate)
    SELECT part.id, %(workspace)s, %(now)s, allowance_id, outcome.id, metric, kind, quantity, 'hold',
           concat_ws('/', outcome.id, sequence, %(action)s, kind), %(occurred_at)s, %(session_id)s::uuid, %(avatar)s,
           %(api_key_id)s::uuid, %(provider)s, %(sku)s,
           CASE WHEN costs THEN COALESCE(%(provider_cost)s::numeric, rate.cost) END,
           COALESCE(rate.currency, %(provider_currency)s), %(cost_is_estimate)s OR rate.cost IS NOT NULL
    FROM outcome
    LEFT JOIN LATERAL (
        SELECT LEAST(9999999999, div(2 * GREATEST(minimum, (due + rounding_step - 1) / rounding_step * rounding_step) * unit_cost
                                     * 10000000000 + unit_size, 2 * unit_size) * 0.0000000001) AS cost, currency
        FROM quotas_providerrate
        WHERE %(provider)s <> '' AND %(provider_cost)s::numeric IS NULL AND due > 0
          AND provider = %(provider)s AND sku IN (%(sku)s, '') AND metric = outcome.metric
          AND valid_from <= %(occurred_at)s AND (valid_to > %(occurred_at)s) IS NOT FALSE
        ORDER BY sku DESC LIMIT 1
    ) AS rate ON true
    CROSS JOIN LATERAL (VALUES (%(usage_id)s::uuid, 'usage', counted, true),
                               (%(overrun_id)s::uuid, 'overrun', overrun, counted = 0))
        AS part (id, kind, quantity, costs)
    WHERE quantity > 0
)
SELECT noted.*, outcome.ended FROM noted JOIN outcome USING (id)
""")

# After ADVANCE has emptied a hold whose period has ended: go on in the allowance of the current period.
TRANSFER = """
WITH room AS (
    SELECT a.id, GREATEST(0, LEAST(%(next)s::bigint, LEAST(a.ceiling, CASE WHEN NOT a.is_capped THEN NULL
        WHEN %(under_cap)s THEN %(spend_ceiling)s::bigint ELSE a.included + a.granted END) - a.settled - a.held)) AS amount
    FROM quotas_allowance a JOIN quotas_billingperiod p ON p.id = a.period_id
    WHERE a.workspace_id = %(workspace)s AND a.metric = %(metric)s AND p.starts_at <= %(now)s AND p.ends_at > %(now)s
    FOR NO KEY UPDATE OF a
), taken AS (
    UPDATE quotas_allowance a SET held = a.held + room.amount FROM room WHERE a.id = room.id
)
UPDATE quotas_reservation r SET allowance_id = room.id, held = room.amount
FROM room
WHERE r.workspace_id = %(workspace)s AND r.id = %(id)s AND r.state = 'open' AND r.held = 0
RETURNING r.id, r.metric, r.held, r.used, r.sequence, r.state, r.lease_expires_at
"""

# A hold that the sweeper took back, and whose period was closed since: what it used counts where the meter finds it.
REPOINT = """
UPDATE quotas_reservation r SET allowance_id = n.id
FROM quotas_allowance o, quotas_allowance n JOIN quotas_billingperiod p ON p.id = n.period_id
WHERE r.workspace_id = %(workspace)s AND r.id = %(id)s AND r.held = 0 AND o.id = r.allowance_id AND o.is_closed
  AND n.workspace_id = r.workspace_id AND n.metric = r.metric AND p.starts_at <= %(now)s AND p.ends_at > %(now)s
"""

REPORT = """
UPDATE quotas_reservation SET reported = GREATEST(reported, %(used)s)
WHERE workspace_id = %(workspace)s AND id = %(id)s AND state = 'open'
"""

# What comes from outside of the holds: a backfill, or the correction of an entry. Positive quantities take what is free
# (the rest is overrun), negative ones give back. A closed period's counters stay: its entry is of kind `late`, and the
# caller puts it on the next invoice. A repeated event enters nothing.
ENTER = """
WITH target AS (
    SELECT a.id, p.id AS period_id, p.state = 'closed' AS closed,
           LEAST(a.ceiling, CASE WHEN a.is_capped THEN a.included + a.granted END) - a.settled - a.held AS free
    FROM quotas_billingperiod p JOIN quotas_allowance a ON a.period_id = p.id
    WHERE a.workspace_id = %(workspace)s AND a.id = %(allowance)s
    FOR NO KEY UPDATE OF p FOR NO KEY UPDATE OF a
), event AS (
    INSERT INTO quotas_usageevent (id, workspace_id, created_at, source, event_id, entry_id)
    SELECT %(id)s, %(workspace)s, %(now)s, %(source)s, %(event_id)s, %(entry_id)s FROM target
    ON CONFLICT (workspace_id, source, event_id) DO NOTHING
    RETURNING entry_id
), split AS (
    SELECT target.*, CASE WHEN closed THEN 0 WHEN %(quantity)s::bigint < 0 THEN %(quantity)s::bigint
                          ELSE LEAST(%(quantity)s::bigint, GREATEST(0, COALESCE(free, %(quantity)s::bigint))) END AS counted
    FROM target WHERE EXISTS (SELECT FROM event)
), outcome AS (
    SELECT split.*, CASE WHEN closed THEN 0 ELSE %(quantity)s::bigint - counted END AS overrun FROM split
), moved AS (
    UPDATE quotas_allowance a SET settled = a.settled + outcome.counted, overrun = a.overrun + outcome.overrun
    FROM outcome WHERE a.id = outcome.id AND NOT outcome.closed
), entered AS (
    INSERT INTO quotas_usageentry (id, workspace_id, created_at, allowance_id, metric, kind, quantity, source, event_id,
                                   occurred_at, session_id, avatar, api_key_id, provider, sku, provider_cost,
                                   provider_currency, cost_is_estimate, reverses)
    SELECT part.id, %(workspace)s, %(now)s, outcome.id, %(metric)s, part.kind, part.quantity, %(source)s, %(event_id)s,
           %(occurred_at)s, %(session_id)s::uuid, %(avatar)s, %(api_key_id)s::uuid, %(provider)s, %(sku)s,
           CASE WHEN bears_cost THEN %(provider_cost)s::numeric END, %(provider_currency)s, %(cost_is_estimate)s,
           %(reverses)s::uuid
    FROM outcome
    CROSS JOIN LATERAL (VALUES (%(entry_id)s::uuid, %(kind)s, counted, true),
                               (%(overrun_id)s::uuid, 'overrun', overrun, counted = 0),
                               (%(entry_id)s::uuid, 'late', CASE WHEN closed THEN %(quantity)s::bigint ELSE 0 END, true))
        AS part (id, kind, quantity, bears_cost)
    WHERE part.quantity <> 0
)
SELECT target.period_id, target.closed, EXISTS (SELECT FROM event) AS is_new FROM target
"""

# Any workspace's: the sweeper runs unscoped. ADVANCE checks the lease again under its locks.
LAPSED = """
SELECT workspace_id, metric, id FROM quotas_reservation
WHERE state = 'open' AND lease_expires_at < %(now)s ORDER BY lease_expires_at LIMIT %(limit)s
"""

# Summed once per table, not once per allowance: the ledger is long.
DIFFERENCES = """
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


def rows(statement: str, params: Params) -> list[Row]:
    """Run one statement; its rows by column name, none for a statement that returns none."""
    with _planned_once() as cursor:
        cursor.execute(statement, _typed(params))
        return cursor.fetchall() if cursor.description else []


def row(statement: str, params: Params) -> Row | None:
    """The first row of `rows`; None when nothing matched."""
    return next(iter(rows(statement, params)), None)


def one(statement: str, params: Params) -> Row:
    """The only row of a statement that always returns one."""
    (only,) = rows(statement, params)
    return only


def row_of_each(statement: str, batch: Sequence[Params]) -> list[Row | None]:
    """`row` for each of many parameters in one go: all are on their way before the first answer is back."""
    with _planned_once() as cursor:
        cursor.executemany(statement, [_typed(params) for params in batch], returning=True)
        return [results.fetchone() for results in cursor.results()]


def rows_alone(statement: str, batch: Sequence[Params]) -> list[Row | None]:
    """`row_of_each` in a transaction and a scope of its own, within one round trip: no lock is held while an answer travels.
    Postgres takes what is sent together outside of a transaction as one; so not inside of one."""
    workspaces = {params["workspace"] for params in batch}
    scope = (str(*workspaces), "off") if len(workspaces) == 1 else ("", "on")
    with _planned_once() as cursor:
        with cursor.connection.pipeline():
            cursor.connection.execute(_SCOPE, scope)
            cursor.executemany(statement, [_typed(params) for params in batch], returning=True)
        return [results.fetchone() for results in cursor.results()]  # of a transaction that is committed


@contextmanager
def _planned_once() -> Iterator[psycopg.Cursor[Row]]:
    """A cursor whose statements Postgres parses and plans once per connection, where Django's would each time: planning
    costs ADVANCE five times what running it does (benchmarks/quotas.py). Django's own cursors stay as they are."""
    connection.ensure_connection()
    raw = connection.connection
    kept, raw.prepare_threshold = raw.prepare_threshold, 0
    try:
        with connection.wrap_database_errors, psycopg.Cursor(raw, row_factory=dict_row) as cursor:
            yield cursor
    finally:
        raw.prepare_threshold = kept


def _typed(params: Params) -> dict[str, Any]:
    """Every whole number as bigint: by default its size picks the type, and each type would be planned anew."""
    return {
        name: Int8(value) if isinstance(value, int) and not isinstance(value, bool) else value for name, value in params.items()
    }
