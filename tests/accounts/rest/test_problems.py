"""Whatever goes wrong below /api/, the answer is a problem (RFC 9457) with the request's id."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient

from accounts.errors import Conflict, TooMany
from accounts.models import ApiKey, AuditEntry, Workspace
from accounts.rest.problems import MEDIA_TYPE
from accounts.rest.views import WorkspaceView
from accounts.scopes import ANY
from accounts.tenancy import workspace_scope
from accounts.tokens import random_text
from config import urls
from tests.people import sign_in

pytestmark = pytest.mark.django_db


class Failing(WorkspaceView):
    """Writes, then fails as asked."""

    scopes = {"POST": ANY}

    def post(self, request: Request, how: str) -> Response:
        ApiKey.objects.create(name="written", prefix=random_text(16), digest="")
        match how:
            case "problem":
                raise Conflict("Not now.", state="busy")
            case "wait":
                raise TooMany("Slow down.", retry_after=7)
            case "crash":
                raise RuntimeError("a secret detail")
            case "range":
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 99999999999::int")
            case "spoof":
                raise Conflict("Not now.", status=200, type="about:blank")
        return Response(request.data, status=201)


class Routes:
    urlpatterns = [path("api/failing/<str:how>", Failing.as_view()), *urls.urlpatterns]
    handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500


@pytest.fixture
def failing(alice_api: APIClient) -> Any:
    with override_settings(ROOT_URLCONF=Routes):
        yield alice_api


def is_problem(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status
    assert response["Content-Type"] == MEDIA_TYPE
    body: dict[str, Any] = response.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["request_id"] == response["X-Request-ID"]
    assert body["title"]
    assert body["detail"]
    assert body["type"].startswith("/docs/errors#")
    return body


def written(workspace: Workspace) -> int:
    with workspace_scope(workspace.pk):
        return ApiKey.objects.filter(name="written").count()


@pytest.mark.parametrize("address", ["/api/", "/api/v1/nothing", "/api/v2/me", "/api/v1/keys/not-a-uuid", "/api/v1/me/"])
def test_it_answers_unknown_addresses_and_malformed_ids(alice_api: APIClient, address: str) -> None:
    is_problem(alice_api.get(address), 404, "not_found")


def test_it_answers_unknown_methods(alice_api: APIClient) -> None:
    response = alice_api.patch("/api/v1/keys", {})
    is_problem(response, 405, "method_not_allowed")
    assert response["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_it_answers_head_like_get(alice_api: APIClient, anonymous_api: APIClient) -> None:
    assert alice_api.head("/api/v1/me").status_code == 200
    assert anonymous_api.head("/api/v1/me").status_code == 401


def test_it_answers_other_media_types(failing: APIClient) -> None:
    is_problem(failing.post("/api/failing/no", "a=b", content_type="text/plain"), 415, "unsupported_media_type")
    is_problem(failing.get("/api/v1/me", headers={"Accept": "text/html"}), 406, "not_acceptable")


@pytest.mark.parametrize(
    "body",
    ["{", "", "nul", '{"a": NaN}', "[" * 100_000, '{"a": "\\u0000"}', '{"a": "\\ud800"}', '{"a": ' + "9" * 5000 + "}", b"\xff"],
)
def test_it_answers_bodies_that_are_no_good_json(failing: APIClient, workspace: Workspace, body: str | bytes) -> None:
    response = failing.post("/api/failing/no", body, content_type="application/json")
    if body:
        is_problem(response, 400, "parse_error")
    assert written(workspace) == (0 if body else 1)


def test_it_takes_escaped_text_that_is_fine(failing: APIClient) -> None:
    body = r'{"a": "\u00e9 \\u0000 \ud83d\ude00"}'
    assert failing.post("/api/failing/no", body, content_type="application/json").json() == {"a": "é \\u0000 😀"}


def test_it_answers_bodies_that_are_too_large(failing: APIClient, workspace: Workspace) -> None:
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=100):
        fits = json.dumps({"a": "x" * 91})
        assert failing.post("/api/failing/no", fits, content_type="application/json").status_code == 201
        is_problem(failing.post("/api/failing/no", fits + " ", content_type="application/json"), 413, "too_large")
    assert written(workspace) == 1


def test_it_undoes_what_was_written_before_a_problem(failing: APIClient, workspace: Workspace) -> None:
    assert is_problem(failing.post("/api/failing/problem"), 409, "conflict")["state"] == "busy"
    assert written(workspace) == 0


def test_it_lets_no_extra_member_replace_the_standard_ones(failing: APIClient) -> None:
    assert is_problem(failing.post("/api/failing/spoof"), 409, "conflict")["status"] == 409


def test_it_says_how_long_to_wait(failing: APIClient) -> None:
    response = failing.post("/api/failing/wait")
    is_problem(response, 429, "too_many_requests")
    assert response["Retry-After"] == "7"


def test_it_hides_and_undoes_a_crash(failing: APIClient, workspace: Workspace) -> None:
    response = failing.post("/api/failing/crash")
    is_problem(response, 500, "internal")
    assert b"secret" not in response.content
    assert written(workspace) == 0


def test_it_answers_values_that_postgres_cannot_store(failing: APIClient, workspace: Workspace) -> None:
    is_problem(failing.post("/api/failing/range"), 400, "invalid")
    assert written(workspace) == 0


def test_it_names_the_field_that_is_wrong(alice_client: Client, workspace: Workspace) -> None:
    body = {"name": "x", "scopes": ["usage:read", "keys:write"]}
    response = alice_client.post("/api/v1/keys", body, content_type="application/json")
    problem = is_problem(response, 400, "invalid")
    assert problem["detail"].startswith("scopes.1: ")
    with workspace_scope(workspace.pk):
        assert not AuditEntry.objects.filter(action="api_key.created").exists()


@pytest.mark.parametrize("cursor", ["x", "cD1nYXJiYWdl"])
def test_it_answers_cursors_that_are_not_ours(alice_client: Client, cursor: str) -> None:
    is_problem(alice_client.get(f"/api/v1/audit?cursor={cursor}"), 400, "bad_cursor")


def test_it_keeps_a_good_request_id_and_replaces_a_bad_one(anonymous_api: APIClient) -> None:
    def returned(given: str) -> str:
        response = anonymous_api.get("/api/v1/me", headers={"X-Request-ID": given})
        return str(response["X-Request-ID"])

    assert returned("my-id_1.2") == "my-id_1.2"
    for bad in ("", "a b", "x" * 37, "é"):
        assert len(returned(bad)) == 36


def test_it_refuses_views_that_break_the_walls() -> None:
    with pytest.raises(TypeError, match="may not override"):
        type("Broken", (WorkspaceView,), {"initial": None})
    with pytest.raises(TypeError, match="names no scope for"):
        type("Open", (WorkspaceView,), {"get": print})


def test_it_keeps_pages_as_pages(alice: Any, workspace: Workspace) -> None:
    response = sign_in(alice, workspace).get("/nothing/here/")
    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")
