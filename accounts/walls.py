"""The second wall, derived from the models after each migration so that no new table can be forgotten.

For each tenant-owned table: row-level security that even the owner obeys, composite foreign keys
`(workspace_id, parent_id)` so that a link into another workspace is unrepresentable, and grants for the application's
role, which owns nothing and may only append to append-only tables. Partitions are reached through their table alone.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections, models
from psycopg import sql

from accounts.tenancy import TenantModel

# Django's own key on the column alone proves nothing that the composite one does not: each insert would pay for both.
_DROP_SINGLE_KEYS = """
DO $$
DECLARE owner regclass := %s::regclass; link name := %s; key record;
BEGIN
    FOR key IN SELECT conname FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND c.conkey = ARRAY[a.attnum]
               WHERE c.conrelid = owner AND c.contype = 'f' AND a.attname = link
    LOOP EXECUTE format('ALTER TABLE %%s DROP CONSTRAINT %%I', owner, key.conname); END LOOP;
END $$
"""
_VISIBLE = """
    workspace_id = (SELECT NULLIF(current_setting('app.workspace_id', true), '')::uuid)
    OR (SELECT current_setting('app.every_workspace', true)) = 'on'
"""


def raise_walls(*, using: str, **_: Any) -> None:
    """`post_migrate` handler: secure every table of the database behind alias `using`."""
    with connections[using].cursor() as cursor:
        migrated = set(connections[using].introspection.table_names(cursor))
        present = [model for model in tenant_models() if model._meta.db_table in migrated]
        parents = {field.related_model for model in present for field in _tenant_links(model)}
        for model in present:
            _secure_rows(cursor, model._meta.db_table)
            if model in parents:
                cursor.execute(_unique_pair(model._meta.db_table))
        for model in present:
            for field in _tenant_links(model):
                cursor.execute(_composite_key(model, field))
                cursor.execute(_DROP_SINGLE_KEYS, [model._meta.db_table, field.column])
        for model in present:
            if model not in parents:  # an earlier release gave one to every table
                cursor.execute(sql.SQL("DROP INDEX IF EXISTS {0}").format(_pair_name(model._meta.db_table)))
        _grant(cursor, present)
        for model in present:
            if getattr(model, "partitioned", False):
                wall_partitions(cursor, model._meta.db_table)


def wall_partitions(cursor: Any, table: str) -> None:
    """Secure the partitions of `table`, and take every privilege on them from the application's role: what is allowed and
    seen is decided at the table. Call it after creating one."""
    cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = to_regclass(%s)", [table])
    partitions = [row[0] for row in cursor.fetchall()]
    for name in partitions:
        _secure_rows(cursor, name)
    if partitions and _has_app_role(cursor):
        revoke = sql.SQL("REVOKE ALL ON {0} FROM {1}")
        names = sql.SQL(", ").join(map(sql.Identifier, partitions))
        cursor.execute(revoke.format(names, sql.Identifier(settings.DATABASE_APP_ROLE)))


def tenant_models() -> list[type[TenantModel]]:
    """Every concrete model that belongs to a workspace."""
    return [model for model in apps.get_models() if issubclass(model, TenantModel)]


def _tenant_links(model: type[TenantModel]) -> list[models.ForeignKey[Any, Any]]:
    keys = [field for field in model._meta.local_fields if isinstance(field, models.ForeignKey)]
    return [key for key in keys if getattr(key, "db_constraint", True) and issubclass(key.related_model, TenantModel)]


def _secure_rows(cursor: Any, table: str) -> None:
    name = sql.Identifier(table)
    for statement in (
        "ALTER TABLE {0} ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE {0} FORCE ROW LEVEL SECURITY",
        "DROP POLICY IF EXISTS workspace_rows ON {0}",
        f"CREATE POLICY workspace_rows ON {{0}} USING ({_VISIBLE})",
    ):
        cursor.execute(sql.SQL(statement).format(name))


def _unique_pair(table: str) -> sql.Composed:
    return sql.SQL("CREATE UNIQUE INDEX IF NOT EXISTS {0} ON {1} (workspace_id, id)").format(
        _pair_name(table), sql.Identifier(table)
    )


def _pair_name(table: str) -> sql.Identifier:
    return sql.Identifier(f"{table}_pair"[:63])


def _composite_key(model: type[TenantModel], field: models.ForeignKey[Any, Any]) -> sql.Composed:
    table, parent = model._meta.db_table, field.related_model._meta.db_table
    name = f"{table}_{field.column}_pair"[:63]
    return sql.SQL(
        "DO $$ BEGIN "
        "IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = {name} AND conrelid = {table_name}::regclass) THEN "
        "ALTER TABLE {table} ADD CONSTRAINT {key} FOREIGN KEY (workspace_id, {column}) "
        "REFERENCES {parent} (workspace_id, id) DEFERRABLE INITIALLY DEFERRED; "
        "END IF; END $$"
    ).format(
        name=sql.Literal(name),
        table_name=sql.Literal(table),
        table=sql.Identifier(table),
        key=sql.Identifier(name),
        column=sql.Identifier(field.column),
        parent=sql.Identifier(parent),
    )


def _grant(cursor: Any, present: list[type[TenantModel]]) -> None:
    if not _has_app_role(cursor):
        return  # a single-role installation: the policies above still hold because they are forced
    app = sql.Identifier(settings.DATABASE_APP_ROLE)
    cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {0}").format(app))
    cursor.execute(sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {0}").format(app))
    cursor.execute(sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {0}").format(app))
    for model in present:
        if getattr(model, "append_only", False):
            table = sql.Identifier(model._meta.db_table)
            cursor.execute(sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {0} FROM {1}").format(table, app))


def _has_app_role(cursor: Any) -> bool:
    """Whether the application's role exists and is another than the one that is connected."""
    cursor.execute("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %s AND rolname <> current_user)", [_app_role()])
    return bool(cursor.fetchone()[0])


def _app_role() -> str:
    role: str = settings.DATABASE_APP_ROLE
    return role
