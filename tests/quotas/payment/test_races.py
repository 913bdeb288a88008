"""Many workers at the same invoice: one charge, one payment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from django.db import connection
from django.utils import timezone

from accounts.tenancy import workspace_scope
from quotas.billing.credits import money_left
from quotas.models import Invoice, InvoiceState, Payment
from quotas.payment.collection import collect_invoice
from quotas.payment.events import process
from quotas.payment.services import record_manual_payment
from tests.quotas.payment.conftest import Customer, kept

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(act: Callable[[int], object], times: int) -> None:
    def run(number: int) -> None:
        try:
            act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        list(pool.map(run, range(times)))


def collect(customer: Customer, invoice: Invoice, now: datetime) -> None:
    collect_invoice(workspace_id=customer.workspace_id, invoice_id=invoice.pk, now=now)


def test_eight_workers_charge_once(with_card: Customer) -> None:
    invoice, now = with_card.invoice(1000), timezone.now()
    at_once(lambda _: collect(with_card, invoice, now), 8)
    assert with_card.charged_minor() == 1000
    assert with_card.stripe.count(r"POST /v1/payment_intents/\w+/confirm") == 1
    with workspace_scope(with_card.workspace_id):
        assert (Invoice.objects.get().state, Payment.objects.count()) == (InvoiceState.PAID, 1)


def test_one_event_in_eight_workers_enters_one_payment(with_card: Customer) -> None:
    invoice = with_card.invoice(1000)
    collect(with_card, invoice, timezone.now())
    with workspace_scope(with_card.workspace_id):
        Payment.objects.all().delete()
        record_manual_payment(invoice_id=invoice.pk, amount_minor=1, reference="a", at=timezone.now())
    event = kept(with_card.events("payment_intent.succeeded")[-1])
    at_once(lambda _: process(event), 8)
    with workspace_scope(with_card.workspace_id):
        assert sorted(Payment.objects.values_list("amount_minor", flat=True)) == [1, 1000]
        assert money_left(currency=invoice.currency) == 1001  # the invoice was paid before both


def test_transfers_entered_at_once_are_all_counted(customer: Customer) -> None:
    invoice = customer.invoice(1000)

    def enter(number: int) -> None:
        with workspace_scope(customer.workspace_id):
            record_manual_payment(invoice_id=invoice.pk, amount_minor=300, reference=str(number // 2), at=timezone.now())

    at_once(enter, 8)
    with workspace_scope(customer.workspace_id):
        assert (Invoice.objects.get().state, Payment.objects.count()) == (InvoiceState.PAID, 4)
        assert money_left(currency=invoice.currency) == 200
