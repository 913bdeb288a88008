"""Stripe's events: whatever comes, in which order and however often, the end is the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.billing.credits import money_left
from quotas.models import Invoice, InvoiceState, Payment, PaymentAccount, PaymentMethod, PaymentState, StripeEvent
from quotas.payment.collection import collect_invoice, invoice_page_url
from quotas.payment.errors import NotPayable, ProviderUnavailable
from quotas.payment.events import process
from quotas.payment.inbox import keep
from quotas.payment.refunds import refund_payment
from quotas.payment.services import checkout_url, record_manual_payment
from tests.quotas.payment.conftest import Customer, kept, put_on_file
from tests.simulators.stripe import StripeSimulator
from tests.simulators.stripe.wire import Refusal

pytestmark = pytest.mark.django_db


def take_in(event: dict[str, Any]) -> None:
    process(kept(event))


def stand(customer: Customer, invoice: Invoice) -> tuple[str, list[str], int]:
    """State of the invoice, of its payments, and the credit that is left."""
    with workspace_scope(customer.workspace_id):
        payments = Payment.objects.filter(invoice=invoice).order_by("created_at").values_list("state", flat=True)
        return Invoice.objects.get(pk=invoice.pk).state, list(payments), money_left(currency=invoice.currency)


def page(customer: Customer, invoice: Invoice) -> str:
    """The id of the hosted page of an invoice."""
    with workspace_scope(customer.workspace_id):
        return invoice_page_url(invoice_id=invoice.pk, return_url="/billing").rpartition("/")[2]


def test_a_card_put_on_file_by_checkout_makes_the_account_ready(customer: Customer) -> None:
    with workspace_scope(customer.workspace_id):
        session = checkout_url("/billing").rpartition("/")[2]
    customer.stripe.customers.complete(session)
    assert not customer.account().is_ready
    take_in(customer.events("checkout.session.completed")[0])
    assert customer.account().is_ready
    stored = customer.stripe.store.get(customer.id, "customer")
    assert stored["invoice_settings"]["default_payment_method"].startswith("pm_")


def test_the_newest_card_is_charged_whichever_event_comes_last(customer: Customer) -> None:
    for card in ("pm_card_visa", "pm_card_mastercard"):
        with workspace_scope(customer.workspace_id):
            session = checkout_url("/billing").rpartition("/")[2]
        customer.stripe.customers.complete(session, card)
        customer.stripe.store.advance(60)
    for event in reversed(customer.events("checkout.session.completed") + customer.events("setup_intent.succeeded")):
        take_in(event)
    charged = customer.stripe.store.rows[customer.account().card_id]
    assert charged["card"]["last4"] == "4444"


def test_a_card_that_was_removed_meanwhile_is_left_alone(customer: Customer) -> None:
    with workspace_scope(customer.workspace_id):
        session = checkout_url("/billing").rpartition("/")[2]
    customer.stripe.customers.complete(session)
    customer.stripe.customers.remove_cards(customer.id)
    take_in(customer.events("checkout.session.completed")[0])
    assert not customer.account().is_ready


def test_it_tells_what_is_open_when_the_card_comes(customer: Customer) -> None:
    invoice = customer.invoice()
    customer.stripe.customers.choose_card(customer.id, "pm_card_visa")
    event = kept(customer.events("customer.updated")[-1])
    assert process(event) == [(customer.workspace_id, invoice.pk)]
    assert process(event) == []


def test_removing_the_card_ends_readiness(with_card: Customer) -> None:
    with_card.stripe.customers.remove_cards(with_card.id)
    take_in(with_card.events("payment_method.detached")[-1])
    assert not with_card.account().is_ready


def test_an_old_event_can_not_undo_what_came_after_it(with_card: Customer) -> None:
    """The event of the removed card comes after the one of the new card."""
    with_card.stripe.customers.remove_cards(with_card.id)
    removed = with_card.events("customer.updated")[-1]
    put_on_file(with_card, "pm_card_mastercard")
    take_in(removed)
    assert with_card.account().is_ready


def failing_then_paid(customer: Customer) -> Invoice:
    """Declined first, then paid on the hosted page, then half of it given back: five events of two payments."""
    put_on_file(customer, "pm_card_authenticationRequired")
    invoice = customer.invoice(1000)
    collect_invoice(workspace_id=customer.workspace_id, invoice_id=invoice.pk, now=timezone.now())
    customer.stripe.customers.complete(page(customer, invoice), "pm_card_authenticationRequired")
    paid = customer.stripe.store.of("payment_intent")[-1]
    customer.stripe.payments.refund({"payment_intent": paid["id"], "amount": "500"})
    return invoice


KINDS = ("payment_intent.payment_failed", "payment_intent.succeeded", "checkout.session.completed", "charge.refunded")


@pytest.mark.parametrize("order", list(permutations(range(4)))[::3])
def test_every_order_of_events_ends_the_same(customer: Customer, order: tuple[int, ...]) -> None:
    invoice = failing_then_paid(customer)
    events = [customer.events(kind)[-1] for kind in KINDS]
    for index in order:
        take_in(events[index])
        take_in(events[index])
    assert stand(customer, invoice) == (InvoiceState.PAID, [PaymentState.FAILED, PaymentState.SUCCEEDED], 0)
    with workspace_scope(customer.workspace_id):
        assert Payment.objects.get(state=PaymentState.SUCCEEDED).refunded_minor == 500


def test_a_hosted_page_pays_what_the_bank_wants_confirmed(customer: Customer) -> None:
    put_on_file(customer, "pm_card_authenticationRequired")
    invoice = customer.invoice(1000)
    collect_invoice(workspace_id=customer.workspace_id, invoice_id=invoice.pk, now=timezone.now())
    customer.stripe.customers.complete(page(customer, invoice), "pm_card_authenticationRequired")
    take_in(customer.events("payment_intent.succeeded")[-1])
    assert stand(customer, invoice)[0] == InvoiceState.PAID
    assert customer.charged_minor() == 1000


def test_the_same_page_is_given_until_it_can_not_be_used(customer: Customer) -> None:
    invoice = customer.invoice(1000)
    first = page(customer, invoice)
    assert page(customer, invoice) == first
    with workspace_scope(customer.workspace_id):
        record_manual_payment(invoice_id=invoice.pk, amount_minor=300, reference="a", at=timezone.now())
    second = page(customer, invoice)
    sessions = {row["id"]: (row["status"], row["amount_total"]) for row in customer.stripe.store.of("checkout.session")}
    assert (sessions[first], sessions[second]) == (("expired", 1000), ("open", 700))
    customer.stripe.customers.complete(second)
    with pytest.raises(NotPayable):
        page(customer, invoice)


def test_an_attempt_closes_the_page_first_so_that_nobody_pays_twice(with_card: Customer) -> None:
    invoice = with_card.invoice(1000)
    session = page(with_card, invoice)
    collect_invoice(workspace_id=with_card.workspace_id, invoice_id=invoice.pk, now=timezone.now())
    assert with_card.stripe.store.get(session, "checkout.session")["status"] == "expired"
    assert with_card.charged_minor() == 1000


def test_an_attempt_stands_back_when_the_page_was_used(with_card: Customer) -> None:
    invoice = with_card.invoice(1000)
    with_card.stripe.customers.complete(page(with_card, invoice))
    collect_invoice(workspace_id=with_card.workspace_id, invoice_id=invoice.pk, now=timezone.now())
    assert with_card.charged_minor() == 1000
    take_in(with_card.events("payment_intent.succeeded")[-1])
    assert stand(with_card, invoice)[0] == InvoiceState.PAID


def test_money_that_comes_twice_is_credited(with_card: Customer) -> None:
    """A transfer arrives while the card is charged."""
    invoice = with_card.invoice(1000)
    session = page(with_card, invoice)
    with workspace_scope(with_card.workspace_id):
        record_manual_payment(invoice_id=invoice.pk, amount_minor=1000, reference="a", at=timezone.now())
    with_card.stripe.customers.complete(session)
    for _ in range(2):
        take_in(with_card.events("payment_intent.succeeded")[-1])
    assert stand(with_card, invoice) == (InvoiceState.PAID, ["succeeded", "succeeded"], 1000)


def test_a_refund_is_shown_and_leaves_the_invoice_paid(with_card: Customer) -> None:
    invoice = with_card.invoice(1000)
    collect_invoice(workspace_id=with_card.workspace_id, invoice_id=invoice.pk, now=timezone.now())
    with workspace_scope(with_card.workspace_id):
        payment = Payment.objects.get()
        with_card.stripe.fail_next("POST /v1/refunds", "lost_answer")
        refund_payment(payment_id=payment.pk, amount_minor=400)
        assert Payment.objects.get().refunded_minor == 400
        refund_payment(payment_id=payment.pk, amount_minor=600)
        payment.refresh_from_db()
    take_in(with_card.events("charge.refunded")[0])
    assert (payment.state, payment.refunded_minor) == (PaymentState.REFUNDED, 1000)
    assert stand(with_card, invoice) == (InvoiceState.PAID, [PaymentState.REFUNDED], 0)
    assert [row["amount"] for row in with_card.stripe.store.of("refund")][-2:] == [400, 600]


def test_a_debit_pays_the_invoice_when_the_bank_has_paid(customer: Customer) -> None:
    put_on_file(customer, "sepa_debit")
    invoice, now = customer.invoice(1000), timezone.now()
    for days in (0, 4):  # nothing is charged again meanwhile
        collect_invoice(workspace_id=customer.workspace_id, invoice_id=invoice.pk, now=now + timedelta(days=days))
        assert stand(customer, invoice) == (InvoiceState.OPEN, [PaymentState.PENDING], 0)
    assert len(customer.events("payment_intent.processing")) == 1
    customer.stripe.payments.settle(customer.stripe.store.of("payment_intent")[-1]["id"])
    take_in(customer.events("payment_intent.succeeded")[-1])
    assert stand(customer, invoice) == (InvoiceState.PAID, [PaymentState.SUCCEEDED], 0)


def test_a_debit_that_comes_back_is_told_once_and_tried_again(
    customer: Customer, mailoutbox: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    put_on_file(customer, "sepa_debit")
    invoice, now = customer.invoice(1000), timezone.now()
    collect_invoice(workspace_id=customer.workspace_id, invoice_id=invoice.pk, now=now)
    refused = Refusal(402, "card_error", "The account has been closed.", code="account_closed")
    customer.stripe.payments.settle(customer.stripe.store.of("payment_intent")[-1]["id"], refused)
    mailoutbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            take_in(customer.events("payment_intent.payment_failed")[-1] | {"id": f"evt_{uuid4().hex}"})
    assert stand(customer, invoice) == (InvoiceState.OPEN, [PaymentState.FAILED], 0)
    assert [mail.subject for mail in mailoutbox] == [f"Invoice {invoice.number} could not be paid"]
    put_on_file(customer, "pm_card_visa")
    collect_invoice(workspace_id=customer.workspace_id, invoice_id=invoice.pk, now=now + timedelta(days=3, minutes=1))
    assert stand(customer, invoice) == (InvoiceState.PAID, [PaymentState.SUCCEEDED], 0)
    assert customer.charged_minor() == 1000


def test_a_failure_is_written_down_and_the_event_stays(with_card: Customer) -> None:
    invoice = with_card.invoice(1000)
    collect_invoice(workspace_id=with_card.workspace_id, invoice_id=invoice.pk, now=timezone.now())
    event = kept(with_card.events("payment_intent.succeeded")[-1])
    with_card.stripe.fail_next(r"GET /v1/payment_intents/\w+", "server_error", times=3)
    with pytest.raises(ProviderUnavailable):
        process(event)
    row = StripeEvent.objects.get(pk=event)
    assert (row.processed_at, row.error.partition(":")[0]) == (None, "ProviderUnavailable")
    process(event)
    row.refresh_from_db()
    assert row.processed_at is not None
    assert row.error == ""


def other_products(stripe: StripeSimulator) -> dict[str, Any]:
    customer = stripe.customers.create({"email": "else@example.com"})
    intent = stripe.payments.create({"amount": "500", "currency": "eur", "customer": customer["id"]})
    return stripe.store.tell("payment_intent.succeeded", intent)


def unknown_type(stripe: StripeSimulator) -> dict[str, Any]:
    return stripe.store.tell("product.created", stripe.store.add("prod", "product"))


@pytest.mark.parametrize("make", [other_products, unknown_type])
def test_events_of_others_are_taken_and_left_alone(customer: Customer, make: Callable[[StripeSimulator], dict[str, Any]]) -> None:
    event = make(customer.stripe)
    take_in(event)
    assert StripeEvent.objects.get(pk=event["id"]).processed_at is not None
    with workspace_scope(customer.workspace_id):
        assert Payment.objects.count() == 0


def test_a_payment_can_not_reach_an_invoice_of_another_workspace(with_card: Customer, charlies_workspace: Workspace) -> None:
    """Its customer says whose it is, whatever its metadata say."""
    with workspace_scope(charlies_workspace.pk):
        PaymentAccount.objects.create(method=PaymentMethod.STRIPE, external_id=f"cus_{uuid4().hex}")
        stranger = PaymentAccount.objects.get().external_id
    invoice = with_card.invoice(1000)
    with_card.stripe.store.rows[stranger] = {"id": stranger, "object": "customer"}
    intent = with_card.stripe.payments.intent(1000, "eur", stranger, {"invoice_id": str(invoice.pk)})
    intent["status"] = "succeeded"
    event = kept(with_card.stripe.store.tell("payment_intent.succeeded", intent))
    with pytest.raises(Exception, match="no invoice"):
        process(event)
    assert stand(with_card, invoice) == (InvoiceState.OPEN, [], 0)


def test_only_what_is_needed_is_kept_of_an_event(with_card: Customer) -> None:
    row = keep(with_card.events("customer.created")[0])
    assert row is not None
    assert set(row.payload) == {"id", "object"}
    assert row.created <= timezone.now() + timedelta(seconds=1)
