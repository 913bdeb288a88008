"""Stripe's events by real HTTP: signed ones are kept and answered, strangers' are not."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import dramatiq
import httpx
import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.queue import broker
from accounts.tenancy import workspace_scope
from quotas.models import Invoice, InvoiceState, StripeEvent
from quotas.payment import inbox, tasks
from quotas.payment.clock import sweep
from quotas.payment.inbox_view import MAX_BYTES
from tests.quotas.payment.conftest import Customer
from tests.simulators.stripe import StripeSimulator

PATH = "/billing/stripe/events"


@pytest.fixture
def address(transactional_db: None, live_server: LiveServer) -> str:
    broker.flush_all()
    return f"{live_server.url}{PATH}"


def an_event(stripe: StripeSimulator) -> dict[str, Any]:
    return stripe.store.tell("customer.updated", stripe.customers.create({"email": "x@example.com"}))


def test_a_signed_event_is_kept_once_however_often_it_comes(address: str, stripe: StripeSimulator) -> None:
    event = an_event(stripe)
    assert [stripe.deliver(event, address).status_code for _ in range(3)] == [200, 200, 200]
    assert list(StripeEvent.objects.values_list("pk", "type")) == [(event["id"], "customer.updated")]


@pytest.mark.parametrize(
    "forgery",
    [{"secret": "whsec_strangers"}, {"at": time.time() - 900}],
    ids=["another secret", "an old one replayed"],
)
def test_a_strangers_event_is_refused_and_nothing_is_kept(address: str, stripe: StripeSimulator, forgery: dict[str, Any]) -> None:
    answer = stripe.deliver(an_event(stripe), address, **forgery)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_signature")
    assert not StripeEvent.objects.exists()


@pytest.mark.parametrize("header", ["", "t=1", "t=x,v1=abc", "v1=abc", "nonsense", "t=1,v1=é"])
def test_a_broken_signature_is_refused(address: str, stripe: StripeSimulator, header: str) -> None:
    answer = httpx.post(address, content=b"{}", headers={b"Stripe-Signature": header.encode()})
    assert answer.status_code == 400
    assert not StripeEvent.objects.exists()


def test_a_changed_body_is_refused(address: str, stripe: StripeSimulator) -> None:
    import stripe as library

    header = library.WebhookSignature.generate_signature_header('{"id": "evt_1"}', stripe.secret)
    assert httpx.post(address, content='{"id": "evt_2"}', headers={"Stripe-Signature": header}).status_code == 400
    signed = httpx.post(address, content='{"id": "evt_1"}', headers={"Stripe-Signature": header})
    assert (signed.status_code, signed.json()["code"]) == (400, "bad_event")
    assert not StripeEvent.objects.exists()


def test_a_body_too_large_is_refused_before_it_is_looked_at(address: str, stripe: StripeSimulator) -> None:
    assert httpx.post(address, content=b"x" * (MAX_BYTES + 1)).status_code == 413
    assert not StripeEvent.objects.exists()


def test_only_post_is_answered(client: Client, stripe: StripeSimulator, db: None) -> None:
    assert client.get(PATH).status_code == 405


@pytest.mark.parametrize("missing", ["STRIPE_WEBHOOK_SECRET", "BILLING_ENABLED"])
def test_without_secret_or_billing_there_is_no_inbox(
    client: Client, stripe: StripeSimulator, settings: Settings, db: None, missing: str
) -> None:
    setattr(settings, missing, "" if missing.startswith("STRIPE") else False)
    answer = client.post(PATH, b"{}", content_type="application/json")
    assert answer.status_code == 404
    assert answer.json()["code"] in ("billing_disabled", "payment_method_unavailable")
    assert not StripeEvent.objects.exists()


def test_from_card_to_paid_invoice_with_a_real_worker(address: str, customer: Customer) -> None:
    """The payer puts a card on file; Stripe tells; a worker charges the open invoice; Stripe tells again."""
    invoice = customer.invoice(1500)
    customer.stripe.customers.choose_card(customer.id, "pm_card_visa")
    worker = dramatiq.Worker(broker, queues={"billing"}, worker_threads=2, worker_timeout=50)
    worker.start()
    try:
        for event in customer.events("customer.updated"):
            assert customer.stripe.deliver(event, address).status_code == 200
        _wait_until(lambda: _state(customer, invoice) == InvoiceState.PAID)
        assert customer.stripe.deliver(customer.events("payment_intent.succeeded")[0], address).status_code == 200
        _wait_until(lambda: not StripeEvent.objects.filter(processed_at=None).exists())
    finally:
        worker.stop()
    assert customer.charged_minor() == 1500


def test_the_clock_takes_up_what_a_worker_lost(address: str, stripe: StripeSimulator) -> None:
    event = an_event(stripe)
    stripe.deliver(event, address)
    now = timezone.now()
    cache.clear()
    assert inbox.waiting(now) == []
    assert inbox.waiting(now + timedelta(minutes=2)) == [event["id"]]
    assert sweep(now=now + timedelta(minutes=2)) == 1
    assert sweep(now=now + timedelta(minutes=2)) == 0  # once a minute
    assert inbox.waiting(now + timedelta(days=4)) == []
    tasks.process_stripe_event.fn(event["id"])
    assert inbox.waiting(now + timedelta(minutes=2)) == []


def _state(customer: Customer, invoice: Invoice) -> str:
    with workspace_scope(customer.workspace_id):
        return Invoice.objects.get(pk=invoice.pk).state


def _wait_until(holds: Any) -> None:
    deadline = time.monotonic() + 15
    while not holds():
        assert time.monotonic() < deadline, list(StripeEvent.objects.values("pk", "type", "error"))
        time.sleep(0.05)
