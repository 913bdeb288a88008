"""The API against its own OpenAPI document: no answer that it does not describe, no failure of ours, two tenants apart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import override_settings
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from sessions.models import AvatarSession, Turn
from sessions.services import session_connect
from tests.people import api_client

pytestmark = pytest.mark.django_db
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


everything = schemathesis.openapi.from_wsgi("/api/v1/openapi.yaml", get_wsgi_application())
schema = everything.exclude(path_regex="^/(healthz|readyz)$")  # open to everybody: tests/avatars/blocks/test_document.py
# The building blocks commit by themselves: as above.
within_a_transaction = schema.exclude(path_regex="^/api/v1/(speech|lipsync)$")


@pytest.fixture(autouse=True)
def _without_rate_limit() -> Iterator[None]:
    with override_settings(API_RATE_LIMIT="1000000/minute"):
        yield


@contextmanager
def inside_the_transaction() -> Iterator[None]:
    """Requests leave the test's connection open, as those of Django's own test client do."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


def opened(key: str, workspace: Workspace) -> UUID:
    """A live session of the key's workspace."""
    session = UUID(api_client(key).post("/api/v1/sessions", {"avatar": "ada"}).json()["id"])
    with workspace_scope(workspace.pk):
        session_connect(session_id=session, role="driver")
    return session


@pytest.fixture
def own(alice_key: str, workspace: Workspace) -> UUID:
    return opened(alice_key, workspace)


@pytest.fixture
def foreign(charlie_key: str, charlies_workspace: Workspace) -> UUID:
    return opened(charlie_key, charlies_workspace)


@within_a_transaction.parametrize()
@settings(max_examples=25, phases=[Phase.generate], deadline=None, suppress_health_check=list(HealthCheck))
def test_it_answers_as_its_document_says(
    case: Any, alice_key: str, own: UUID, foreign: UUID, charlies_workspace: Workspace
) -> None:
    headers = {"Authorization": f"Bearer {alice_key}"}
    with inside_the_transaction():
        if "session_id" in case.path_parameters:
            case.path_parameters["session_id"] = str(foreign)
            assert case.method == "OPTIONS" or case.call(headers=headers).status_code >= 400
            case.path_parameters["session_id"] = str(own)
        case.call_and_validate(headers=headers, checks=CHECKS)
    with workspace_scope(charlies_workspace.pk):
        assert AvatarSession.objects.get().state == "live"
        assert Turn.objects.count() == 0


@schema.parametrize()
@settings(max_examples=1, phases=[Phase.generate], deadline=None, suppress_health_check=list(HealthCheck))
def test_it_answers_nobody_without_a_key(case: Any, db: None) -> None:
    with inside_the_transaction():
        answer = case.call(headers={"Authorization": ""})
    assert answer.status_code in {401, 404, 405}
    assert answer.headers["content-type"][0].startswith("application/problem+json")
