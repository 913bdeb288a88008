"""The ledger's monthly partitions: made ahead by the role that owns the tables, closed to everybody else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.db import connections, transaction
from django.utils import timezone
from psycopg import sql

from accounts.walls import wall_partitions

LEDGER = "quotas_usageentry"
_PAST, _AHEAD = 13, 36  # months
_CREATE = "CREATE TABLE {0} PARTITION OF {1} FOR VALUES FROM ({2}) TO ({3})"
# Row triggers of the parent are inherited; those of whole statements are not.
_NEVER_TRUNCATE = "CREATE TRIGGER never_truncated BEFORE TRUNCATE ON {0} EXECUTE FUNCTION quotas_ledger_is_final()"


def ensure_partitions(*, using: str = "default", at: datetime | None = None) -> list[str]:
    """Create what is missing of the partitions from 13 months before to 36 months after `at` (now); their names.

    A month of which the default partition already has rows stays there: appended rows are never moved. Needs the role
    that owns the tables. Does nothing while the ledger is not (or not yet) partitioned.
    """
    connection = connections[using]
    with transaction.atomic(using=using), connection.cursor() as cursor:
        if not _is_partitioned(cursor):
            return []
        cursor.execute("SELECT set_config('app.every_workspace', 'on', true)")
        wanted = [month for month in _months(at or timezone.now()) if _is_missing(cursor, month)]
        made = [_create(cursor, month) for month in wanted]
        wall_partitions(cursor, LEDGER)
        cursor.execute("SELECT set_config('app.every_workspace', 'off', true)")
    return made


def partition_of(moment: datetime) -> str:
    """The name of the partition for entries created at `moment`."""
    return f"{LEDGER}_{moment.astimezone(UTC):%Y_%m}"


def _is_partitioned(cursor: Any) -> bool:
    cursor.execute("SELECT 1 FROM pg_partitioned_table WHERE partrelid = to_regclass(%s)", [LEDGER])
    return cursor.fetchone() is not None


def _months(at: datetime) -> Iterator[datetime]:
    at = at.astimezone(UTC)
    now = at.year * 12 + at.month - 1
    return (_month(number) for number in range(now - _PAST, now + _AHEAD + 1))


def _month(number: int) -> datetime:
    return datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)


def _end(month: datetime) -> datetime:
    return _month(month.year * 12 + month.month)


def _is_missing(cursor: Any, month: datetime) -> bool:
    cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [partition_of(month)])
    if cursor.fetchone()[0]:
        return False
    in_default = sql.SQL("SELECT EXISTS (SELECT FROM {0} WHERE created_at >= %s AND created_at < %s)")
    cursor.execute(in_default.format(sql.Identifier(f"{LEDGER}_default")), [month, _end(month)])
    return not cursor.fetchone()[0]


def _create(cursor: Any, month: datetime) -> str:
    name, table = partition_of(month), sql.Identifier(LEDGER)
    bounds = [sql.Literal(bound.isoformat()) for bound in (month, _end(month))]
    cursor.execute(sql.SQL(_CREATE).format(sql.Identifier(name), table, *bounds))
    cursor.execute(sql.SQL(_NEVER_TRUNCATE).format(sql.Identifier(name)))
    return name
