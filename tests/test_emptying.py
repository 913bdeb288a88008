"""Nothing of a test that commits is left for the next one, and every guard is back on."""

from __future__ import annotations

import psycopg
import pytest
from django.contrib.auth.models import Group
from django.db import connection
from psycopg import sql

from accounts.models import AuditEntry, Workspace
from accounts.tenancy import workspace_scope
from quotas.models import Invoice
from tests.conftest import OWNER_URL
from tests.emptying import KEPT, TABLES, empty_everything
from tests.people import MakeKey
from tests.quotas.factories import an_invoice

pytestmark = pytest.mark.django_db(transaction=True)
_OFF = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'O'"


def rows() -> dict[str, int]:
    """How many there are in each table that has any, of whichever workspace."""
    with psycopg.connect(OWNER_URL, dbname=connection.settings_dict["NAME"]) as owner:
        owner.execute("SELECT set_config('app.every_workspace', 'on', false)")
        names = [row[0] for row in owner.execute(TABLES).fetchall() if row[0] not in KEPT]
        counts = {
            name: owner.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))).fetchone() for name in names
        }
    return {name: count[0] for name, count in counts.items() if count and count[0]}


def test_it_leaves_no_row_and_every_guard_on(workspace: Workspace, make_key: MakeKey) -> None:
    make_key()
    with workspace_scope(workspace.pk):
        an_invoice()
        assert AuditEntry.objects.exists()
        assert Invoice.objects.exists()
    assert {"accounts_user", "accounts_workspace", "accounts_auditentry", "quotas_invoice"} <= rows().keys()
    empty_everything(OWNER_URL)
    assert rows() == {}
    with connection.cursor() as cursor:
        cursor.execute(_OFF)
        assert cursor.fetchall() == []


def test_it_counts_from_one_again() -> None:
    for _ in range(2):
        assert Group.objects.create(name="Readers").pk == 1
        empty_everything(OWNER_URL)
