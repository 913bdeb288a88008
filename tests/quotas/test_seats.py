"""Members take the plan's seats when they come in and give them back when they go."""

from __future__ import annotations

from uuid import UUID

import pytest

from accounts.access import Access
from accounts.models import Invitation, Membership, Role, Workspace
from accounts.services.invitations import invitation_accept_waiting, invitation_create
from accounts.services.members import member_remove
from accounts.tenancy import workspace_scope
from quotas.errors import QuotaExceeded
from quotas.metrics import Metric
from quotas.selectors import remaining
from tests.people import person
from tests.quotas.factories import subscribe

pytestmark = pytest.mark.django_db


def invited(by: Access, workspace: Workspace, name: str) -> UUID:
    with workspace_scope(workspace.pk):
        return invitation_create(by=by, email=f"{name}@example.com", role=Role.MEMBER).pk


def come_in(by: Access, workspace: Workspace, name: str) -> Membership:
    offer = invited(by, workspace, name)
    return invitation_accept_waiting(user=person(name), invitation_id=offer)


def test_it_counts_everybody_who_is_in_and_gives_seats_back(alice_access: Access, workspace: Workspace) -> None:
    subscribe(workspace, members=3)
    dora = come_in(alice_access, workspace, "dora")
    with workspace_scope(workspace.pk):
        assert remaining(Metric.MEMBERS) == 1  # Alice, Dora
        member_remove(by=alice_access, membership_id=dora.pk)
        assert remaining(Metric.MEMBERS) == 2


def test_it_refuses_an_invitation_that_nobody_could_accept(alice_access: Access, workspace: Workspace) -> None:
    subscribe(workspace, members=2)
    come_in(alice_access, workspace, "dora")
    with pytest.raises(QuotaExceeded) as refused:
        invited(alice_access, workspace, "emil")
    assert (refused.value.extra["metric"], refused.value.extra["limit"]) == ("members", 2)
    with workspace_scope(workspace.pk):
        assert not Invitation.objects.filter(email="emil@example.com").exists()


def test_it_lets_in_only_as_many_as_there_are_seats(alice_access: Access, workspace: Workspace) -> None:
    subscribe(workspace, members=2)
    offers = [invited(alice_access, workspace, name) for name in ("dora", "emil")]
    invitation_accept_waiting(user=person("dora"), invitation_id=offers[0])
    with pytest.raises(QuotaExceeded):
        invitation_accept_waiting(user=person("emil"), invitation_id=offers[1])
    with workspace_scope(workspace.pk):
        assert Membership.objects.count() == 2
        assert Invitation.objects.filter(pk=offers[1], accepted_at=None).exists()
