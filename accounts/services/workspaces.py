"""Workspaces: create, rename, say which pages may embed them."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from accounts import audit
from accounts.access import Access
from accounts.errors import Conflict
from accounts.models import Membership, Role, User, Workspace
from accounts.names import clean_name
from accounts.origins import clean_origins
from accounts.selectors import invitations_for, owned_by, workspace_current, workspaces_of
from accounts.services.authority import require
from accounts.tenancy import workspace_scope

MAX_OWNED = 10


@transaction.atomic
def workspace_create(*, user: User, name: str) -> Workspace:
    """A workspace owned by `user`. Needs no open scope; raises Invalid for an empty or overlong name, Conflict for somebody
    who owns too many: each comes with a free plan."""
    _lock(user)
    if owned_by(user) >= MAX_OWNED:
        raise Conflict(f"A person owns at most {MAX_OWNED} workspaces.", code="too_many_workspaces")
    workspace = Workspace.objects.create(name=clean_name(name))
    with workspace_scope(workspace.pk):
        Membership.objects.create(user=user, role=Role.OWNER)
        audit.record("workspace.created", subject=workspace.pk, name=workspace.name)
    return workspace


@transaction.atomic
def workspace_ensure(*, user: User) -> None:
    """Give a person who belongs nowhere a workspace of their own; the invited choose for themselves instead."""
    _lock(user)  # two first sign-ins at once make one workspace
    if not workspaces_of(user) and not invitations_for(user):
        workspace_create(user=user, name=f"{user.display_name[:60]}'s workspace")


def _lock(user: User) -> None:
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


@transaction.atomic
def workspace_rename(*, by: Access, name: str) -> None:
    """Change the name of the open scope's workspace."""
    require(by, "workspace:write")
    workspace = workspace_current()
    before, workspace.name = workspace.name, clean_name(name)
    workspace.save(update_fields=["name"])
    audit.record("workspace.renamed", subject=workspace.pk, before=before, after=workspace.name)


@transaction.atomic
def workspace_set_embed_origins(*, by: Access, origins: Sequence[str]) -> list[str]:
    """Replace the origins whose pages may open this workspace's websockets; returns them as stored."""
    require(by, "workspace:write")
    workspace = workspace_current()
    before, workspace.embed_origins = workspace.embed_origins, clean_origins(origins)
    workspace.save(update_fields=["embed_origins"])
    audit.record("workspace.embed_origins_set", subject=workspace.pk, before=before, after=workspace.embed_origins)
    return list(workspace.embed_origins)
