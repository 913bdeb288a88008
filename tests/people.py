"""The people of every test: Alice owns a workspace, Bob is a member of it, Charlie is a stranger with his own.

Fixtures: alice, bob, charlie (User) · workspace, charlies_workspace (Workspace) · alice_access, bob_access,
charlie_access (Access) · in_workspace (scope of Alice's workspace, open for the test: name it last, and not with
clients) · alice_client, bob_client, charlie_client (signed-in Django clients, recently authenticated) · alice_key,
charlie_key (API key texts with every scope) · alice_api, charlie_api, anonymous_api (REST clients) · join (adds another
person with a role) · make_key (key text with the scopes named).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from uuid import UUID

import pytest
from allauth.account.internal.userkit import user_id_to_str
from allauth.account.models import EmailAddress
from django.test import Client
from rest_framework.test import APIClient

from accounts.access import Access, access_of_user
from accounts.models import Membership, Role, User, Workspace
from accounts.scopes import KEY_SCOPES
from accounts.services.keys import key_create
from accounts.services.workspaces import workspace_create
from accounts.tenancy import workspace_scope

MakeKey = Callable[..., str]
Join = Callable[[str, Role], User]


def person(name: str) -> User:
    """A user with a verified address and no password (Argon2 is slow; tests about passwords set one)."""
    user = User.objects.create_user(f"{name.lower()}@example.com", name=name)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def access_of(user: User, workspace: Workspace) -> Access:
    """What `user` may do in `workspace`; fails when they are no member."""
    access = access_of_user(user, workspace.pk)
    assert access is not None
    assert access.workspace_id == workspace.pk
    return access


def sign_in(user: User, workspace: Workspace | None = None) -> Client:
    """A browser in which `user` has signed in just now, with `workspace` chosen."""
    client = Client(raise_request_exception=False)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session["account_authentication_methods_user"] = user_id_to_str(user)
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    if workspace is not None:
        session["workspace_id"] = str(workspace.pk)
    session.save()
    return client


def api_client(key: str = "") -> APIClient:
    """A REST client that sends `key`, or nothing; each calls from an address of its own, as rate limits outlive a test."""
    address = f"10.{secrets.randbelow(256)}.{secrets.randbelow(256)}.{secrets.randbelow(256)}"
    client = APIClient(raise_request_exception=False, REMOTE_ADDR=address)
    if key:
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
    return client


def new_key(user: User, workspace: Workspace, scopes: Iterable[str] = KEY_SCOPES) -> str:
    """The text of a fresh key of `workspace`, made by `user`."""
    access = access_of(user, workspace)
    with workspace_scope(workspace.pk):
        return key_create(by=access, name="Test", scopes=scopes).text


@pytest.fixture
def alice(db: None) -> User:
    return person("Alice")


@pytest.fixture
def workspace(alice: User) -> Workspace:
    """Alice's."""
    return workspace_create(user=alice, name="Alice & Co")


@pytest.fixture
def join(workspace: Workspace) -> Join:
    """`join("Dora", Role.ADMIN)` adds another person to Alice's workspace."""

    def add(name: str, role: Role) -> User:
        user = person(name)
        with workspace_scope(workspace.pk):
            Membership.objects.create(user=user, role=role)
        return user

    return add


@pytest.fixture
def bob(join: Join) -> User:
    return join("Bob", Role.MEMBER)


@pytest.fixture
def charlie(db: None) -> User:
    return person("Charlie")


@pytest.fixture
def charlies_workspace(charlie: User) -> Workspace:
    return workspace_create(user=charlie, name="Charlie Ltd")


@pytest.fixture
def in_workspace(workspace: Workspace) -> Iterator[UUID]:
    """The scope of Alice's workspace, open for the whole test; yields its id."""
    with workspace_scope(workspace.pk):
        yield workspace.pk


@pytest.fixture
def alice_access(alice: User, workspace: Workspace) -> Access:
    return access_of(alice, workspace)


@pytest.fixture
def bob_access(bob: User, workspace: Workspace) -> Access:
    return access_of(bob, workspace)


@pytest.fixture
def charlie_access(charlie: User, charlies_workspace: Workspace) -> Access:
    return access_of(charlie, charlies_workspace)


@pytest.fixture
def alice_client(alice: User, workspace: Workspace) -> Client:
    return sign_in(alice, workspace)


@pytest.fixture
def bob_client(bob: User, workspace: Workspace) -> Client:
    return sign_in(bob, workspace)


@pytest.fixture
def charlie_client(charlie: User, charlies_workspace: Workspace) -> Client:
    return sign_in(charlie, charlies_workspace)


@pytest.fixture
def make_key(alice: User, workspace: Workspace) -> MakeKey:
    """`make_key("usage:read")` is the text of a key of Alice's workspace with just these scopes; none named: all."""
    return lambda *scopes: new_key(alice, workspace, scopes or KEY_SCOPES)


@pytest.fixture
def alice_key(make_key: MakeKey) -> str:
    return make_key()


@pytest.fixture
def charlie_key(charlie: User, charlies_workspace: Workspace) -> str:
    return new_key(charlie, charlies_workspace)


@pytest.fixture
def alice_api(alice_key: str) -> APIClient:
    return api_client(alice_key)


@pytest.fixture
def charlie_api(charlie_key: str) -> APIClient:
    return api_client(charlie_key)


@pytest.fixture
def anonymous_api(db: None) -> APIClient:
    return api_client()
