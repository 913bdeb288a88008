"""No query on tenant-owned rows runs without a workspace, and Postgres agrees."""

import pytest
from django.db import connection, transaction

from accounts.models import ApiKey, Membership, User, Workspace
from accounts.tenancy import ScopeMismatch, ScopeMissing, unscoped, workspace_scope

pytestmark = pytest.mark.django_db


def test_it_runs_as_a_role_that_owns_nothing_and_bypasses_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False, False)
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")
        assert cursor.fetchone() == (0,)


def test_it_refuses_queries_without_a_scope() -> None:
    for query in (Membership.objects.exists, Membership.objects.count, lambda: Membership.objects.bulk_create([])):
        with pytest.raises(ScopeMissing):
            query()
