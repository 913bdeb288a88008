"""What the OpenAPI document says of building blocks, presets and health is what they do: each example in it is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.test import Client, override_settings
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, settings
from jsonschema import Draft202012Validator
from rest_framework.test import APIClient

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from tests.avatars.blocks.factories import a_preset, an_asset
from tests.sessions.test_openapi import CHECKS

TAGS = {"Building blocks", "Presets", "Assets", "About", "Health"}
# What is charged commits by itself.
commits = pytest.mark.django_db(transaction=True)
pytestmark = pytest.mark.django_db
schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.yaml", get_wsgi_application())
blocks = schema.include(path_regex="^/api/v1/(speech|lipsync)$")


class Example(NamedTuple):
    """A request of the document; `name` is empty where the operation takes no body."""

    method: str
    path: str
    name: str
    body: Any


@cache
def document() -> dict[str, Any]:
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return made


def examples() -> Iterator[Example]:
    """Every example of a request below TAGS, and every read."""
    for path, operations in document()["paths"].items():
        for method, operation in operations.items():
            if not TAGS & set(operation["tags"]):
                continue
            if method == "get":
                yield Example(method, path, "", None)
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            for name, example in content.get("examples", {}).items():
                yield Example(method, path, name, example["value"])


def conforms(example: Example, status: int, media_type: str, body: bytes) -> None:
    """Fails unless the document knows such an answer."""
    answers = document()["paths"][example.path][example.method]["responses"]
    shape = answers[str(status)]["content"][media_type]["schema"]
    if media_type == "application/json":
        Draft202012Validator(shape | {"components": document()["components"]}).validate(json.loads(body))
    assert body


@pytest.fixture
def paths(workspace: Workspace) -> dict[str, str]:
    """What stands for the parameters of paths."""
    with workspace_scope(workspace.pk):
        return {"avatar_id": "ada", "preset_id": str(a_preset().pk), "asset_id": str(an_asset().pk)}


def each_example() -> Iterator[Any]:
    for example in examples():
        is_charged = example.path in {"/api/v1/speech", "/api/v1/lipsync"}
        name = f"{example.method} {example.path} {example.name}"
        yield pytest.param(example, id=name, marks=[commits] if is_charged else [])


@pytest.mark.parametrize("example", each_example())
def test_it_does_what_its_example_asks_for(example: Example, paths: dict[str, str], alice_api: APIClient) -> None:
    answer: Any = getattr(alice_api, example.method)(example.path.format(**paths), example.body)
    body = answer.getvalue() if answer.streaming else answer.content
    fine = {200, 201, 503} if example.path == "/readyz" else {200, 201}
    assert answer.status_code in fine, body
    conforms(example, answer.status_code, answer.headers["Content-Type"].split(";")[0], body)


def test_it_has_examples_of_every_write_that_takes_json() -> None:
    shown = {(example.method, example.path) for example in examples()}
    for path, operations in document()["paths"].items():
        for method, operation in operations.items():
            takes_json = "application/json" in operation.get("requestBody", {}).get("content", {})
            if TAGS & set(operation["tags"]) and takes_json:
                assert (method, path) in shown


def test_it_tells_its_health_without_a_key(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json()["checks"].keys() == {"postgres", "redis", "clock"}
    for path in ("/healthz", "/readyz"):
        assert document()["paths"][path]["get"]["security"] == []


def test_it_says_what_can_be_used_here(alice_api: APIClient) -> None:
    body = alice_api.get("/api/v1/info").json()
    assert body["avatars"] == len(alice_api.get("/api/v1/avatars").json()["results"])
    voices = alice_api.get("/api/v1/voices").json()
    assert (body["voices"], body["voices_available"]) == (len(voices), sum(voice["available"] for voice in voices))
    assert {"sessions", "speech", "lipsync_text", "lipsync_audio"} <= set(body["features"])


@commits
@blocks.parametrize()
@settings(max_examples=15, phases=[Phase.generate], deadline=None, suppress_health_check=list(HealthCheck))
def test_it_answers_as_its_document_says(case: Any, alice_key: str) -> None:
    with override_settings(API_RATE_LIMIT="1000000/minute"):
        case.call_and_validate(headers={"Authorization": f"Bearer {alice_key}"}, checks=CHECKS)
