"""Payment and credit: the address, credit that is left, auto top-up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.billing.credits import grant
from quotas.billing.subscriptions import plan_change
from quotas.metrics import Metric
from quotas.models import BillingProfile, GrantSource, TopUpRule
from tests.quotas.pages.reading import text_of

pytestmark = pytest.mark.django_db
ADDRESS = {"name": "Alice & Co GmbH", "address": "Hauptstraße 5\n10115 Berlin", "country": "de", "tax_number": "DE1", "email": ""}


def test_it_keeps_the_address(alice_client: Client, workspace: Workspace) -> None:
    answer = alice_client.post("/billing/details/address", ADDRESS, follow=True)
    assert "Invoices are addressed so from now on." in answer.content.decode()
    with workspace_scope(workspace.pk):
        profile = BillingProfile.objects.get()
    assert (profile.name, profile.country, profile.address.splitlines()[1]) == ("Alice & Co GmbH", "DE", "10115 Berlin")
    assert profile.tax_rate_bp == 0


@pytest.mark.parametrize(("field", "value"), [("country", "Germany"), ("email", "nobody"), ("name", "x" * 161)])
def test_it_refuses_an_address_that_makes_no_sense(field: str, value: str, alice_client: Client, workspace: Workspace) -> None:
    assert alice_client.post("/billing/details/address", ADDRESS | {field: value}).status_code == 400
    with workspace_scope(workspace.pk):
        assert not BillingProfile.objects.exists()


@pytest.mark.parametrize(
    ("bank", "sentence"), [("IBAN DE1|BIC X", "Each invoice says to which account"), ("", "Give the number of the invoice")]
)
def test_it_says_how_to_transfer(bank: str, sentence: str, alice_client: Client, settings: Settings) -> None:
    settings.INVOICE_ISSUER_BANK = bank
    assert sentence in text_of(alice_client, "/billing/details")


def test_it_lists_what_credit_is_left(alice_client: Client, workspace: Workspace) -> None:
    expiry = timezone.now() + timedelta(days=60)
    with workspace_scope(workspace.pk):
        grant(amount=2500, key="a", source=GrantSource.PROMO, currency="EUR", reason="Welcome", expires_at=expiry)
        grant(amount=600_000, key="b", source=GrantSource.PURCHASE, metric=Metric.AVATAR_MS)
    text = text_of(alice_client, "/billing/details")
    assert f"Money Promo Welcome €25.00 €25.00 {expiry:%-d %B %Y}" in text
    assert "Avatar time Purchase 10 min 10 min never" in text


def test_it_sets_and_removes_a_top_up(alice_client: Client, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        plan_change(plan_code="starter")
    wish = {"metric": "avatar_ms", "threshold": "30", "amount": "60", "most_per_period": "2"}
    alice_client.post("/billing/details/top-up", wish)
    with workspace_scope(workspace.pk):
        rule = TopUpRule.objects.get()
    assert (rule.threshold, rule.amount, rule.price_minor, rule.most_per_period) == (30 * 60_000, 60 * 60_000, 600, 2)
    assert "buy 60 min for €6.00, at most 2× a period" in text_of(alice_client, "/billing/details")
    alice_client.post("/billing/details/top-up/avatar_ms/remove")
    with workspace_scope(workspace.pk):
        assert not TopUpRule.objects.exists()


def test_it_tops_up_nothing_on_a_plan_without_prices(alice_client: Client, workspace: Workspace) -> None:
    wish = {"metric": "avatar_ms", "threshold": "30", "amount": "60", "most_per_period": "2"}
    answer = alice_client.post("/billing/details/top-up", wish)
    assert (answer.status_code, "The plan has no unit price" in answer.content.decode()) == (400, True)
    with workspace_scope(workspace.pk):
        assert not TopUpRule.objects.exists()


def test_it_sends_nobody_to_a_card_page_that_pays_by_transfer(alice_client: Client) -> None:
    assert "By bank transfer." in text_of(alice_client, "/billing/details")
    assert alice_client.post("/billing/details/card").status_code == 409
    assert alice_client.post("/billing/details/portal").status_code == 409
