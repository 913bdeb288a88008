"""What the OpenAPI document says of avatars, videos, building blocks, presets and health is what they do: each example in
it is sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest
import schemathesis
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.wsgi import get_wsgi_application
from django.test import Client, override_settings
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, settings
from jsonschema import Draft202012Validator
from rest_framework.test import APIClient

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from avatars.consent import VERSION
from avatars.models import Avatar, AvatarState
from avatars.services.own import avatar_upload
from avatars.videos.services import video_create
from tests.avatars.blocks.factories import a_picture, a_preset, an_asset
from tests.avatars.own.heads import head
from tests.avatars.videos.factories import a_wish, wav
from tests.sessions.test_openapi import CHECKS

TAGS = {"Building blocks", "Presets", "Assets", "About", "Health", "avatars", "Videos"}
JSON, FORM = "application/json", "multipart/form-data"
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
    media_type: str = JSON


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
            for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
                for name, example in content.get("examples", {}).items():
                    yield Example(method, path, name, example["value"], media_type)


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
        video = video_create(wish=a_wish())
        return {
            "avatar_id": str(an_avatar().pk),
            "preset_id": str(a_preset().pk),
            "asset_id": str(an_asset().pk),
            "video_id": str(video.pk),
        }


def an_avatar() -> Avatar:
    """One that waits for the choice of a face."""
    avatar = avatar_upload(content=a_picture("JPEG", (400, 300)), name="Mira", consent=VERSION)
    avatar.state, avatar.refusal_code = AvatarState.REFUSED, "several_faces"
    avatar.faces = [{"box": [0.1, 0.2, 0.4, 0.8]}, {"box": [0.6, 0.2, 0.9, 0.8]}]
    avatar.save()
    return avatar


def filled(body: Any) -> Any:
    """The body of a form with files where their names stand."""
    files: dict[str, Callable[[], bytes]] = {
        "portrait.jpg": lambda: a_picture("JPEG", (400, 300)),
        "head.glb": head,
        "wall.png": a_picture,
        "hello.wav": lambda: wav((np.sin(np.arange(36_000) * 0.04) * 8_000).astype(np.int16)),
    }
    return {key: SimpleUploadedFile(value, files[value]()) if value in files else value for key, value in body.items()}


def each_example() -> Iterator[Any]:
    for example in examples():
        is_charged = example.path in {"/api/v1/speech", "/api/v1/lipsync"}
        name = f"{example.method} {example.path} {example.name} {example.media_type}"
        yield pytest.param(example, id=name, marks=[commits] if is_charged else [])


@pytest.mark.parametrize("example", each_example())
def test_it_does_what_its_example_asks_for(example: Example, paths: dict[str, str], alice_api: APIClient) -> None:
    is_form = example.media_type == FORM
    how = {"format": "multipart"} if is_form else {}
    body = filled(example.body) if is_form else example.body
    answer: Any = getattr(alice_api, example.method)(example.path.format(**paths), body, **how)
    told = answer.getvalue() if answer.streaming else answer.content
    fine = {200, 503} if example.path == "/readyz" else {200, 201, 202}
    assert answer.status_code in fine, told
    conforms(example, answer.status_code, answer.headers["Content-Type"].split(";")[0], told)


def test_it_has_examples_of_every_write_in_every_way_to_send_it() -> None:
    shown = {(example.method, example.path, example.media_type) for example in examples()}
    for path, operations in document()["paths"].items():
        for method, operation in operations.items():
            for media_type in operation.get("requestBody", {}).get("content", {}):
                assert not TAGS & set(operation["tags"]) or (method, path, media_type) in shown


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_it_has_examples_of_its_health(path: str) -> None:
    for answer in document()["paths"][path]["get"]["responses"].values():
        content = answer["content"][JSON]
        for example in content["examples"].values():
            Draft202012Validator(content["schema"]).validate(example["value"])


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
