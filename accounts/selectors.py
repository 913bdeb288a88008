"""Reads. Those about one workspace need its scope open; those about a person say why they see more."""

from __future__ import annotations

from uuid import UUID

from allauth.account.models import EmailAddress
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.db.models.functions import Lower
from django.utils import timezone

from accounts import tokens
from accounts.errors import Gone, NotFound
from accounts.models import ApiKey, AuditEntry, Invitation, Membership, Role, User, Workspace
from accounts.tenancy import current_workspace_id, unscoped

_RANK = Case(*(When(role=role, then=Value(rank)) for rank, role in enumerate(Role)), output_field=IntegerField())


def workspace_current() -> Workspace:
    """The open scope's workspace."""
    return Workspace.objects.get(pk=current_workspace_id())


def workspaces_of(user: User) -> list[Workspace]:
    """Every workspace that the person belongs to, by name."""
    with unscoped("a person's memberships span workspaces"):
        memberships = Membership.objects.filter(user=user).select_related("workspace").order_by(Lower("workspace__name"))
        return [membership.workspace for membership in memberships]


def owned_by(user: User) -> int:
    """How many workspaces the person owns."""
    with unscoped("a person's memberships span workspaces"):
        return Membership.objects.filter(user=user, role=Role.OWNER).count()


def members() -> QuerySet[Membership]:
    """The workspace's people, owners first."""
    return Membership.objects.select_related("user").order_by(_RANK, "created_at")


def membership_get(membership_id: UUID) -> Membership:
    """One of the workspace's people; raises NotFound for an unknown or foreign id."""
    try:
        return Membership.objects.select_related("user").get(pk=membership_id)
    except Membership.DoesNotExist as error:
        raise NotFound("No such member in this workspace.") from error


def invitations_open() -> QuerySet[Invitation]:
    """Offers that can still be accepted, newest first."""
    return Invitation.objects.filter(accepted_at=None, revoked_at=None, expires_at__gt=timezone.now()).order_by("-created_at")


def invitations_for(user: User) -> list[Invitation]:
    """Open offers to any address that the person has shown to be theirs."""
    with unscoped("an invited person is not a member yet"):
        rows = invitations_open().annotate(address=Lower("email")).filter(address__in=verified_addresses(user))
        return list(rows.select_related("workspace", "invited_by"))


def invitation_by_token(text: str) -> Invitation:
    """The open offer behind a link; raises NotFound for an unknown token, Gone for one that is used, revoked or old."""
    with unscoped("a link is followed before its workspace is known"):
        rows = Invitation.objects.select_related("workspace", "invited_by")
        invitation = rows.filter(digest=tokens.digest(text)).first()
    if invitation is None:
        raise NotFound("This invitation doesn't exist.", hint="Check that the link is complete.")
    if invitation.accepted_at or invitation.revoked_at or invitation.expires_at <= timezone.now():
        raise Gone("This invitation is used, withdrawn or too old.", hint="Ask for a new one.")
    return invitation


def verified_addresses(user: User) -> set[str]:
    """The person's verified e-mail addresses, in lower case."""
    return {email.lower() for email in EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)}


def keys() -> QuerySet[ApiKey]:
    """The workspace's keys that have not been revoked, newest first."""
    return ApiKey.objects.filter(revoked_at=None).select_related("created_by").order_by("-created_at", "-id")


def audit_entries() -> QuerySet[AuditEntry]:
    """The workspace's audit trail, newest first."""
    return AuditEntry.objects.select_related("actor", "api_key").order_by("-created_at", "-id")
