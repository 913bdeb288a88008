"""How a workspace pays: methods, hosted pages, and what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.errors import Invalid
from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.metrics import Metric
from quotas.models import Invoice, InvoiceState, PaymentAccount, PaymentMethod
from quotas.payment.clock import sweep
from quotas.payment.collection import collect_invoice, due_collections
from quotas.payment.errors import BillingDisabled, MethodUnavailable, ProviderRefused, ProviderUnavailable
from quotas.payment.selectors import billing_overview
from quotas.payment.services import checkout_url, invoice_page_url, portal_url, record_manual_payment, set_payment_method
from quotas.services import settle
from tests.quotas.factories import counters, subscribe, take, usage
from tests.quotas.payment.bills import issued
from tests.quotas.payment.conftest import Customer
from tests.simulators.stripe import StripeSimulator

pytestmark = pytest.mark.django_db


def test_transfers_are_the_default(in_workspace: object) -> None:
    overview = billing_overview()
    assert (overview.is_enabled, overview.method, overview.is_ready, overview.can_use_stripe) == (True, "manual", False, False)
    assert not PaymentAccount.objects.exists()  # looking writes nothing


def test_stripe_can_be_chosen_where_it_is_set_up(stripe: StripeSimulator, in_workspace: object) -> None:
    assert set_payment_method(PaymentMethod.STRIPE).method == PaymentMethod.STRIPE
    assert billing_overview().can_use_stripe


@pytest.mark.parametrize(("method", "error"), [("stripe", MethodUnavailable), ("barter", Invalid)])
def test_what_is_not_set_up_can_not_be_chosen(in_workspace: object, method: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        set_payment_method(method)
    assert billing_overview().method == PaymentMethod.MANUAL


def test_pages_lead_to_stripe_and_back(customer: Customer) -> None:
    with workspace_scope(customer.workspace_id):
        assert checkout_url("/billing?card=new").startswith(f"{customer.stripe.base}/c/pay/cs_test_")
        assert portal_url("/billing").startswith(f"{customer.stripe.base}/p/session/")
    session = customer.stripe.store.of("checkout.session")[-1]
    assert session["success_url"].endswith("/billing?card=new")
    assert session["customer"] == customer.id


@pytest.mark.parametrize("address", ["https://evil.example/billing", "//evil.example", "javascript:alert(1)"])
def test_a_page_never_leads_back_to_strangers(customer: Customer, address: str) -> None:
    asked = len(customer.stripe.requests)
    with workspace_scope(customer.workspace_id), pytest.raises(Invalid):
        checkout_url(address)
    assert len(customer.stripe.requests) == asked


def test_a_workspace_becomes_one_customer(customer: Customer) -> None:
    with workspace_scope(customer.workspace_id):
        portal_url("/billing")
        PaymentAccount.objects.update(external_id="")  # a transaction that was rolled back
        portal_url("/billing")
        assert PaymentAccount.objects.get().external_id == customer.id


def test_a_wrong_key_is_our_fault_and_a_dead_provider_is_not(
    stripe: StripeSimulator, settings: Settings, in_workspace: object
) -> None:
    set_payment_method(PaymentMethod.STRIPE)
    settings.STRIPE_API_KEY = "sk_test_wrong"
    with pytest.raises(ProviderRefused):
        checkout_url("/billing")
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    with pytest.raises(ProviderUnavailable):
        checkout_url("/billing")
    assert PaymentAccount.objects.get().external_id == ""


def test_what_is_open_is_shown_with_what_is_left_to_pay(customer: Customer) -> None:
    invoice = customer.invoice(1000)
    with workspace_scope(customer.workspace_id):
        record_manual_payment(invoice_id=invoice.pk, amount_minor=400, reference="a", at=timezone.now())
        overview = billing_overview()
    assert [(row.due_minor, row.can_pay_online) for row in overview.open_invoices] == [(600, True)]
    assert [payment.amount_minor for payment in overview.payments] == [400]


def test_it_asks_once_for_what_is_due_however_many_are_open(customer: Customer) -> None:
    with workspace_scope(customer.workspace_id):
        counts = []
        for amount in (1000, 2000, 3000):
            invoice = issued(amount, at=timezone.now())
            record_manual_payment(invoice_id=invoice.pk, amount_minor=amount // 4, reference=str(amount), at=timezone.now())
            with CaptureQueriesContext(connection) as asked:
                overview = billing_overview()
            counts.append(len(asked))
    assert sorted(row.due_minor for row in overview.open_invoices) == [750, 1500, 2250]
    assert len(set(counts)) == 1


def test_without_billing_nothing_is_sold_or_collected(with_card: Customer, settings: Settings) -> None:
    invoice = with_card.invoice(1000)
    settings.BILLING_ENABLED = False
    asked, now = len(with_card.stripe.requests), timezone.now()
    assert (due_collections(now), sweep(now=now)) == ([], 0)
    with workspace_scope(with_card.workspace_id):
        for act in (checkout_url, portal_url, lambda back: invoice_page_url(invoice_id=invoice.pk, return_url=back)):
            with pytest.raises(BillingDisabled):
                act("/billing")
        with pytest.raises(BillingDisabled):
            record_manual_payment(invoice_id=invoice.pk, amount_minor=1000, reference="a", at=now)
        with pytest.raises(BillingDisabled):
            set_payment_method("manual")
        assert Invoice.objects.get().state == InvoiceState.OPEN
        assert not billing_overview().is_enabled
    assert len(with_card.stripe.requests) == asked


def test_without_billing_an_attempt_that_was_queued_does_nothing(with_card: Customer, settings: Settings) -> None:
    invoice = with_card.invoice(1000)
    settings.BILLING_ENABLED = False
    now = timezone.now() + timedelta(minutes=1)
    assert collect_invoice(workspace_id=with_card.workspace_id, invoice_id=invoice.pk, now=now) is None
    assert with_card.charged_minor() == 0


def test_without_billing_use_is_still_counted(workspace: Workspace, settings: Settings) -> None:
    subscribe(workspace, avatar_ms=100_000)
    settings.BILLING_ENABLED = False
    with workspace_scope(workspace.pk):
        hold = take(3000)
        settle(hold_id=hold.id, sequence=1, used=2500, usage=usage())
        assert counters(Metric.AVATAR_MS)[0] == 2500


def test_issuing_needs_no_provider(in_workspace: object) -> None:
    assert issued(1000, at=timezone.now()).state == InvoiceState.OPEN
