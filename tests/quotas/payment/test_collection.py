"""Open invoices are charged by themselves, and never twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.tenancy import workspace_scope
from quotas.models import Invoice, InvoiceCollection, InvoiceState, Payment, PaymentState
from quotas.payment.collection import AGAIN, ATTEMPT_DAYS, collect_invoice, due_collections, next_attempt
from quotas.payment.values import Outcome, PaymentStatus
from tests.quotas.factories import utc
from tests.quotas.payment.conftest import Customer, put_on_file

pytestmark = pytest.mark.django_db
CONFIRM = r"POST /v1/payment_intents/\w+/confirm"


def collect(customer: Customer, invoice: Invoice, after: timedelta = timedelta()) -> Outcome | None:
    return collect_invoice(workspace_id=customer.workspace_id, invoice_id=invoice.pk, now=timezone.now() + after)


def state(customer: Customer, invoice: Invoice) -> tuple[str, list[tuple[str, int]]]:
    with workspace_scope(customer.workspace_id):
        payments = Payment.objects.filter(invoice=invoice).values_list("state", "amount_minor")
        return Invoice.objects.get(pk=invoice.pk).state, list(payments)


def collection(customer: Customer, invoice: Invoice) -> InvoiceCollection:
    with workspace_scope(customer.workspace_id):
        return InvoiceCollection.objects.get(invoice=invoice)


def test_it_charges_the_card_on_file_and_marks_the_invoice_paid(with_card: Customer) -> None:
    invoice = with_card.invoice(1234)
    outcome = collect(with_card, invoice)
    assert outcome is not None
    assert outcome.status is PaymentStatus.PAID
    assert with_card.charged_minor() == 1234
    assert state(with_card, invoice) == (InvoiceState.PAID, [(PaymentState.SUCCEEDED, 1234)])


def test_it_does_nothing_when_it_is_asked_again(with_card: Customer) -> None:
    invoice = with_card.invoice()
    collect(with_card, invoice)
    asked = len(with_card.stripe.requests)
    assert collect(with_card, invoice) is None
    assert collect(with_card, invoice, timedelta(days=30)) is None
    assert len(with_card.stripe.requests) == asked
    assert with_card.charged_minor() == 1200


def test_it_leaves_workspaces_without_a_card_alone(customer: Customer) -> None:
    invoice = customer.invoice()
    assert due_collections(timezone.now()) == []
    assert collect(customer, invoice) is None
    assert state(customer, invoice) == (InvoiceState.OPEN, [])
    assert customer.stripe.count(r"POST /v1/payment_intents.*") == 0


def test_it_finds_what_is_due_in_every_workspace(with_card: Customer) -> None:
    invoice = with_card.invoice()
    assert due_collections(timezone.now()) == [(with_card.workspace_id, invoice.pk)]
    collect(with_card, invoice)
    assert due_collections(timezone.now() + timedelta(days=30)) == []


@pytest.mark.parametrize("fault", ["lost_answer", "slow", "server_error", "rate_limit"])
def test_a_repeated_request_charges_once(with_card: Customer, fault: str) -> None:
    invoice = with_card.invoice(900)
    with_card.stripe.fail_next(CONFIRM, fault)
    first = collect(with_card, invoice)
    if first is None:  # a refusal for the rate is not repeated by the library but by us, later
        assert collect(with_card, invoice) is None
        assert collect(with_card, invoice, AGAIN) is not None
    assert with_card.stripe.count(CONFIRM) == 2
    assert with_card.charged_minor() == 900
    assert state(with_card, invoice) == (InvoiceState.PAID, [(PaymentState.SUCCEEDED, 900)])


def test_an_attempt_whose_answer_never_came_is_taken_up_later_without_charging_again(with_card: Customer) -> None:
    invoice = with_card.invoice(900)
    with_card.stripe.fail_next(CONFIRM, "lost_answer", times=3)
    assert collect(with_card, invoice) is None
    assert state(with_card, invoice)[0] == InvoiceState.OPEN
    assert with_card.charged_minor() == 900  # Stripe has charged; we don't know it yet
    assert collect(with_card, invoice, timedelta(minutes=1)) is None
    outcome = collect(with_card, invoice, AGAIN)
    assert outcome is not None
    assert outcome.status is PaymentStatus.PAID
    assert with_card.charged_minor() == 900
    assert state(with_card, invoice) == (InvoiceState.PAID, [(PaymentState.SUCCEEDED, 900)])


def test_a_payment_whose_creation_was_lost_is_found_again(with_card: Customer) -> None:
    invoice = with_card.invoice(900)
    with_card.stripe.fail_next(r"POST /v1/payment_intents", "lost_answer", times=3)
    assert collect(with_card, invoice) is None
    assert collect(with_card, invoice, AGAIN) is not None
    assert len([row for row in with_card.stripe.store.of("payment_intent") if row["customer"] == with_card.id]) == 1
    assert with_card.charged_minor() == 900


def test_a_declined_card_is_tried_again_on_the_days_that_were_promised(customer: Customer) -> None:
    put_on_file(customer, "pm_card_chargeCustomerFail")
    invoice = customer.invoice(500)
    for days in ATTEMPT_DAYS:
        too_early = timedelta(days=days) - timedelta(hours=1)
        assert days == 0 or collect(customer, invoice, too_early) is None
        outcome = collect(customer, invoice, timedelta(days=days, minutes=1))
        assert outcome is not None
        assert (outcome.status, outcome.failure) == (PaymentStatus.FAILED, "generic_decline")
    assert collect(customer, invoice, timedelta(days=60)) is None
    kept = collection(customer, invoice)
    assert (kept.attempts, kept.next_at, kept.failure, kept.needs_payer) == (4, None, "generic_decline", False)
    assert state(customer, invoice) == (InvoiceState.OPEN, [(PaymentState.FAILED, 500)])
    assert customer.charged_minor() == 0


def test_a_new_card_pays_what_is_open_at_once(customer: Customer) -> None:
    put_on_file(customer, "pm_card_chargeCustomerFail")
    invoice = customer.invoice(500)
    collect(customer, invoice)
    customer.stripe.customers.remove_cards(customer.id)
    put_on_file(customer, "pm_card_visa")
    assert collect(customer, invoice, timedelta(seconds=1)) is not None
    assert state(customer, invoice) == (InvoiceState.PAID, [(PaymentState.SUCCEEDED, 500)])


def test_a_bank_that_wants_the_payer_leaves_the_invoice_open(customer: Customer) -> None:
    put_on_file(customer, "pm_card_authenticationRequired")
    invoice = customer.invoice(700)
    outcome = collect(customer, invoice)
    assert outcome is not None
    assert (outcome.status, outcome.failure) == (PaymentStatus.ACTION_REQUIRED, "authentication_required")
    assert state(customer, invoice)[0] == InvoiceState.OPEN
    assert collection(customer, invoice).needs_payer
    assert customer.charged_minor() == 0


def test_an_amount_below_stripes_smallest_is_told_as_such(with_card: Customer) -> None:
    invoice = with_card.invoice(12)
    outcome = collect(with_card, invoice)
    assert outcome is not None
    assert (outcome.status, outcome.failure) == (PaymentStatus.FAILED, "amount_too_small")
    assert state(with_card, invoice) == (InvoiceState.OPEN, [])


def test_a_failure_is_told_by_mail_once_for_each_attempt(
    customer: Customer, mailoutbox: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    put_on_file(customer, "pm_card_authenticationRequired")
    invoice = customer.invoice(123456)
    mailoutbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        collect(customer, invoice)
        collect(customer, invoice, timedelta(hours=2))
    letters = [mail for mail in mailoutbox if "could not be paid" in mail.subject]
    assert [mail.to for mail in letters] == [["books@example.com"]]
    assert "1,234.56" in letters[0].body
    assert invoice.number in letters[0].subject
    assert "Your bank wants you to confirm it." in letters[0].body


def test_every_request_carries_our_version_and_every_charge_a_key(with_card: Customer) -> None:
    collect(with_card, with_card.invoice())
    asked = list(zip(with_card.stripe.requests, with_card.stripe.headers, strict=True))
    assert {headers["stripe-version"] for _, headers in asked} == {"2026-10-28.endive"}
    keyed = [headers.get("idempotency-key", "") for request, headers in asked if request.startswith("POST /v1/payment_intents")]
    assert [key.partition(":")[0] for key in keyed] == ["intent", "charge"]


def test_attempts_are_at_least_a_day_apart() -> None:
    issued = utc(2026, 2, 26, 10)
    assert next_attempt(issued, 0, issued) == issued
    assert next_attempt(issued, 1, issued) == utc(2026, 3, 1, 10)
    late = utc(2026, 3, 20)
    assert next_attempt(issued, 2, late) == utc(2026, 3, 21)
    assert next_attempt(issued, 4, late) is None
