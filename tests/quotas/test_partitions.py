"""The ledger lies in monthly partitions that are reached through it alone and that nobody changes, the owner included."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
import time_machine
from django.db import DatabaseError, connection, transaction

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.models import UsageEntry
from quotas.partitions import LEDGER, ensure_partitions, partition_of
from quotas.services import settle
from tests.quotas.factories import subscribe, take, usage, utc

CHANGES = ("UPDATE {} SET quantity = 1", "DELETE FROM {}", "TRUNCATE {}")


def use(workspace: Workspace, used: int = 100) -> UsageEntry:
    with workspace_scope(workspace.pk):
        settle(hold_id=take(300).id, used=used, sequence=1, usage=usage())
        return UsageEntry.objects.get()


def home_of(entry: UsageEntry) -> str:
    with workspace_scope(entry.workspace_id), connection.cursor() as cursor:
        cursor.execute(f"SELECT tableoid::regclass::text FROM {LEDGER} WHERE id = %s", [entry.pk])  # noqa: S608
        return str(cursor.fetchone()[0])


@pytest.mark.django_db
def test_it_puts_an_entry_into_the_partition_of_its_month(workspace: Workspace) -> None:
    subscribe(workspace, avatar_ms=1000)
    entry = use(workspace)
    assert home_of(entry) == partition_of(entry.created_at)


@pytest.mark.django_db
def test_it_keeps_an_entry_of_a_month_without_partition(workspace: Workspace) -> None:
    with time_machine.travel(utc(2041, 2, 3), tick=False):
        subscribe(workspace, avatar_ms=1000)
        entry = use(workspace)
    assert home_of(entry) == f"{LEDGER}_default"


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ["SELECT * FROM {}", "INSERT INTO {} DEFAULT VALUES", *CHANGES])
def test_it_lets_the_application_reach_no_partition_directly(
    workspace: Workspace, charlies_workspace: Workspace, statement: str
) -> None:
    subscribe(workspace, avatar_ms=1000)
    home = home_of(use(workspace))
    for space in (workspace, charlies_workspace):
        with pytest.raises(DatabaseError, match="permission denied"), workspace_scope(space.pk), transaction.atomic():
            connection.cursor().execute(statement.format(home))


@pytest.mark.parametrize("statement", CHANGES)
def test_it_refuses_changes_even_by_the_owner(workspace: Workspace, owner: psycopg.Connection[Any], statement: str) -> None:
    subscribe(workspace, avatar_ms=1000)
    home = home_of(use(workspace))
    for table in (LEDGER, home):
        with pytest.raises(psycopg.errors.RestrictViolation, match="only appended to"):
            owner.execute(statement.format(table))
        owner.rollback()
    with workspace_scope(workspace.pk):
        assert UsageEntry.objects.get().quantity == 100


def test_it_hides_rows_of_a_partition_from_an_owner_without_scope(workspace: Workspace, owner: psycopg.Connection[Any]) -> None:
    subscribe(workspace, avatar_ms=1000)
    home = home_of(use(workspace))
    assert owner.execute(f"SELECT count(*) FROM {home}").fetchone() == (1,)  # noqa: S608
    owner.execute("SELECT set_config('app.every_workspace', 'off', true)")
    assert owner.execute(f"SELECT count(*) FROM {home}").fetchone() == (0,)  # noqa: S608


def test_it_makes_four_years_of_partitions_and_finds_them_there(owner: psycopg.Connection[Any]) -> None:
    owner_settings = {"USER": owner.info.user, "PASSWORD": owner.info.password, "OPTIONS": {}}
    kept = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(owner_settings)
    try:
        with transaction.atomic():
            made = ensure_partitions(at=utc(2024, 2, 29))
            assert (made[0], made[-1], len(made)) == (f"{LEDGER}_2023_01", f"{LEDGER}_2027_02", 50 - _there_already(made))
            assert ensure_partitions(at=utc(2024, 2, 29)) == []
            _assert_walled(made)
            transaction.set_rollback(True)
    finally:
        connection.close()
        connection.settings_dict.update(kept)


def _there_already(made: list[str]) -> int:
    wanted = {f"{LEDGER}_{n // 12}_{n % 12 + 1:02}" for n in range(2023 * 12, 2027 * 12 + 2)}
    return len(wanted - set(made))


def _assert_walled(partitions: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT bool_and(relrowsecurity AND relforcerowsecurity), bool_or(has_table_privilege('visavis_app', oid, 'SELECT'))"
            " FROM pg_class WHERE relname = ANY(%s)",
            [partitions],
        )
        assert cursor.fetchone() == (True, False)
