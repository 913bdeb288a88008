"""Members: roles give no more than the giver has, and a workspace always keeps an owner."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from uuid import UUID

import pytest
from django.db import connection

from accounts.access import Access
from accounts.errors import Forbidden, Invalid, NotFound, Problem
from accounts.models import AuditEntry, Membership, Role, User, Workspace
from accounts.services.members import LastOwner, member_change_role, member_leave, member_remove
from accounts.services.workspaces import workspace_create
from accounts.tenancy import unscoped, workspace_scope
from tests.people import Join, access_of, person


def member_of(user: User, workspace: Workspace) -> Membership:
    with workspace_scope(workspace.pk):
        return Membership.objects.get(user=user)


def role_of(user: User) -> str | None:
    with unscoped("a test looks at a role"):
        return Membership.objects.filter(user=user).values_list("role", flat=True).first()


@pytest.mark.django_db
def test_it_changes_roles_and_writes_it_down(alice_access: Access, bob: User, workspace: Workspace) -> None:
    membership = member_of(bob, workspace)
    with workspace_scope(workspace.pk):
        member_change_role(by=alice_access, membership_id=membership.pk, role=Role.ADMIN)
        entry = AuditEntry.objects.get(action="member.role_changed")
    assert role_of(bob) == Role.ADMIN
    assert (entry.subject, entry.data) == (str(bob.pk), {"before": "member", "after": "admin"})


@pytest.mark.django_db
@pytest.mark.parametrize(("target", "role"), [(Role.OWNER, Role.MEMBER), (Role.MEMBER, Role.OWNER)])
def test_it_lets_admins_neither_make_nor_unmake_owners(join: Join, workspace: Workspace, target: Role, role: Role) -> None:
    admin, other = access_of(join("Dora", Role.ADMIN), workspace), join("Erik", target)
    membership = member_of(other, workspace)
    with pytest.raises(Forbidden), workspace_scope(workspace.pk):
        member_change_role(by=admin, membership_id=membership.pk, role=role)
    if target is Role.OWNER:
        with pytest.raises(Forbidden), workspace_scope(workspace.pk):
            member_remove(by=admin, membership_id=membership.pk)
    assert role_of(other) == target


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.MEMBER, Role.VIEWER])
def test_it_lets_others_manage_nobody(join: Join, bob: User, workspace: Workspace, role: Role) -> None:
    asking = access_of(join("Dora", role), workspace)
    membership = member_of(bob, workspace)
    for act in (
        lambda: member_remove(by=asking, membership_id=membership.pk),
        lambda: member_change_role(by=asking, membership_id=membership.pk, role=Role.VIEWER),
    ):
        with pytest.raises(Forbidden), workspace_scope(workspace.pk):
            act()
    assert role_of(bob) == Role.MEMBER


@pytest.mark.django_db
def test_it_refuses_roles_that_do_not_exist(alice_access: Access, bob: User, workspace: Workspace) -> None:
    membership = member_of(bob, workspace)
    with pytest.raises(Invalid), workspace_scope(workspace.pk):
        member_change_role(by=alice_access, membership_id=membership.pk, role="emperor")
    assert role_of(bob) == Role.MEMBER


@pytest.mark.django_db
def test_it_hides_members_of_strangers(
    charlie_access: Access, charlies_workspace: Workspace, bob: User, workspace: Workspace
) -> None:
    membership = member_of(bob, workspace)
    with pytest.raises(NotFound), workspace_scope(charlies_workspace.pk):
        member_remove(by=charlie_access, membership_id=membership.pk)
    assert role_of(bob) == Role.MEMBER


@pytest.mark.django_db
def test_it_keeps_the_only_owner(alice: User, alice_access: Access, workspace: Workspace) -> None:
    membership = member_of(alice, workspace)
    for act in (
        lambda: member_leave(by=alice_access),
        lambda: member_remove(by=alice_access, membership_id=membership.pk),
        lambda: member_change_role(by=alice_access, membership_id=membership.pk, role=Role.ADMIN),
    ):
        with pytest.raises(LastOwner), workspace_scope(workspace.pk):
            act()
    assert role_of(alice) == Role.OWNER


@pytest.mark.django_db
def test_it_lets_an_owner_leave_when_another_stays(alice: User, alice_access: Access, join: Join, workspace: Workspace) -> None:
    join("Dora", Role.OWNER)
    with workspace_scope(workspace.pk):
        member_leave(by=alice_access)
    assert role_of(alice) is None


@pytest.mark.django_db(transaction=True)
def test_it_keeps_an_owner_when_both_leave_at_once() -> None:
    alice, dora = person("Alice"), person("Dora")
    workspace = workspace_create(user=alice, name="Two owners")
    with workspace_scope(workspace.pk):
        Membership.objects.create(user=dora, role=Role.OWNER)
    accesses = [access_of(alice, workspace), access_of(dora, workspace)]
    outcomes = at_once([partial(leave, access, workspace.pk) for access in accesses])
    assert sorted(outcomes) == ["last_owner", "left"]
    with workspace_scope(workspace.pk):
        assert Membership.objects.filter(role=Role.OWNER).count() == 1


def leave(access: Access, workspace_id: UUID) -> str:
    try:
        with workspace_scope(workspace_id):
            member_leave(by=access)
        return "left"
    except Problem as problem:
        return problem.code


def at_once(acts: list[Callable[[], str]]) -> list[str]:
    """Run every act in a thread of its own with a connection of its own; returns what they return."""
    outcomes: list[str] = []
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], str]) -> None:
        try:
            start.wait(timeout=5)
            outcomes.append(act())
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    return outcomes
