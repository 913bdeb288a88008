"""What holds even when our own code is wrong: Postgres refuses, and no second path to a counter exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import Workspace
from accounts.tenancy import unscoped, workspace_scope
from quotas.checks import ledger_differences
from quotas.metrics import Metric
from quotas.models import Reservation, UsageEntry
from quotas.services import settle
from tests.quotas.factories import counters, subscribe, take, usage

ROOMS = ("accounts", "avatars", "config", "quotas", "sessions", "streaming")
COUNTING_TABLES = ("quotas_allowance", "quotas_reservation", "quotas_usageentry")


@pytest.fixture
def used(workspace: Workspace) -> Workspace:
    """Alice has settled 100 of 1000 ms and holds 200."""
    subscribe(workspace, avatar_ms=1000, concurrent_sessions=2)
    with workspace_scope(workspace.pk):
        settle(hold_id=take(300).id, used=100, sequence=1, usage=usage())
    return workspace


def run(statement: str, *params: Any) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, params)
        return int(cursor.rowcount)


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ["UPDATE quotas_usageentry SET quantity = 0", "DELETE FROM quotas_usageentry"])
def test_it_lets_nobody_change_the_ledger(used: Workspace, statement: str) -> None:
    with workspace_scope(used.pk):
        with pytest.raises(DatabaseError, match="permission denied"):
            run(statement)
        assert UsageEntry.objects.get().quantity == 100


@pytest.mark.django_db
@pytest.mark.parametrize(
    "select", ["SELECT 1 FROM quotas_allowance", "SELECT 1 FROM quotas_reservation", "SELECT 1 FROM quotas_usageentry"]
)
def test_it_shows_strangers_no_row_even_in_raw_sql(used: Workspace, charlies_workspace: Workspace, select: str) -> None:
    with workspace_scope(used.pk):
        assert run(select) > 0
    with workspace_scope(charlies_workspace.pk):
        assert run(f"{select} WHERE workspace_id = %s", used.pk) == 0
        assert run("UPDATE quotas_allowance SET held = 0 WHERE workspace_id = %s", used.pk) == 0
        with pytest.raises(DatabaseError, match="row-level security"):
            run(
                "INSERT INTO quotas_allowance (id, workspace_id, created_at, metric, granted, held, settled, overrun)"
                " VALUES (%s, %s, %s, 'storage_bytes', 0, 0, 0, 0)",
                uuid4(),
                used.pk,
                timezone.now(),
            )
    with workspace_scope(used.pk):
        assert counters() == (100, 200, 0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("UPDATE quotas_allowance SET held = 901 WHERE metric = 'avatar_ms'", "allowance_within_ceiling"),
        ("UPDATE quotas_allowance SET settled = 801 WHERE metric = 'avatar_ms'", "allowance_within_ceiling"),
        ("UPDATE quotas_allowance SET held = -1 WHERE metric = 'avatar_ms'", "allowance_held_not_negative"),
        ("UPDATE quotas_allowance SET settled = -1 WHERE metric = 'avatar_ms'", "allowance_settled_not_negative"),
        ("UPDATE quotas_allowance SET overrun = -1 WHERE metric = 'avatar_ms'", "allowance_overrun_not_negative"),
        ("UPDATE quotas_allowance SET period_id = NULL WHERE metric = 'avatar_ms'", "allowance_gauge_or_period"),
    ],
)
def test_it_refuses_impossible_counters(used: Workspace, change: str, constraint: str) -> None:
    with workspace_scope(used.pk):
        with pytest.raises(IntegrityError, match=constraint):
            run(change)
        assert counters() == (100, 200, 0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("UPDATE quotas_reservation SET state = 'released', closed_at = now()", "reservation_closed_holds_nothing"),
        ("UPDATE quotas_reservation SET closed_at = now()", "reservation_closed_holds_nothing"),
        ("UPDATE quotas_reservation SET held = -1", "reservation_not_negative"),
    ],
)
def test_it_refuses_impossible_reservations(used: Workspace, change: str, constraint: str) -> None:
    with workspace_scope(used.pk):
        with pytest.raises(IntegrityError, match=constraint):
            run(change)
        assert Reservation.objects.get().held == 200


@pytest.mark.django_db
def test_it_never_settles_a_gauge(used: Workspace) -> None:
    with workspace_scope(used.pk):
        place = take(1, metric=Metric.CONCURRENT_SESSIONS)
        with pytest.raises(IntegrityError, match="allowance_gauge_or_period"), transaction.atomic():
            settle(hold_id=place.id, used=1, sequence=1, usage=usage())
        assert counters(Metric.CONCURRENT_SESSIONS) == (0, 1, 0)


@pytest.mark.django_db
def test_it_finds_a_counter_that_the_ledger_does_not_explain(used: Workspace) -> None:
    with unscoped("a test plays the nightly check"):
        assert ledger_differences() == []
    with workspace_scope(used.pk):
        run("UPDATE quotas_allowance SET settled = settled + 5, held = held - 7 WHERE metric = 'avatar_ms'")
    with unscoped("a test plays the nightly check"):
        found = {row.counter: (row.counted, row.expected) for row in ledger_differences()}
    assert found == {"settled": (105, 100), "held": (193, 200)}


def sources() -> list[Path]:
    root = Path(settings.BASE_DIR)
    return [path for room in ROOMS for path in (root / room).rglob("*.py") if "migrations" not in path.parts]


def test_it_changes_counters_in_one_module_only() -> None:
    writes = re.compile(rf"(UPDATE|INTO|DELETE FROM|TRUNCATE)\s+({'|'.join(COUNTING_TABLES)})\b", re.IGNORECASE)
    assert {path.name for path in sources() if writes.search(path.read_text())} == {"statements.py"}


LIMITS_ARE_WRITTEN_BY = {
    "periods.py": "fresh allowances of a period",
    "limiting.py": "limits and prices, of plan and credit",
    "burning.py": "what of the granted credit is burned",
    "together.py": "fresh allowances of many periods at once",
    "closing.py": "the lease of a hold that nobody moved out of its period",
}


def test_it_writes_rows_of_counters_nowhere_else() -> None:
    """Outside of the statements, the ORM makes fresh allowances and sets limits, never counters."""
    found = {(path.name, call) for path in sources() for call in _orm_writes(path)}
    assert {name for name, _ in found} <= LIMITS_ARE_WRITTEN_BY.keys()
    assert not {call for _, call in found if re.search(r"\b(held|settled|overrun|used|sequence)=", call)}


def _orm_writes(path: Path) -> set[str]:
    """`Allowance.objects.….update(…)`-like calls, as they are written."""
    verbs = {"create", "bulk_create", "update", "bulk_update", "delete", "get_or_create", "update_or_create", "save"}
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    writes = [ast.unparse(call) for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr in verbs]
    return {name for name in writes if re.match(r"(Allowance|Reservation|UsageEntry)\b", name)}
