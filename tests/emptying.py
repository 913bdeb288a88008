"""Emptying the test database after a test that commits: rows are deleted where there are any. TRUNCATE would make some five
hundred files anew each time, which takes ten times as long."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.db import connection
from psycopg import sql

KEPT = ("django_migrations", "django_content_type", "auth_permission")
TABLES = (
    "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace"
)
# Nobody writes meanwhile, as all tables are locked first. Even the owner may not empty the ledger, the trail and the invoices
# while their triggers are on. The last statement is what RESTART IDENTITY does.
_EMPTY = """
DO $$ DECLARE name regclass; filled regclass[] := '{{}}'; guarded regclass[] := '{{}}'; is_filled bool; BEGIN
    LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE;
    PERFORM set_config('app.every_workspace', 'on', true);
    FOREACH name IN ARRAY ARRAY[{names}]::regclass[] LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', name) INTO is_filled;
        IF is_filled THEN filled := filled || name; END IF;
    END LOOP;
    SELECT coalesce(array_agg(DISTINCT tgrelid::regclass), '{{}}') INTO guarded FROM pg_trigger
        WHERE tgrelid = ANY (filled) AND NOT tgisinternal;
    FOREACH name IN ARRAY guarded LOOP EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', name); END LOOP;
    FOREACH name IN ARRAY filled LOOP EXECUTE format('DELETE FROM %s', name); END LOOP;
    SET CONSTRAINTS ALL IMMEDIATE;
    FOREACH name IN ARRAY guarded LOOP EXECUTE format('ALTER TABLE %s ENABLE TRIGGER USER', name); END LOOP;
    PERFORM setval(seqrelid, seqstart, false) FROM pg_sequence JOIN pg_depend ON objid = seqrelid
        WHERE classid = 'pg_class'::regclass AND refobjid = ANY (ARRAY[{names}]::regclass[]) AND deptype IN ('a', 'i');
END $$
"""


def empty_everything(owner_url: str) -> None:
    """Every table of the test database but the record of migrations and what they fill, as the role that owns them."""
    url = urlsplit(owner_url)._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    with psycopg.connect(url, autocommit=True) as owner:
        names = [row[0] for row in owner.execute(TABLES).fetchall() if row[0] not in KEPT]
        tables = sql.SQL(", ").join(map(sql.Identifier, names))
        literals = sql.SQL(", ").join(sql.Literal(f'"{name}"') for name in names)
        _persist(owner, sql.SQL(_EMPTY).format(tables=tables, names=literals))


def _persist(owner: psycopg.Connection[Any], statement: sql.Composed) -> None:
    for _ in range(10):  # a running clock or gateway may be in the middle of a transaction
        try:
            owner.execute(statement)
            return
        except psycopg.errors.DeadlockDetected:
            continue
    raise RuntimeError("The test database could not be emptied.")
