"""API keys: nobody gives what they don't have, the text is kept nowhere, a revoked key is dead at once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from accounts.access import Access, access_of_key
from accounts.errors import Forbidden, Invalid, NotFound
from accounts.models import ApiKey, AuditEntry, Role, User, Workspace
from accounts.services.keys import key_create, key_revoke
from accounts.tenancy import unscoped, workspace_scope
from tests.people import Join, MakeKey, access_of, new_key

pytestmark = pytest.mark.django_db


def keys() -> int:
    with unscoped("a test counts keys"):
        return ApiKey.objects.count()


def test_it_opens_the_workspace_with_just_its_scopes(workspace: Workspace, make_key: MakeKey) -> None:
    access = access_of_key(make_key("usage:read"))
    assert access is not None
    assert (access.workspace_id, access.scopes, access.user) == (workspace.pk, frozenset({"usage:read"}), None)


def test_it_keeps_a_keyed_hash_and_never_the_text(alice_access: Access, in_workspace: UUID) -> None:
    created = key_create(by=alice_access, name="CI", scopes=["usage:read"])
    row = ApiKey.objects.values().get(pk=created.key.pk)
    assert row["prefix"] == created.text[:16]
    assert created.text[16:48] not in str(row)
    entry = AuditEntry.objects.get(action="api_key.created")
    assert entry.data == {"name": "CI", "prefix": row["prefix"], "scopes": ["usage:read"]}


@pytest.mark.parametrize("scopes", [[], ["keys:write"], ["workspace:own"], ["no:such"]])
def test_it_refuses_scopes_that_no_key_can_have(alice_access: Access, in_workspace: UUID, scopes: list[str]) -> None:
    with pytest.raises(Invalid):
        key_create(by=alice_access, name="CI", scopes=scopes)
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("role", [Role.MEMBER, Role.VIEWER])
def test_it_refuses_people_who_may_not_make_keys(join: Join, workspace: Workspace, role: Role) -> None:
    access = access_of(join("Dora", role), workspace)
    with pytest.raises(Forbidden), workspace_scope(workspace.pk):
        key_create(by=access, name="CI", scopes=["usage:read"])
    assert keys() == 0


def test_it_refuses_keys_that_make_keys(alice_key: str, workspace: Workspace) -> None:
    access = access_of_key(alice_key)
    assert access is not None
    with pytest.raises(Forbidden), workspace_scope(workspace.pk):
        key_create(by=access, name="Child", scopes=["usage:read"])
    assert keys() == 1


def test_it_refuses_an_expiry_in_the_past_and_honours_one_in_the_future(alice_access: Access, workspace: Workspace) -> None:
    with pytest.raises(Invalid), workspace_scope(workspace.pk):
        key_create(by=alice_access, name="CI", scopes=["usage:read"], expires_at=timezone.now())
    with workspace_scope(workspace.pk):
        created = key_create(by=alice_access, name="CI", scopes=["usage:read"], expires_at=timezone.now() + timedelta(hours=1))
    assert access_of_key(created.text) is not None
    with workspace_scope(workspace.pk):
        ApiKey.objects.filter(pk=created.key.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert access_of_key(created.text) is None


def test_it_is_dead_once_revoked(alice: User, workspace: Workspace, alice_access: Access) -> None:
    text = new_key(alice, workspace)
    access = access_of_key(text)
    assert access is not None
    assert access.api_key_id is not None
    with workspace_scope(workspace.pk):
        key_revoke(by=alice_access, key_id=access.api_key_id)
        key_revoke(by=alice_access, key_id=access.api_key_id)
        assert AuditEntry.objects.filter(action="api_key.revoked").count() == 1
    assert access_of_key(text) is None


def test_it_hides_keys_of_strangers(alice_key: str, charlie_access: Access, charlies_workspace: Workspace) -> None:
    access = access_of_key(alice_key)
    assert access is not None
    assert access.api_key_id is not None
    with pytest.raises(NotFound), workspace_scope(charlies_workspace.pk):
        key_revoke(by=charlie_access, key_id=access.api_key_id)
    assert access_of_key(alice_key) is not None


@pytest.mark.parametrize("change", [lambda key: key[:-1], lambda key: key.swapcase(), lambda key: "x" + key[1:], lambda _: ""])
def test_it_refuses_a_mangled_key(alice_key: str, change: object) -> None:
    assert callable(change)
    assert access_of_key(change(alice_key)) is None


def test_it_notes_the_last_use_at_most_once_a_minute(alice_key: str, workspace: Workspace) -> None:
    def last_use() -> object:
        with workspace_scope(workspace.pk):
            return ApiKey.objects.values_list("last_used_at", flat=True).get()

    assert last_use() is None
    access_of_key(alice_key)
    first = last_use()
    assert first is not None
    access_of_key(alice_key)
    assert last_use() == first
