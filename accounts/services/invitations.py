"""Invitations: offer a role by mail, withdraw it, accept it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts import audit, seats, tokens
from accounts.access import Access
from accounts.errors import Conflict, Forbidden, Invalid, NotFound, TooMany
from accounts.mail import send_mail_on_commit
from accounts.models import Invitation, Membership, User
from accounts.selectors import invitation_by_token, invitations_for, verified_addresses, workspace_current
from accounts.services.authority import require, require_role
from accounts.tenancy import workspace_scope

VALID_FOR = timedelta(days=7)
MAX_OPEN = 100
MAX_A_DAY = 100  # they are mails to strangers, with words of the workspace's choosing
_TOKEN_LENGTH = 40


@transaction.atomic
def invitation_create(*, by: Access, email: str, role: str) -> Invitation:
    """Offer `role` to `email` by mail, in place of an earlier offer to that address.

    Raises Forbidden, Invalid for what is no address, Conflict for a member or when too many offers are open, TooMany; what
    receivers of `seats.inviting` raise where the plan has no seat left.
    """
    require(by, "members:write")
    require_role(by, role)
    email = _clean_email(email)
    if Membership.objects.filter(user__email__iexact=email).exists():
        raise Conflict(f"{email} is a member already.", code="already_member")
    _limit_mails()
    _withdraw_earlier(email)
    seats.inviting.send(Membership)
    token = tokens.random_text(_TOKEN_LENGTH)
    invitation = Invitation.objects.create(
        email=email, role=role, digest=tokens.digest(token), invited_by=by.user, expires_at=timezone.now() + VALID_FOR
    )
    audit.record("invitation.created", subject=invitation.pk, email=email, role=role)
    _send(invitation, token)
    return invitation


@transaction.atomic
def invitation_revoke(*, by: Access, invitation_id: UUID) -> None:
    """Withdraw an open offer; raises NotFound when it is none of the workspace's open ones."""
    require(by, "members:write")
    open_offer = Invitation.objects.filter(pk=invitation_id, accepted_at=None, revoked_at=None)
    if not open_offer.update(revoked_at=timezone.now()):
        raise NotFound("No such open invitation in this workspace.")
    audit.record("invitation.revoked", subject=invitation_id)


@transaction.atomic
def invitation_accept(*, user: User, token: str) -> Membership:
    """Make `user` a member as offered; needs no open scope. Raises NotFound, Gone, or Forbidden for anybody but the invited."""
    invitation = invitation_by_token(token)
    if invitation.email.lower() not in verified_addresses(user):
        detail = f"This invitation is for {invitation.email}."
        raise Forbidden(detail, code="other_address", hint="Sign in with that address, or ask for an invitation to yours.")
    return _join(invitation, user)


@transaction.atomic
def invitation_accept_waiting(*, user: User, invitation_id: UUID) -> Membership:
    """As invitation_accept, for an offer to a verified address of `user`; raises NotFound for any other."""
    for invitation in invitations_for(user):
        if invitation.pk == invitation_id:
            return _join(invitation, user)
    raise NotFound("No such invitation waits for you.")


def _join(invitation: Invitation, user: User) -> Membership:
    with workspace_scope(invitation.workspace_id):
        still_open = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None)
        if not still_open.update(accepted_at=timezone.now()):
            raise Conflict("This invitation has just been used or withdrawn.", code="invitation_taken")
        member, is_new = Membership.objects.get_or_create(user=user, defaults={"role": invitation.role})
        if is_new:
            seats.joined.send(Membership, membership=member)
        audit.record("invitation.accepted", subject=invitation.pk, email=invitation.email, role=member.role, new=is_new)
        return member


def _clean_email(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise Invalid(f"{email!r} is not an e-mail address.", code="bad_email") from error
    return email


def _limit_mails() -> None:
    if Invitation.objects.filter(created_at__gt=timezone.now() - timedelta(days=1)).count() >= MAX_A_DAY:
        raise TooMany(f"At most {MAX_A_DAY} invitations a day.", code="too_many_invitations", hint="Try again tomorrow.")


def _withdraw_earlier(email: str) -> None:
    pending = Invitation.objects.filter(accepted_at=None, revoked_at=None)
    pending.filter(email__iexact=email).update(revoked_at=timezone.now())
    if pending.filter(expires_at__gt=timezone.now()).count() >= MAX_OPEN:
        raise Conflict(f"{MAX_OPEN} invitations are open.", code="too_many_invitations", hint="Withdraw some of them.")


def _send(invitation: Invitation, token: str) -> None:
    send_mail_on_commit(
        "accounts/email/invitation",
        to=invitation.email,
        workspace=workspace_current().name,
        inviter=invitation.invited_by.display_name if invitation.invited_by else "Somebody",
        role=invitation.get_role_display(),
        url=settings.BASE_URL + reverse("invitation_accept", args=[token]),
        days=VALID_FOR.days,
    )
