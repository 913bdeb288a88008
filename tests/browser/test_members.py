"""People of a workspace: invited by mail, let in, kept out of what is not theirs, and on their way to another one."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from accounts.models import Membership, Role, User, Workspace
from accounts.services.workspaces import workspace_create
from accounts.tenancy import workspace_scope
from tests.browser.mailbox import Mailbox
from tests.browser.visitor import Visit
from tests.people import person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_invited_person_joins_and_is_kept_out_of_the_keys(
    visit: Visit, alice: User, workspace: Workspace, mailbox: Mailbox
) -> None:
    dora = person("Dora")
    own = workspace_create(user=dora, name="Dora alone")
    hers = visit(alice, workspace, draws=False).go("/settings/members/")
    hers.get_by_label("E-mail address").fill(dora.email)
    hers.get_by_role("button", name="Send invitation").click()
    expect(hers.get_by_role("cell", name=dora.email, exact=True)).to_be_visible()

    guest = visit(dora, own, draws=False)
    page = guest.go(mailbox.find(r"(/invitations/\w+/)", to=dora.email))
    expect(page.get_by_role("heading")).to_have_text("Join Alice & Co")
    page.get_by_role("button", name="Join").click()
    page.goto("/settings/members/")
    expect(page.get_by_role("cell", name=alice.email)).to_be_visible()
    expect(page.get_by_role("button", name="Send invitation")).to_have_count(0)
    with workspace_scope(workspace.pk):
        assert Membership.objects.get(user=dora).role == Role.MEMBER

    guest.expect_trouble("403")
    page.goto("/developers/keys/")
    expect(page.get_by_role("main")).not_to_contain_text("New key")
    assert guest.unexpected() == []
    page.goto("/studio")
    page.locator("summary.switcher:visible").click()
    page.get_by_role("button", name="Dora alone").click()
    expect(page.locator("summary.switcher:visible")).to_have_accessible_name("Workspace Dora alone: switch, account, theme")
