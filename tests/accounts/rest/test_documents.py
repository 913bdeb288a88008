"""The OpenAPI document is valid, names things cleanly and says how to send a key."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from django.test import Client
from openapi_spec_validator import validate

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    response = Client().get("/api/v1/openapi.yaml")
    assert response.status_code == 200
    loaded: dict[str, Any] = yaml.safe_load(response.content)
    return loaded


def test_it_is_valid(document: dict[str, Any]) -> None:
    validate(document)


OPEN = {"/healthz", "/readyz"}


def test_it_says_how_to_send_a_key(document: dict[str, Any]) -> None:
    assert document["components"]["securitySchemes"]["apiKey"]["scheme"] == "bearer"
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert ({"apiKey": []} in operation["security"]) == (path not in OPEN), path


def test_it_names_our_things_as_people_do(document: dict[str, Any]) -> None:
    assert {"Key", "KeyRequest", "KeyPage", "CreatedKey", "Me", "AuditEntry", "Problem"} <= document["components"][
        "schemas"
    ].keys()
    assert "secret" not in document["components"]["schemas"]["Key"]["properties"]
    operations = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(operations) == len(set(operations))
