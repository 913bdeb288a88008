"""No query on tenant-owned rows runs without a workspace, and Postgres agrees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import IntegrityError, ProgrammingError, connection, models, transaction

from accounts.models import ApiKey, AuditEntry, Membership, Role, User, Workspace
from accounts.tenancy import ScopeMismatch, ScopeMissing, TenantModel, unscoped, workspace_scope
from accounts.walls import tenant_models
from tests.people import new_key

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parent.parent.parent
ROOMS = ("accounts", "quotas", "avatars", "sessions", "streaming", "config")

# Models without a workspace, and why that is right.
GLOBAL = {
    "accounts.User": "people belong to many workspaces",
    "accounts.Workspace": "the tenant itself",
    "quotas.Plan": "the price list is the same for all",
    "quotas.PlanAllowance": "a part of the price list",
    "quotas.InvoiceSeries": "the issuer's numbers, across workspaces",
    "quotas.ProviderRate": "what a provider takes from the installation",
    "quotas.ProviderStatement": "a provider's bill to the installation",
    "quotas.ProviderStatementLine": "a part of that bill",
    "quotas.ProviderCostAdjustment": "what that bill corrects",
    "quotas.StripeEvent": "an event comes before its workspace is known",
    "quotas.OperatorEntry": "the operator's trail, over all workspaces",
}
FRAMEWORKS = {"admin", "auth", "contenttypes", "sessions", "account", "mfa", "usersessions"}

# Files that may see every workspace, touch the database without the ORM, or go around the manager.
UNSCOPED = {
    "accounts/rest/idempotency.py": "answers of every workspace expire",
    "accounts/access.py": "credentials come before the workspace is known",
    "accounts/webhooks/clock.py": "deliveries of all workspaces become due",
    "accounts/selectors.py": "a person's memberships and invitations span workspaces",
    "avatars/services/files.py": "files are doomed in every workspace",
    "avatars/videos/clock.py": "videos of every workspace wait for workers",
    "avatars/services/sweeping.py": "avatars of every workspace are left behind",
    "accounts/operator.py": "the operator looks after every workspace",
    "quotas/billing/alerts.py": "limits are crossed in any workspace",
    "quotas/billing/announcing.py": "mails of any workspace's invoices may have been lost",
    "quotas/billing/closing.py": "periods of all workspaces end by the clock",
    "quotas/billing/credits.py": "credit expires in any workspace",
    "quotas/billing/limits.py": "limits lag behind in any workspace",
    "quotas/billing/margin.py": "the operator's margin is over every workspace",
    "quotas/billing/overdue.py": "invoices are overdue in any workspace",
    "quotas/billing/reconciliation.py": "a provider's statement covers the use of every workspace",
    "quotas/billing/topup.py": "credit runs low in any workspace",
    "quotas/billing/versions.py": "a plan's subscribers are in every workspace",
    "quotas/payment/collection.py": "open invoices of every workspace are collected",
    "quotas/payment/events.py": "an event names a customer before its workspace is known",
    "quotas/payment/usage.py": "totals of every workspace are pushed",
    "quotas/billing/together.py": "periods that end together share their statements",
    "quotas/clock.py": "holds and periods of all workspaces lapse by the clock",
    "quotas/checks.py": "the nightly check adds up every workspace",
    "quotas/daily.py": "the days of every workspace are summed together",
    "sessions/clock.py": "one clock for all live sessions",
}
RAW_SQL = {
    "accounts/tenancy.py": "tells Postgres the scope",
    "accounts/walls.py": "policies, keys and grants",
    "avatars/videos/services/sharing.py": "locks the workspace's queue of videos until the transaction ends",
    "config/health.py": "asks whether the database answers",
    "quotas/partitions.py": "makes the ledger's partitions",
}


def test_it_runs_as_a_role_that_owns_nothing_and_bypasses_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False, False)
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")
        assert cursor.fetchone() == (0,)


def test_it_refuses_queries_without_a_scope() -> None:
    for query in (
        Membership.objects.exists,
        Membership.objects.count,
        Membership.objects.all,
        lambda: Membership.objects.bulk_create([]),
        lambda: Membership._base_manager.count(),
        lambda: Membership(role=Role.OWNER).save(),
    ):
        with pytest.raises(ScopeMissing):
            query()


def test_it_refuses_queries_that_left_their_scope(workspace: Workspace, charlies_workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        rows = Membership.objects.filter(role=Role.OWNER)
        assert rows.count() == 1
    uses = (rows.count, rows.exists, rows.delete, rows.first, lambda: list(rows), lambda: rows.update(role=Role.VIEWER))
    for use in uses:
        with pytest.raises(ScopeMissing):
            use()
        with pytest.raises(ScopeMismatch), workspace_scope(charlies_workspace.pk):
            use()
    with workspace_scope(workspace.pk):
        assert rows.count() == 1


def test_it_neither_widens_nor_crosses_a_scope(workspace: Workspace, charlies_workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        with pytest.raises(ScopeMismatch), unscoped("not allowed here"):
            pass
        with pytest.raises(ScopeMismatch), workspace_scope(charlies_workspace.pk):
            pass
        with pytest.raises(ScopeMismatch):
            Membership(workspace=charlies_workspace, role=Role.OWNER).save()
    with unscoped("sees all"):
        assert Membership.objects.count() == 2
        with workspace_scope(workspace.pk):
            assert Membership.objects.count() == 1
        assert Membership.objects.count() == 2


@pytest.mark.parametrize("model", tenant_models(), ids=lambda model: model.__name__)
def test_it_hides_foreign_rows_from_raw_sql(
    model: type[TenantModel], workspace: Workspace, charlies_workspace: Workspace
) -> None:
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = %s::regclass", [model._meta.db_table]
        )
        assert cursor.fetchone() == (True, True)
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608
        assert cursor.fetchone() == (0,), "outside of a scope there is nothing"
    with workspace_scope(workspace.pk), connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table} WHERE workspace_id <> %s", [workspace.pk])  # noqa: S608
        assert cursor.fetchone() == (0,)


def test_it_lets_raw_sql_neither_change_nor_plant_foreign_rows(
    workspace: Workspace, charlies_workspace: Workspace, alice: User, charlie: User
) -> None:
    with workspace_scope(workspace.pk), connection.cursor() as cursor:
        cursor.execute("SELECT user_id FROM accounts_membership")
        assert cursor.fetchall() == [(alice.pk,)]
        cursor.execute("UPDATE accounts_membership SET role = 'viewer' WHERE user_id = %s", [charlie.pk])
        assert cursor.rowcount == 0
        plant = (
            "INSERT INTO accounts_membership (id, workspace_id, created_at, user_id, role) VALUES (%s, %s, now(), %s, 'owner')"
        )
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            cursor.execute(plant, [alice.pk, charlies_workspace.pk, alice.pk])


def test_it_ends_with_the_transaction(workspace: Workspace) -> None:
    with pytest.raises(ZeroDivisionError), workspace_scope(workspace.pk):
        _ = 1 / 0
    with workspace_scope(workspace.pk):
        pass
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.workspace_id', true), current_setting('app.every_workspace', true)")
        assert cursor.fetchone() in {("", "off"), ("", ""), (None, None)}


def links() -> Iterator[tuple[type[TenantModel], models.ForeignKey[Any, Any]]]:
    """Foreign keys from tenant-owned rows to tenant-owned rows that the database checks."""
    for model in tenant_models():
        for field in model._meta.local_fields:
            if not isinstance(field, models.ForeignKey) or not getattr(field, "db_constraint", True):
                continue
            if issubclass(field.related_model, TenantModel):
                yield model, field


def test_it_makes_links_into_other_workspaces_unrepresentable() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f'")
        constraints = set(cursor.fetchall())
    for model, field in links():
        expected = f"FOREIGN KEY (workspace_id, {field.column}) REFERENCES {field.related_model._meta.db_table}(workspace_id, id)"
        found = [rule for table, rule in constraints if table == model._meta.db_table and rule.startswith(expected)]
        assert found, f"{model.__name__}.{field.name}"


def test_it_refuses_a_link_into_another_workspace(
    alice: User, workspace: Workspace, charlie: User, charlies_workspace: Workspace
) -> None:
    from sessions.models import AvatarSession

    new_key(charlie, charlies_workspace)
    with workspace_scope(charlies_workspace.pk):
        foreign = ApiKey.objects.get()
    with pytest.raises(IntegrityError), workspace_scope(workspace.pk):
        AvatarSession.objects.create(avatar="ada", voice="", idle_seconds=60, max_seconds=60, api_key_id=foreign.pk)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with workspace_scope(workspace.pk):
        assert not AvatarSession.objects.exists()


@pytest.mark.parametrize("model", [m for m in tenant_models() if getattr(m, "append_only", False)], ids=lambda m: m.__name__)
def test_it_lets_append_only_rows_be(model: type[TenantModel], workspace: Workspace) -> None:
    table = connection.ops.quote_name(model._meta.db_table)
    for statement in (f"UPDATE {table} SET created_at = now()", f"DELETE FROM {table}", f"TRUNCATE {table}"):  # noqa: S608
        with pytest.raises(ProgrammingError) as refused, workspace_scope(workspace.pk), connection.cursor() as cursor:
            cursor.execute(statement)
        assert isinstance(refused.value.__cause__, psycopg.errors.InsufficientPrivilege)
    assert AuditEntry in tenant_models()


def test_it_knows_every_model_as_tenant_owned_or_global() -> None:
    for model in apps.get_models():
        if model._meta.app_label not in FRAMEWORKS:
            known = issubclass(model, TenantModel) or model._meta.label in GLOBAL
            assert known, f"{model._meta.label}: make it a TenantModel, or say in GLOBAL why not"
    labels = {model._meta.label for model in apps.get_models()}
    assert labels >= GLOBAL.keys()


@cache
def names_by_file() -> dict[str, set[str]]:
    """What each file of the product calls; migrations and the embedded servers (not used in production) are left out."""
    paths = {path.relative_to(ROOT).as_posix(): path for room in ROOMS for path in (ROOT / room).rglob("*.py")}
    ours = {name: path for name, path in paths.items() if "/migrations/" not in name and "config/embedded/" not in name}
    return {name: set(names_in(ast.parse(path.read_text()))) for name, path in ours.items()}


def names_in(tree: ast.Module) -> Iterator[str]:
    """What is called, and private attributes: `unscoped(…)`, `x.cursor()`, `Model._base_manager`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            yield node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        elif isinstance(node, ast.Attribute) and node.attr.startswith("_"):
            yield node.attr


def users_of(*names: str) -> set[str]:
    return {path for path, called in names_by_file().items() if called & set(names)}


def test_it_is_widened_only_where_a_reason_is_listed() -> None:
    assert users_of("unscoped") == UNSCOPED.keys()


def test_it_is_passed_by_only_where_a_reason_is_listed() -> None:
    around = users_of("cursor", "raw", "RawSQL", "extra", "_base_manager", "_default_manager", "_raw_delete")
    assert around == RAW_SQL.keys()
