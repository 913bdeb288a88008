"""Idempotency-Key: the same request twice has one effect and one answer, also when both come at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import override_settings
from django.urls import path
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient

from accounts.errors import Conflict
from accounts.models import ApiKey, IdempotencyRecord, Workspace
from accounts.rest.idempotency import KEPT_FOR, idempotent
from accounts.rest.views import WorkspaceView
from accounts.scopes import ANY
from accounts.services.workspaces import workspace_create
from accounts.tenancy import workspace_scope
from accounts.tokens import random_text
from tests.accounts.test_members import at_once
from tests.people import MakeKey, api_client, new_key, person

KEY = {"Idempotency-Key": '"order-7"'}


class Creating(WorkspaceView):
    """Makes one row a call; fails for the name "bad"."""

    scopes = {"POST": ANY}

    def post(self, request: Request) -> Response:
        body: Any = request.data
        return idempotent(request, lambda: self._create(body["name"]))

    def _create(self, name: str) -> Response:
        row = ApiKey.objects.create(name=name, prefix=random_text(16), digest="", scopes=["made"])
        if name == "bad":
            raise Conflict("No.")
        return Response({"id": row.pk}, status=201)


class Routes:
    urlpatterns = [path("api/creating", Creating.as_view()), path("api/other", Creating.as_view())]


@pytest.fixture(autouse=True)
def _routes() -> Any:
    with override_settings(ROOT_URLCONF=Routes):
        yield


def post(client: APIClient, name: str = "a", address: str = "/api/creating", headers: dict[str, str] = KEY) -> Any:
    return client.post(address, {"name": name}, format="json", headers=headers)


def made(workspace: Workspace) -> int:
    with workspace_scope(workspace.pk):
        return ApiKey.objects.filter(scopes=["made"]).count()


@pytest.mark.django_db
def test_it_answers_a_repeat_with_the_first_answer(alice_api: APIClient, make_key: MakeKey, workspace: Workspace) -> None:
    first, second, other_key = post(alice_api), post(alice_api), post(api_client(make_key()))
    assert first.status_code == second.status_code == other_key.status_code == 201
    assert first.json() == second.json() == other_key.json()
    assert "Idempotency-Replayed" not in first
    assert second["Idempotency-Replayed"] == "true"
    assert made(workspace) == 1


@pytest.mark.django_db
def test_it_creates_anew_without_a_key_and_on_other_paths(alice_api: APIClient, workspace: Workspace) -> None:
    post(alice_api, headers={})
    post(alice_api, headers={})
    post(alice_api)
    post(alice_api, address="/api/other")
    assert made(workspace) == 4


@pytest.mark.django_db
def test_it_refuses_a_key_used_for_something_else(alice_api: APIClient, workspace: Workspace) -> None:
    post(alice_api)
    response = post(alice_api, name="b")
    assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")
    assert made(workspace) == 1


@pytest.mark.django_db
def test_it_remembers_no_failure(alice_api: APIClient, workspace: Workspace) -> None:
    assert post(alice_api, name="bad").status_code == 409
    assert made(workspace) == 0
    with workspace_scope(workspace.pk):
        assert not IdempotencyRecord.objects.exists()
    assert post(alice_api).status_code == 201


@pytest.mark.django_db
def test_it_is_a_matter_of_one_workspace(
    alice_api: APIClient, charlie_api: APIClient, workspace: Workspace, charlies_workspace: Workspace
) -> None:
    assert post(alice_api).json() != post(charlie_api).json()
    assert (made(workspace), made(charlies_workspace)) == (1, 1)


@pytest.mark.django_db
def test_it_forgets_after_a_day(alice_api: APIClient, workspace: Workspace) -> None:
    post(alice_api)
    with time_machine.travel(timezone.now() + KEPT_FOR - timedelta(minutes=1)):
        post(alice_api)
    assert made(workspace) == 1
    with time_machine.travel(timezone.now() + KEPT_FOR + timedelta(minutes=1)):
        post(alice_api)
    assert made(workspace) == 2


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["x" * 256, "a\tb"])
def test_it_refuses_keys_that_are_no_keys(alice_api: APIClient, workspace: Workspace, key: str) -> None:
    response = post(alice_api, headers={"Idempotency-Key": key})
    assert (response.status_code, response.json()["code"]) == (400, "bad_idempotency_key")
    assert made(workspace) == 0


@pytest.mark.django_db(transaction=True)
def test_it_creates_once_when_both_come_at_once() -> None:
    alice = person("Alice")
    workspace = workspace_create(user=alice, name="Twice")
    key = new_key(alice, workspace)
    answers = at_once([lambda: str(post(api_client(key)).json()["id"])] * 4)
    assert len(answers) == 4
    assert len(set(answers)) == 1
    assert made(workspace) == 1
