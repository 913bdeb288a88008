"""The plan's page: what is included, the price of a change before it is made, and the change."""

from __future__ import annotations

import re

import pytest
from django.test import Client, override_settings

from accounts.models import Role, Workspace
from accounts.tenancy import workspace_scope
from quotas.billing.subscriptions import plan_cancel, plan_change
from quotas.models import Invoice, Subscription, SubscriptionStatus
from quotas.profiles import profile_save
from tests.people import Join, sign_in
from tests.quotas.pages.reading import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def starter(workspace: Workspace) -> None:
    """Alice's workspace pays for Starter since just now."""
    with workspace_scope(workspace.pk):
        plan_change(plan_code="starter")


def test_it_shows_the_plan_and_what_more_costs(starter: None, alice_client: Client) -> None:
    text = text_of(alice_client, "/billing")
    assert "Starter €49.00 a month, paid in advance" in text
    assert "Avatar time 10 h then €0.10 / min, up to 50 h" in text
    assert "Pro €299.00 a month Choose Pro" in text
    assert "Pro, yearly" not in text


def test_it_compares_yearly_plans_when_asked(starter: None, alice_client: Client) -> None:
    text = text_of(alice_client, "/billing?interval=year")
    assert "Pro, yearly €2,990.00 a year" in text


def test_it_shows_the_cost_of_a_change_and_changes_nothing(starter: None, alice_client: Client, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        numbers = list(Invoice.objects.values_list("number", flat=True))
    text = text_of(alice_client, "/billing/plans/pro")
    assert "Unused part of the former plan" in text
    assert "Pro plan, rest of the period" in text
    with workspace_scope(workspace.pk):
        assert list(Invoice.objects.values_list("number", flat=True)) == numbers
        assert Subscription.objects.get().plan.code == "starter"


def test_it_charges_what_it_had_shown(starter: None, alice_client: Client, workspace: Workspace) -> None:
    shown = re.search(r'id="total">([^<]+)<', alice_client.get("/billing/plans/pro").content.decode())
    assert shown is not None
    answer = alice_client.post("/billing/plans/pro", follow=True)
    assert "You are on Pro now." in answer.content.decode()
    with workspace_scope(workspace.pk):
        invoice = Invoice.objects.latest("issued_at")
    # A cent of Pro's price passes in a bit more than a minute.
    assert abs(invoice.total_minor - int(shown[1].strip("€").replace(",", "").replace(".", ""))) <= 1


def test_it_tells_that_a_smaller_plan_waits(starter: None, alice_client: Client, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        plan_change(plan_code="pro")
    assert "The plan changes when this period ends" in text_of(alice_client, "/billing/plans/starter")
    alice_client.post("/billing/plans/starter")
    text = text_of(alice_client, "/billing")
    assert "Starter begins on" in text
    assert "Keep Pro" in text


def test_it_cancels_and_keeps(starter: None, alice_client: Client) -> None:
    assert "Until then everything stays." in alice_client.post("/billing/cancel", follow=True).content.decode()
    assert "Canceled It ends on" not in text_of(alice_client, "/billing")
    assert "then the free plan begins" in text_of(alice_client, "/billing")
    assert "Starter goes on." in alice_client.post("/billing/resume", follow=True).content.decode()
    assert "then the free plan begins" not in text_of(alice_client, "/billing")


def test_it_goes_back_to_the_free_plan_by_choosing_it(starter: None, alice_client: Client) -> None:
    shown = alice_client.get("/billing/plans/free").content.decode()
    assert "<h1>Starter → Free</h1>" in shown
    assert 'action="/billing/plans/free"' in shown
    assert "The plan changes when this period ends, on" in shown
    assert alice_client.post("/billing/plans/free").status_code == 302
    text = text_of(alice_client, "/billing")
    assert "then the free plan begins" in text
    assert "Choose Free" not in text


def test_it_offers_no_other_plan_while_something_is_overdue(starter: None, alice_client: Client, workspace: Workspace) -> None:
    assert "Choose Pro" in text_of(alice_client, "/billing")
    with workspace_scope(workspace.pk):
        Subscription.objects.update(status=SubscriptionStatus.PAST_DUE)
    text = text_of(alice_client, "/billing")
    assert "Choose" not in text
    assert "Another plan can be chosen once what is overdue is paid." in text
    refused = alice_client.get("/billing/plans/pro")
    assert refused.status_code == 409
    assert "<h1>Pay what is overdue first.</h1>" in refused.content.decode()


def test_it_says_what_cannot_be_done(starter: None, alice_client: Client, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        plan_cancel()
    assert alice_client.post("/billing/cancel").status_code == 409
    assert alice_client.get("/billing/plans/nothing").status_code == 404
    assert alice_client.get("/billing/plans/starter").status_code == 409
    assert alice_client.get("/billing/cancel").status_code == 405


@pytest.mark.parametrize("role", [Role.MEMBER, Role.VIEWER])
def test_it_is_for_those_who_manage(role: Role, join: Join, workspace: Workspace) -> None:
    client = sign_in(join("Dora", role), workspace)
    for path in ("/billing", "/billing/plans/pro", "/billing/details", "/billing/invoices", "/billing/alerts"):
        assert client.get(path).status_code == 403
    assert client.post("/billing/plans/pro").status_code == 403
    with workspace_scope(workspace.pk):
        assert not Subscription.objects.exclude(plan__code="free").exists()
    assert 'href="/billing"' not in client.get("/usage").content.decode()


def test_it_keeps_its_own_forms_for_an_installation_that_bills(alice_client: Client, workspace: Workspace) -> None:
    with override_settings(BILLING_ENABLED=False):
        assert "This installation does not bill." in text_of(alice_client, "/billing")
        assert alice_client.post("/billing/plans/pro").status_code == 409


def test_it_shows_taxes_in_the_preview(starter: None, alice_client: Client, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        profile = profile_save(name="A", address="B", country="DE", tax_number="", email="")
        profile.tax_rate_bp = 1900
        profile.save()
    assert " Tax €" in text_of(alice_client, "/billing/plans/pro")
