"""From a person or a key to a workspace: the only place that turns credentials into access."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from accounts import tokens
from accounts.models import ApiKey, Membership, Role, User
from accounts.scopes import ROLE_SCOPES
from accounts.tenancy import unscoped

_LAST_USE_GRAIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What a request may do: in which workspace, with which scopes, on whose behalf."""

    workspace_id: UUID
    workspace_name: str
    scopes: frozenset[str]
    role: str | None = None
    user: User | None = None
    api_key_id: UUID | None = None

    def allows(self, scope: str) -> bool:
        return scope in self.scopes

    @property
    def throttle_key(self) -> str:
        """Whose rate limit a request counts against."""
        owner = self.api_key_id or (self.user.pk if self.user else self.workspace_id)
        return f"{self.workspace_id}:{owner}"


def access_of_key(text: str) -> Access | None:
    """Access of a valid, unexpired, unrevoked API key; None for anything else."""
    prefix = tokens.key_prefix(text)
    if prefix is None:
        return None
    with unscoped("a key is looked up before its workspace is known"):
        key = ApiKey.objects.select_related("workspace").filter(prefix=prefix).first()
        if key is None or not tokens.matches(text, key.digest) or not is_usable(key):
            return None
        _note_use(key)
        return Access(
            workspace_id=key.workspace_id,
            workspace_name=key.workspace.name,
            scopes=frozenset(key.scopes),
            api_key_id=key.pk,
        )


def is_usable(key: ApiKey) -> bool:
    """Neither revoked nor expired."""
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > timezone.now())


def _note_use(key: ApiKey) -> None:
    now = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - _LAST_USE_GRAIN)
    if key.last_used_at is None or key.last_used_at < now - _LAST_USE_GRAIN:
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


def access_of_user(user: User, workspace_id: UUID | None) -> Access | None:
    """Access of a signed-in person to `workspace_id`, or to their first workspace; None when they belong to none."""
    with unscoped("a person's memberships span workspaces"):
        memberships = Membership.objects.select_related("workspace").filter(user=user).order_by("created_at")
        member = memberships.filter(workspace_id=workspace_id).first() if workspace_id else None
        member = member or memberships.first()
    if member is None:
        return None
    return Access(
        workspace_id=member.workspace_id,
        workspace_name=member.workspace.name,
        scopes=ROLE_SCOPES[Role(member.role)],
        role=member.role,
        user=user,
    )
