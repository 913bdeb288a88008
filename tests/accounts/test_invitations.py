"""Invitations: by mail, seven days, for the invited address alone, once."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.access import Access
from accounts.errors import Conflict, Forbidden, Gone, Invalid, NotFound, Problem, TooMany
from accounts.models import AuditEntry, Invitation, Membership, Role, User, Workspace
from accounts.selectors import invitation_by_token, invitations_for, workspaces_of
from accounts.services.invitations import (
    MAX_A_DAY,
    VALID_FOR,
    invitation_accept,
    invitation_accept_waiting,
    invitation_create,
    invitation_revoke,
)
from accounts.services.workspaces import MAX_OWNED, workspace_create, workspace_ensure
from accounts.tenancy import unscoped, workspace_scope
from tests.people import Join, access_of, person, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def invite(alice_access: Access, workspace: Workspace, django_capture_on_commit_callbacks: object) -> object:
    """`invite("dora@example.com", Role.MEMBER)` sends the mail and returns the token in it."""

    def send(email: str, role: str = Role.MEMBER) -> str:
        with django_capture_on_commit_callbacks(execute=True), workspace_scope(workspace.pk):  # type: ignore[operator]
            invitation_create(by=alice_access, email=email, role=role)
        found = re.search(r"/invitations/(\w+)/", str(mail.outbox[-1].body))
        assert found
        return found[1]

    return send


def members(workspace: Workspace) -> int:
    with workspace_scope(workspace.pk):
        return Membership.objects.count()


def test_it_mails_a_link_and_keeps_only_a_hash(invite: object, workspace: Workspace, alice: User) -> None:
    token = invite("Dora@Example.com ")  # type: ignore[operator]
    message = mail.outbox[-1]
    assert message.to == ["dora@example.com"]
    assert workspace.name in message.subject
    assert "&amp;" not in message.subject + str(message.body)
    assert alice.display_name in message.body
    with workspace_scope(workspace.pk):
        assert token not in str(Invitation.objects.values().get())
        assert token not in str(list(AuditEntry.objects.values()))


def test_it_makes_the_invited_a_member_once(invite: object, workspace: Workspace) -> None:
    token, dora = invite("dora@example.com", Role.ADMIN), person("Dora")  # type: ignore[operator]
    assert invitation_accept(user=dora, token=token).role == Role.ADMIN
    with pytest.raises(Gone):
        invitation_accept(user=dora, token=token)
    assert members(workspace) == 2


def test_it_takes_nobody_but_the_invited(invite: object, workspace: Workspace, charlie: User) -> None:
    token = invite("dora@example.com")  # type: ignore[operator]
    unverified = User.objects.create_user("dora@example.com")
    EmailAddress.objects.create(user=unverified, email="dora@example.com", verified=False, primary=True)
    for stranger in (charlie, unverified):
        with pytest.raises(Forbidden):
            invitation_accept(user=stranger, token=token)
        assert invitations_for(stranger) == []
    assert members(workspace) == 1
    assert invitation_by_token(token)


@pytest.mark.parametrize("token", ["", "nothing", "x" * 40])
def test_it_knows_no_other_tokens(invite: object, charlie: User, token: str) -> None:
    invite("dora@example.com")  # type: ignore[operator]
    with pytest.raises(NotFound):
        invitation_accept(user=charlie, token=token)


def test_it_ends_after_seven_days(invite: object, workspace: Workspace) -> None:
    token, dora = invite("dora@example.com"), person("Dora")  # type: ignore[operator]
    with time_machine.travel(timezone.now() + VALID_FOR + timedelta(seconds=1)), pytest.raises(Gone):
        invitation_accept(user=dora, token=token)
    assert members(workspace) == 1
    with time_machine.travel(timezone.now() + VALID_FOR - timedelta(minutes=1)):
        invitation_accept(user=dora, token=token)
    assert members(workspace) == 2


def test_it_ends_when_withdrawn_and_when_sent_again(invite: object, alice_access: Access, workspace: Workspace) -> None:
    first, second, dora = invite("dora@example.com"), invite("DORA@example.com"), person("Dora")  # type: ignore[operator]
    with pytest.raises(Gone):
        invitation_accept(user=dora, token=first)
    offer = invitation_by_id(second)
    with workspace_scope(workspace.pk):
        invitation_revoke(by=alice_access, invitation_id=offer)
    with pytest.raises(Gone):
        invitation_accept(user=dora, token=second)
    assert members(workspace) == 1


def invitation_by_id(token: str) -> UUID:
    with unscoped("a test looks an invitation up"):
        return Invitation.objects.filter(revoked_at=None).get().pk if token else UUID(int=0)


@pytest.mark.parametrize(
    ("role", "offered", "error"),
    [
        (Role.ADMIN, "owner", Forbidden),
        (Role.MEMBER, "viewer", Forbidden),
        (Role.OWNER, "emperor", Invalid),
    ],
)
def test_it_offers_no_more_than_the_inviting_person_has(
    join: Join, workspace: Workspace, role: Role, offered: str, error: type[Problem]
) -> None:
    asking = access_of(join("Erik", role), workspace)
    with pytest.raises(error), workspace_scope(workspace.pk):
        invitation_create(by=asking, email="dora@example.com", role=offered)
    with workspace_scope(workspace.pk):
        assert not Invitation.objects.exists()


def test_it_refuses_members_and_what_is_no_address(bob: User, alice_access: Access, workspace: Workspace) -> None:
    for email, error in ((bob.email.upper(), Conflict), ("nobody", Invalid), ("a@b\nBcc: c@d.e", Invalid)):
        with pytest.raises(error), workspace_scope(workspace.pk):
            invitation_create(by=alice_access, email=email, role=Role.MEMBER)
    assert mail.outbox == []


def test_it_hides_offers_of_strangers(
    invite: object, charlie_access: Access, charlies_workspace: Workspace, charlie: User
) -> None:
    offer = invitation_by_id(invite("dora@example.com"))  # type: ignore[operator]
    with pytest.raises(NotFound), workspace_scope(charlies_workspace.pk):
        invitation_revoke(by=charlie_access, invitation_id=offer)
    with pytest.raises(NotFound):
        invitation_accept_waiting(user=charlie, invitation_id=offer)


def test_it_gives_the_uninvited_a_workspace_at_first_sign_in_and_the_invited_a_choice(
    invite: object, workspace: Workspace
) -> None:
    erik = person("Erik")
    workspace_ensure(user=erik)
    workspace_ensure(user=erik)
    assert [one.name for one in workspaces_of(erik)] == ["Erik's workspace"]
    invite("dora@example.com")  # type: ignore[operator]
    dora = person("Dora")
    workspace_ensure(user=dora)
    assert workspaces_of(dora) == []
    page = sign_in(dora).get("/workspaces/new/")
    assert workspace.name in page.content.decode().replace("&amp;", "&")
    invitation_accept_waiting(user=dora, invitation_id=invitations_for(dora)[0].pk)
    assert workspaces_of(dora) == [workspace]


def test_it_shows_the_offer_to_anybody_and_joins_the_invited(
    invite: object, workspace: Workspace, charlie_client: Client
) -> None:
    token = invite("dora@example.com")  # type: ignore[operator]
    assert Client().get(f"/invitations/{token}/").status_code == 200
    assert Client().post(f"/invitations/{token}/").status_code == 200
    assert charlie_client.post(f"/invitations/{token}/").status_code == 403
    assert members(workspace) == 1
    assert sign_in(person("Dora")).post(f"/invitations/{token}/").status_code == 302
    assert members(workspace) == 2
    assert Client().get(f"/invitations/{token}/").status_code == 410


def test_it_mails_no_more_than_a_day_allows_however_many_are_withdrawn(invite: object, workspace: Workspace) -> None:
    invite("first@example.com")  # type: ignore[operator]
    with workspace_scope(workspace.pk):
        known = Invitation.objects.get()
        Invitation.objects.bulk_create(
            Invitation(email=known.email, role=known.role, digest=str(n), expires_at=known.expires_at, revoked_at=timezone.now())
            for n in range(MAX_A_DAY - 1)
        )
    mails = len(mail.outbox)
    with pytest.raises(TooMany):
        invite("next@example.com")  # type: ignore[operator]
    assert len(mail.outbox) == mails
    with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1)):
        invite("next@example.com")  # type: ignore[operator]


def test_it_makes_no_more_workspaces_than_a_person_may_own(alice: User, workspace: Workspace, bob: User) -> None:
    for number in range(MAX_OWNED - 1):
        workspace_create(user=alice, name=f"Number {number}")
    with pytest.raises(Conflict):
        workspace_create(user=alice, name="One too many")
    assert len(workspaces_of(alice)) == MAX_OWNED
    workspace_create(user=bob, name="To be a member elsewhere does not count")
