"""Bank transfers that the operator enters: parts add up, repeats change nothing, what is too much becomes credit."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.errors import Invalid, NotFound
from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.billing.credits import money_left
from quotas.billing.dues import due_minor
from quotas.billing.standing import void
from quotas.models import Invoice, InvoiceState, Payment
from quotas.payment.accounts import checkout_url
from quotas.payment.errors import MethodUnavailable, NotPayable, ReferenceUsed
from quotas.payment.services import record_manual_payment, refund_payment
from tests.quotas.payment.bills import issued

pytestmark = pytest.mark.django_db


def transfer(invoice: Invoice, amount_minor: int, reference: str) -> Payment:
    return record_manual_payment(invoice_id=invoice.pk, amount_minor=amount_minor, reference=reference, at=timezone.now())


def state_of(invoice: Invoice) -> str:
    return Invoice.objects.get(pk=invoice.pk).state


def test_it_pays_an_invoice(in_workspace: object) -> None:
    invoice = issued(1000, at=timezone.now())
    payment = transfer(invoice, 1000, "SEPA 17")
    assert (state_of(invoice), payment.state) == (InvoiceState.PAID, "succeeded")
    assert money_left(currency=invoice.currency) == 0


def test_parts_add_up(in_workspace: object) -> None:
    invoice = issued(1000, at=timezone.now())
    transfer(invoice, 400, "a")
    assert (state_of(invoice), due_minor(invoice)) == (InvoiceState.OPEN, 600)
    transfer(invoice, 600, "b")
    assert state_of(invoice) == InvoiceState.PAID


def test_what_is_too_much_becomes_credit(in_workspace: object) -> None:
    invoice = issued(1000, at=timezone.now())
    transfer(invoice, 700, "a")
    transfer(invoice, 700, "b")
    assert money_left(currency=invoice.currency) == 400
    transfer(invoice, 50, "c")
    assert money_left(currency=invoice.currency) == 450


def test_the_same_reference_again_changes_nothing(in_workspace: object) -> None:
    invoice = issued(1000, at=timezone.now())
    assert transfer(invoice, 400, "a").pk == transfer(invoice, 400, " a ").pk
    with pytest.raises(ReferenceUsed):
        transfer(invoice, 500, "a")
    with pytest.raises(ReferenceUsed):
        transfer(issued(400, at=timezone.now()), 400, "a")
    assert (Payment.objects.count(), due_minor(invoice)) == (1, 600)


@pytest.mark.parametrize(("amount", "reference"), [(0, "a"), (-1, "a"), (5, " "), (5, "x" * 121)])
def test_it_refuses_what_is_no_payment(in_workspace: object, amount: int, reference: str) -> None:
    invoice = issued(1000, at=timezone.now())
    with pytest.raises(Invalid):
        transfer(invoice, amount, reference)
    assert Payment.objects.count() == 0


def test_it_refuses_invoices_that_are_not_owed_or_not_there(in_workspace: object) -> None:
    invoice = issued(1000, at=timezone.now())
    void(invoice_id=invoice.pk, at=timezone.now())
    with pytest.raises(NotPayable):
        transfer(invoice, 1000, "a")
    with pytest.raises(NotFound):
        record_manual_payment(invoice_id=uuid4(), amount_minor=1, reference="b", at=timezone.now())
    assert Payment.objects.count() == 0


def test_an_invoice_of_strangers_can_not_be_paid(workspace: Workspace, charlies_workspace: Workspace) -> None:
    with workspace_scope(charlies_workspace.pk):
        theirs = issued(1000, at=timezone.now())
    with workspace_scope(workspace.pk), pytest.raises(NotFound):
        transfer(theirs, 1000, "a")
    with workspace_scope(charlies_workspace.pk):
        assert state_of(theirs) == InvoiceState.OPEN


def test_there_is_no_page_and_no_refund_for_transfers(in_workspace: object) -> None:
    payment = transfer(issued(1000, at=timezone.now()), 1000, "a")
    with pytest.raises(MethodUnavailable):
        checkout_url("/billing")
    with pytest.raises(MethodUnavailable):
        refund_payment(payment_id=payment.pk, amount_minor=10)
    assert Payment.objects.get().refunded_minor == 0


@given(st.lists(st.tuples(st.integers(1, 900), st.integers(0, 5)), max_size=8))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_money_is_neither_lost_nor_made(in_workspace: object, transfers: list[tuple[int, int]]) -> None:
    """What came = what is paid of the invoice + credit, whatever is entered in which order and however often."""
    invoice = issued(1000, at=timezone.now())  # less the credit that is left of the example before
    owed, before, entered = invoice.total_minor, money_left(currency="EUR"), dict[int, int]()
    for amount, name in transfers:
        if entered.setdefault(name, amount) == amount:
            transfer(invoice, amount, f"{invoice.pk} {name}")
    came = sum(entered.values())
    assert money_left(currency="EUR") - before == max(0, came - owed)
    assert due_minor(Invoice.objects.get(pk=invoice.pk)) == max(0, owed - came)
    assert (state_of(invoice) == InvoiceState.PAID) is (came >= owed)
