"""Members: change a role, remove, leave. A workspace always keeps an owner."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from accounts import audit, seats
from accounts.access import Access
from accounts.errors import Conflict, NotFound
from accounts.models import Membership, Role, Workspace
from accounts.selectors import membership_get
from accounts.services.authority import require, require_role
from accounts.tenancy import current_workspace_id


class LastOwner(Conflict):
    code = "last_owner"
    title = "A workspace always has an owner"
    hint = "Make somebody else an owner first."


@transaction.atomic
def member_change_role(*, by: Access, membership_id: UUID, role: str) -> Membership:
    """Give the member `role`; raises NotFound, Forbidden, or LastOwner when nobody would own the workspace any more."""
    require(by, "members:write")
    require_role(by, role)
    _lock_owners()
    member = membership_get(membership_id)
    require_role(by, member.role)
    if member.role == role:
        return member
    _keep_an_owner(member)
    before, member.role = member.role, Role(role)
    member.save(update_fields=["role"])
    audit.record("member.role_changed", subject=member.user_id, before=before, after=role)
    return member


@transaction.atomic
def member_remove(*, by: Access, membership_id: UUID) -> None:
    """Take the member out of the workspace; raises as member_change_role."""
    require(by, "members:write")
    _lock_owners()
    member = membership_get(membership_id)
    require_role(by, member.role)
    _keep_an_owner(member)
    _delete(member)
    audit.record("member.removed", subject=member.user_id, email=member.user.email, role=member.role)


@transaction.atomic
def member_leave(*, by: Access) -> None:
    """Take the asking person out of the workspace; raises LastOwner for the only owner."""
    _lock_owners()
    member = Membership.objects.filter(user=by.user).first()
    if member is None:
        raise NotFound("You are not a member of this workspace.")
    _keep_an_owner(member)
    _delete(member)
    audit.record("member.left", subject=member.user_id, role=member.role)


def _delete(member: Membership) -> None:
    membership_id = member.pk
    member.delete()
    seats.left.send(Membership, membership_id=membership_id)


def _lock_owners() -> None:
    """Queue up behind other changes of this workspace's people, so that two owners can't leave at once.

    NO KEY: rows that merely reference the workspace are still written meanwhile.
    """
    Workspace.objects.select_for_update(no_key=True).get(pk=current_workspace_id())


def _keep_an_owner(member: Membership) -> None:
    others = Membership.objects.filter(role=Role.OWNER).exclude(pk=member.pk)
    if member.role == Role.OWNER and not others.exists():
        raise LastOwner()
