"""A real database with the application's own role, and the people of every test: Alice owns, Bob is a member, Charlie
is a stranger with a workspace of his own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from django.test import TransactionTestCase
from psycopg import sql
from servestatic.middleware import ServeStaticMiddleware

from tests.emptying import empty_everything

pytest_plugins = ["tests.people", "tests.house"]
# Fifty partitions would be locked and looked at after each test: these stay, and the default one.
_FEW_PARTITIONS = """
DO $$ DECLARE part regclass; BEGIN
    FOR part IN SELECT relid FROM pg_partition_tree('quotas_usageentry') WHERE isleaf AND relid::text !~ 'default$'
        AND relid::text NOT IN (SELECT to_char(now() + m * interval '1 month', '"quotas_usageentry_"YYYY_MM') FROM
            generate_series(-1, 1) m)
    LOOP EXECUTE format('DROP TABLE %s', part); END LOOP;
END $$
"""
# Where a run ends; what takes long begins earlier, so that no worker is left alone with it.
_LAST = "tests/streaming/"
_LONG = {
    *("test_frames_live.py", "test_ending.py", "test_resume.py", "test_frames_photo.py", "test_frames_sharing.py"),
    *("test_quota_live.py", "test_worker_lost.py", "test_frames_looks.py", "test_viewers.py", "test_limits.py"),
}
OWNER_URL = os.environ.get("DATABASE_OWNER_URL", os.environ["DATABASE_URL"])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that start the house come last: its processes work on the same database, and take what other tests commit."""
    live = {item.path for item in items if "house" in getattr(item, "fixturenames", ())}

    def place(item: pytest.Item) -> tuple[bool, bool]:
        is_long = item.nodeid.startswith(_LAST) and item.path.name in _LONG
        return item.path in live, not is_long

    items.sort(key=place)


@pytest.fixture(autouse=True)
def _nobody_acts() -> None:
    """The actor of an earlier test's last request is gone with that test."""
    from accounts.context import set_actor

    set_actor(user_id=None, api_key_id=None, ip=None, request_id="")


@pytest.fixture(scope="session")
def django_db_setup(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[None]:
    """Create and migrate a test database as its owner; the tests themselves connect as the application's role."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name = f"test_visavis_{worker}"
    _administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    _administer("CREATE DATABASE {}", name)
    with django_db_blocker.unblock():
        _migrate_as_owner(name)
        connection.settings_dict["NAME"] = name
        connection.connect()
        yield
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]
    _administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _administer(statement: str, name: str) -> None:
    with psycopg.connect(OWNER_URL, autocommit=True) as admin:
        admin.execute(sql.SQL(statement).format(sql.Identifier(name)))


def _migrate_as_owner(name: str) -> None:
    kept = dict(connection.settings_dict)
    owner = urlsplit(OWNER_URL)
    connection.close()
    connection.settings_dict.update(NAME=name, USER=owner.username, PASSWORD=owner.password, OPTIONS={})
    call_command("migrate", verbosity=0, interactive=False)
    with connection.cursor() as cursor:
        cursor.execute(_FEW_PARTITIONS)
    connection.close()
    connection.settings_dict.update(kept)


@pytest.fixture(scope="session", autouse=True)
def _owner_cleans_up() -> Iterator[None]:
    """Tests that commit are cleaned up by the owner: the application's role may not empty every table, and should not."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: empty_everything(OWNER_URL))
        yield


@pytest.fixture(scope="session", autouse=True)
def _static_files_are_found_once() -> Iterator[None]:
    """Each client of a test builds the middleware anew; to look at every static file for that takes longer than most tests."""
    find, found = ServeStaticMiddleware.add_files_from_finders, {}

    def add(served: ServeStaticMiddleware) -> None:
        settings = (served.static_prefix, served.static_root, served.autorefresh, served.max_age)
        if settings not in found:
            find(served)
            found[settings] = dict(served.files), list(served.directories)
        files, directories = found[settings]
        served.files, served.directories = dict(files), list(directories)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ServeStaticMiddleware, "add_files_from_finders", add)
        yield
