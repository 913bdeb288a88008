"""Embed origins: what people type becomes what browsers send, or is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.access import Access
from accounts.errors import Forbidden, Invalid
from accounts.models import Workspace
from accounts.origins import MAX_ORIGINS, clean_origin, clean_origins
from accounts.services.workspaces import workspace_set_embed_origins
from accounts.tenancy import workspace_scope


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("https://www.example.com", "https://www.example.com"),
        (" HTTPS://WWW.Example.com/ ", "https://www.example.com"),
        ("https://example.com:443", "https://example.com"),
        ("https://example.com:8443", "https://example.com:8443"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_it_spells_origins_as_browsers_do(typed: str, origin: str) -> None:
    assert clean_origin(typed) == origin


@pytest.mark.parametrize(
    "typed",
    [
        "", "*", "null", "https://", "https://*", "https://*.example.com", "example.com", "ftp://example.com",
        "http://example.com", "https://user@example.com", "https://example.com/path", "https://example.com?x",
        "https://example.com#x", "https://exa mple.com", "https://example.com:99999", "https://example..com",
        "javascript:alert(1)", "https://-x.example", "https://" + "a" * 300,
    ],
)  # fmt: skip
def test_it_refuses_what_is_no_origin(typed: str) -> None:
    with pytest.raises(Invalid):
        clean_origin(typed)


@given(st.text(max_size=60))
def test_it_refuses_or_reaches_a_fixed_point(typed: str) -> None:
    try:
        once = clean_origin(typed)
    except Invalid:
        return
    assert clean_origin(once) == once


def test_it_keeps_each_origin_once_and_not_too_many() -> None:
    assert clean_origins(["https://b.example", "", "https://a.example", "https://B.example/"]) == [
        "https://a.example",
        "https://b.example",
    ]
    with pytest.raises(Invalid):
        clean_origins(f"https://{n}.example" for n in range(MAX_ORIGINS + 1))


@pytest.mark.django_db
def test_it_stores_all_or_nothing_and_only_for_managers(alice_access: Access, bob_access: Access, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        workspace_set_embed_origins(by=alice_access, origins=["https://a.example"])
    with pytest.raises(Invalid), workspace_scope(workspace.pk):
        workspace_set_embed_origins(by=alice_access, origins=["https://b.example", "nonsense"])
    with pytest.raises(Forbidden), workspace_scope(workspace.pk):
        workspace_set_embed_origins(by=bob_access, origins=[])
    workspace.refresh_from_db()
    assert workspace.embed_origins == ["https://a.example"]
