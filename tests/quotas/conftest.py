"""Fixture `owner`: a connection of the role that owns the tables, for what even it must not do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection

from tests.conftest import OWNER_URL


@pytest.fixture
def owner(transactional_db: None) -> Iterator[psycopg.Connection[Any]]:
    """It sees all workspaces; what it does is rolled back."""
    with psycopg.connect(OWNER_URL, dbname=connection.settings_dict["NAME"]) as role:
        role.execute("SELECT set_config('app.every_workspace', 'on', false)")
        role.commit()
        yield role
        role.rollback()
