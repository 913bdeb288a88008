"""A running Stripe, settings that point at it, and Alice's workspace as its customer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.models import BillingProfile, Invoice, PaymentAccount, PaymentMethod
from quotas.payment import tasks
from quotas.payment.accounts import checkout_url, set_payment_method
from quotas.payment.inbox import keep
from tests.quotas.payment.bills import issued
from tests.simulators.stripe import StripeSimulator


@pytest.fixture(scope="session")
def stripe_server() -> Iterator[StripeSimulator]:
    with StripeSimulator().running() as simulator:
        yield simulator


@pytest.fixture
def stripe(stripe_server: StripeSimulator, settings: Settings) -> Iterator[StripeSimulator]:
    """The settings lead to the simulator, which forgets the requests of earlier tests."""
    settings.BILLING_ENABLED = True
    settings.STRIPE_API_KEY, settings.STRIPE_API_BASE = stripe_server.key, stripe_server.base
    settings.STRIPE_WEBHOOK_SECRET, settings.STRIPE_TIMEOUT_SECONDS = stripe_server.secret, 1
    stripe_server.requests.clear()
    stripe_server.headers.clear()
    stripe_server.store.ahead = 0
    yield stripe_server
    assert not stripe_server.faults, "A fault that was asked for did not happen."


@dataclass(frozen=True)
class Customer:
    """Alice's workspace and what it is at Stripe."""

    workspace_id: UUID
    id: str
    stripe: StripeSimulator

    def invoice(self, total_minor: int = 1200, at: datetime | None = None) -> Invoice:
        with workspace_scope(self.workspace_id):
            return issued(total_minor, at=at or timezone.now())

    def account(self) -> PaymentAccount:
        with workspace_scope(self.workspace_id):
            return PaymentAccount.objects.get()

    def charged_minor(self) -> int:
        """What left the payer's cards at Stripe."""
        charges = self.stripe.store.of("charge")
        return sum(row["amount"] for row in charges if row["paid"] and row["customer"] == self.id)

    def events(self, event_type: str) -> list[dict[str, Any]]:
        """What Stripe has to tell about this customer, oldest first."""
        rows = [row for row in self.stripe.store.events if row["type"] == event_type]
        return [row for row in rows if self.id in (row["data"]["object"].get("customer"), row["data"]["object"]["id"])]


@pytest.fixture
def customer(stripe: StripeSimulator, workspace: Workspace) -> Customer:
    """On Stripe, as yet without a card."""
    with workspace_scope(workspace.pk):
        BillingProfile.objects.create(name="Alice & Co", email="books@example.com")
        set_payment_method(PaymentMethod.STRIPE)
        checkout_url("/billing")
        return Customer(workspace.pk, PaymentAccount.objects.get().external_id, stripe)


@pytest.fixture
def with_card(customer: Customer) -> Customer:
    """A card on file that always works."""
    return put_on_file(customer, "pm_card_visa")


def put_on_file(customer: Customer, card: str) -> Customer:
    """What the payer does in the portal, and what its event makes of it."""
    customer.stripe.customers.choose_card(customer.id, card)
    tasks.process_stripe_event.fn(kept(customer.events("customer.updated")[-1]))
    return customer


def kept(event: dict[str, Any]) -> str:
    """Into the inbox as if it had come by HTTP, without a worker knowing; returns its id."""
    keep(event)
    return str(event["id"])
