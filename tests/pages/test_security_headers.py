"""What every answer tells the browser it may do: all pages, REST, health, files, whatever their status."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.urls import get_resolver

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from avatars.storage import link, writing
from tests.test_permissions import walk

pytestmark = pytest.mark.django_db
SAMPLES = {"uuid": str(UUID(int=7)), "int": "7", "slug": "x", "str": "x", "path": "x"}
SLOW = {"api/v1/openapi.yaml"}  # made anew for each caller
SCRIPTS = {page: {"'self' 'wasm-unsafe-eval'"} for page in ("/studio", "/avatars", "/avatars/new")}  # they draw heads
SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")", re.IGNORECASE)


def addresses() -> Iterator[str]:
    """Every address that the product serves, with made-up ids."""
    for pattern, _ in walk(get_resolver().url_patterns):
        if pattern in SLOW or any(mark in pattern for mark in "^$?(\\"):
            continue  # the latter: of the operator's site, which is below the same middleware
        yield "/" + re.sub(r"<(?:(\w+):)?\w+>", lambda found: SAMPLES[found[1] or "str"], pattern)


def policy_of(response: Any, header: str) -> dict[str, str]:
    """{"camera": "(self)", …} or {"script-src": "'self'", …}."""
    separator, inner = (", ", "=") if header == "Permissions-Policy" else ("; ", " ")
    parts = (part.partition(inner) for part in response[header].strip("; ").split(separator))
    return {name: value for name, _, value in parts}


def test_it_guards_every_address(alice_client: Client) -> None:
    pages = 0
    for address in addresses():
        response: Any = alice_client.get(address)
        allowed = policy_of(response, "Permissions-Policy")
        assert (allowed["camera"], allowed["microphone"]) == ("(self)", "(self)"), address
        assert {allowed[name] for name in ("geolocation", "usb", "payment", "display-capture")} == {"()"}, address
        assert response["X-Content-Type-Options"] == "nosniff", address
        assert response["Referrer-Policy"] == "same-origin", address
        assert response["X-Frame-Options"] == "DENY", address
        csp = policy_of(response, "Content-Security-Policy")
        assert csp.get("script-src", csp["default-src"]) in SCRIPTS.get(address, {"'self'", "'none'"}), address
        assert (
            csp.get("frame-ancestors", "'none'") == csp.get("object-src", "'none'") == csp.get("base-uri", "'none'") == "'none'"
        ), address
        if response["Content-Type"].startswith("text/html") and not response.streaming:
            pages += 1
            assert not SCRIPT.search(response.content.decode()), address
            assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert pages > 20


@pytest.mark.parametrize("path", ["/no/such/page", "/api/v1/nothing", "/studio"])
def test_it_guards_what_strangers_get(path: str, client: Client) -> None:
    response = client.get(path)
    assert response.status_code in {302, 404}
    assert "camera=(self)" in response["Permissions-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "script-src 'self'" in response["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("media_type", "disposition"),
    [
        ("image/jpeg", "inline"),
        ("video/webm", "inline"),
        ("model/gltf-binary", "inline"),
        ("application/octet-stream", 'attachment; filename="portrait.bin"'),
        ("text/html", 'attachment; filename="portrait.bin"'),
    ],
)
def test_files_run_nothing_and_are_what_they_say(media_type: str, disposition: str, client: Client, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk), writing() as write:
        row = write(owner_id=uuid4(), purpose="portrait", content=b"<script>", media_type=media_type)
        row.save(force_insert=True)
    response = client.get(link(row))
    assert (response.status_code, response["Content-Type"], response["Content-Disposition"]) == (200, media_type, disposition)
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Permissions-Policy"] == settings.PERMISSIONS_POLICY
    assert response["X-Frame-Options"] == "DENY"
