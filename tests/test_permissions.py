"""Every REST route × every caller. A new route needs a row in ROUTES; a new kind of id needs one in OBJECTS.

A row: method, path below /api/v1/ as in the URLconf, the scope it needs, and a body where an empty one would be refused
before the object is looked up. What each caller may expect follows from the scope alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiKey, Role, User, Workspace
from accounts.rest.views import WorkspaceView
from accounts.scopes import ANY, KEY_SCOPES, ROLE_SCOPES
from accounts.tenancy import workspace_scope
from accounts.tokens import random_text
from avatars.models import Avatar
from avatars.videos.services import video_create
from avatars.videos.wish import VideoWish
from quotas.models import AlertFiring, AlertRule
from sessions.models import AvatarSession
from tests.accounts.webhooks.factories import delivery, endpoint
from tests.avatars.blocks.factories import a_preset, an_asset
from tests.people import Join, MakeKey, api_client, sign_in
from tests.quotas.factories import a_firing, an_invoice

pytestmark = pytest.mark.django_db


class Route(NamedTuple):
    method: str
    path: str
    scope: str
    body: dict[str, Any] | None = None


AVATAR = "avatars/<uuid:avatar_id>"
STATE = "avatars/<str:avatar_id>/state"
SESSION = "sessions/<uuid:session_id>"
VIDEO = "videos/<uuid:video_id>"
INVOICE = "invoices/<uuid:invoice_id>"
WEBHOOK = "webhooks/<uuid:webhook_id>"
DELIVERY = "webhooks/deliveries/<uuid:delivery_id>"
ROUTES = [
    Route("GET", "me", ANY),
    Route("GET", "info", ANY),
    Route("GET", "keys", "keys:read"),
    Route("POST", "keys", "keys:write"),
    Route("DELETE", "keys/<uuid:key_id>", "keys:write"),
    Route("GET", "audit", "audit:read"),
    Route("GET", "avatars", "avatars:read"),
    Route("POST", "avatars", "avatars:write"),
    Route("GET", AVATAR, "avatars:read"),
    Route("PATCH", AVATAR, "avatars:write", {"name": "Other"}),
    Route("DELETE", AVATAR, "avatars:write"),
    Route("POST", f"{AVATAR}/choice", "avatars:write", {"face": 1}),
    Route("GET", STATE, "avatars:read"),
    Route("PATCH", STATE, "avatars:write", {"framing": "face"}),
    Route("GET", "presets", "avatars:read"),
    Route("POST", "presets", "avatars:write", {"name": "Calm"}),
    Route("GET", "presets/<uuid:preset_id>", "avatars:read"),
    Route("PATCH", "presets/<uuid:preset_id>", "avatars:write", {"framing": "face"}),
    Route("DELETE", "presets/<uuid:preset_id>", "avatars:write"),
    Route("GET", "assets", "avatars:read"),
    Route("POST", "assets", "avatars:write"),
    Route("GET", "assets/<uuid:asset_id>", "avatars:read"),
    Route("DELETE", "assets/<uuid:asset_id>", "avatars:write"),
    Route("GET", "voices", "avatars:read"),
    Route("GET", "videos", "sessions:read"),
    Route("POST", "videos", "sessions:write", {"avatar": "ada", "script": "Hello."}),
    Route("GET", VIDEO, "sessions:read"),
    Route("DELETE", VIDEO, "sessions:write"),
    Route("POST", f"{VIDEO}/cancel", "sessions:write"),
    Route("POST", "videos/tickets", "sessions:read", {}),
    Route("POST", "speech", "sessions:write"),
    Route("POST", "lipsync", "sessions:write"),
    Route("GET", "sessions", "sessions:read"),
    Route("POST", "sessions", "sessions:write"),
    Route("GET", SESSION, "sessions:read"),
    Route("DELETE", SESSION, "sessions:write"),
    Route("POST", f"{SESSION}/tickets", "sessions:write", {"role": "driver"}),
    Route("GET", f"{SESSION}/turns", "sessions:read"),
    Route("POST", f"{SESSION}/turns", "sessions:write", {"text": "Hello."}),
    Route("GET", f"{SESSION}/events", "sessions:read"),
    Route("GET", "webhooks", "webhooks:read"),
    Route("POST", "webhooks", "webhooks:write"),
    Route("GET", WEBHOOK, "webhooks:read"),
    Route("PATCH", WEBHOOK, "webhooks:write"),
    Route("DELETE", WEBHOOK, "webhooks:write"),
    Route("POST", f"{WEBHOOK}/rotate", "webhooks:write"),
    Route("POST", f"{WEBHOOK}/test", "webhooks:write"),
    Route("POST", f"{WEBHOOK}/replay", "webhooks:write", {"since": "2026-01-01T00:00:00Z"}),
    Route("GET", f"{WEBHOOK}/deliveries", "webhooks:read"),
    Route("GET", DELIVERY, "webhooks:read"),
    Route("POST", f"{DELIVERY}/replay", "webhooks:write"),
    Route("GET", "usage", "usage:read"),
    Route("GET", "entitlements", "usage:read"),
    Route("GET", "plans", "billing:read"),
    Route("GET", "subscription", "billing:read"),
    Route("GET", "subscription/preview", "billing:read"),
    Route("POST", "subscription/change", "billing:write", {"plan": "starter"}),
    Route("POST", "subscription/cancel", "billing:write"),
    Route("POST", "subscription/resume", "billing:write"),
    Route("GET", "credits", "billing:read"),
    Route("GET", "invoices", "billing:read"),
    Route("GET", INVOICE, "billing:read"),
    Route("GET", f"{INVOICE}.pdf", "billing:read"),
    Route("GET", f"{INVOICE}.csv", "billing:read"),
    Route("GET", "alerts", "billing:read"),
    Route("POST", "alerts", "billing:write", {"metric": "avatar_ms", "threshold_percent": 42}),
    Route("GET", "alerts/<uuid:alert_id>", "billing:read"),
    Route("PATCH", "alerts/<uuid:alert_id>", "billing:write"),
    Route("DELETE", "alerts/<uuid:alert_id>", "billing:write"),
    Route("GET", "alerts/firings", "billing:read"),
    Route("POST", "alerts/firings/<uuid:firing_id>/seen", "billing:write"),
    Route("GET", "spend-cap", "billing:read"),
    Route("PUT", "spend-cap", "billing:write", {"amount_minor": 1000}),
    Route("DELETE", "spend-cap", "billing:write"),
]

# Makes an object of the open scope's workspace for the id of this name in a path.
OBJECTS: dict[str, Callable[[], UUID]] = {
    "key_id": lambda: ApiKey.objects.create(name="other", prefix=random_text(16), digest="").pk,
    "webhook_id": lambda: endpoint().pk,
    "delivery_id": lambda: delivery(endpoint()).pk,
    "avatar_id": lambda: Avatar.objects.create(name="Other", kind="head3d", woken_at=timezone.now()).pk,
    "preset_id": lambda: a_preset().pk,
    "asset_id": lambda: an_asset().pk,
    "session_id": lambda: AvatarSession.objects.create(avatar="ada", voice="", idle_seconds=60, max_seconds=60).pk,
    "video_id": lambda: video_create(wish=VideoWish(avatar="ada", script="Hello.")).pk,
    "invoice_id": lambda: an_invoice().pk,
    "alert_id": lambda: AlertRule.objects.create(metric="avatar_ms", threshold_percent=200 + AlertRule.objects.count()).pk,
    "firing_id": lambda: a_firing(threshold_percent=100 + AlertFiring.objects.count()).pk,
}

# Open to everybody, and not about any workspace.
PUBLIC = {"api/v1/openapi.yaml", "api/docs"}
PASSED = {200, 201, 202, 204, 400, 402, 409, 410, 415, 422}  # the door was open; what came after is for other tests
METHODS = ("get", "post", "put", "patch", "delete")


def label(route: Route) -> str:
    return f"{route.method} {route.path}"


each_route = pytest.mark.parametrize("route", ROUTES, ids=label)
each_object_route = pytest.mark.parametrize("route", [route for route in ROUTES if "<" in route.path], ids=label)


def served() -> Iterator[tuple[str, str, Any]]:
    """(method, path, view class) of everything about workspaces that the URLconf serves below /api/."""
    for path, callback in walk(get_resolver().url_patterns):
        view = getattr(callback, "view_class", getattr(callback, "cls", None))
        if path.startswith("api/") and view is not None and path not in PUBLIC:
            yield from ((method.upper(), path, view) for method in METHODS if hasattr(view, method))


def walk(patterns: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            yield prefix + str(pattern.pattern), pattern.callback


def address(route: Route, workspace: Workspace) -> str:
    """The route's address with ids of fresh objects of `workspace`."""
    path = f"/api/v1/{route.path}"
    with workspace_scope(workspace.pk):
        for name, make in OBJECTS.items():
            if f":{name}>" in path:
                path = re.sub(rf"<\w+:{name}>", str(make()), path)
    return path


def ask(client: Client | APIClient, route: Route, path: str) -> int:
    return int(client.generic(route.method, path, json.dumps(route.body or {}), content_type="application/json").status_code)


def allowed(status: int, scope: str, scopes: frozenset[str]) -> bool:
    """Whether `status` is what a caller with `scopes` should get."""
    return status in PASSED if scope == ANY or scope in scopes else status == 403


def test_it_has_a_row_for_every_route_and_no_other() -> None:
    rows = {(route.method, f"api/v1/{route.path}") for route in ROUTES}
    assert {(method, path) for method, path, _ in served()} == rows


def test_it_is_a_workspace_view_with_the_scope_of_its_row() -> None:
    needed = {(route.method, f"api/v1/{route.path}"): route.scope for route in ROUTES}
    for method, path, view in served():
        assert issubclass(view, WorkspaceView), path
        assert view.scopes[method] == needed[method, path], path


@each_route
def test_it_refuses_callers_without_credentials(route: Route, workspace: Workspace, anonymous_api: APIClient) -> None:
    assert ask(anonymous_api, route, address(route, workspace)) == 401


@each_route
@pytest.mark.parametrize("role", list(Role))
def test_it_lets_each_role_do_its_part(route: Route, role: Role, join: Join, workspace: Workspace) -> None:
    client = sign_in(join("Dora", role), workspace)
    assert allowed(ask(client, route, address(route, workspace)), route.scope, ROLE_SCOPES[role])


@each_route
def test_it_lets_keys_do_what_their_scopes_say(route: Route, workspace: Workspace, make_key: MakeKey) -> None:
    path = address(route, workspace)
    assert allowed(ask(api_client(make_key()), route, path), route.scope, KEY_SCOPES)
    path = address(route, workspace)
    poorer = KEY_SCOPES - {route.scope}
    assert allowed(ask(api_client(make_key(*poorer)), route, path), route.scope, poorer)


@each_object_route
def test_it_shows_strangers_nothing(
    route: Route, workspace: Workspace, charlie: User, charlies_workspace: Workspace, charlie_api: APIClient
) -> None:
    path = address(route, workspace)
    assert ask(sign_in(charlie, charlies_workspace), route, path) == 404
    assert ask(charlie_api, route, path) == (404 if route.scope in KEY_SCOPES else 403)
    assert ask(charlie_api, route, path.replace(path.split("/")[4], str(UUID(int=7)))) in {403, 404}
