"""Invoices: what is on them, what becomes of them, and that nobody can change one that was issued."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.core import mail
from django.db import Error, connection, transaction

from accounts.errors import Conflict, NotFound
from accounts.models import AuditEntry, Workspace
from accounts.tenancy import workspace_scope
from quotas.billing.credits import grant, money_left
from quotas.billing.invoicing import (
    invoice_change,
    mark_paid,
    mark_uncollectible,
    purchase_invoice,
    reissue,
    void,
)
from quotas.billing.tasks import mail_invoice
from quotas.metrics import Metric
from quotas.models import (
    BillingPeriod,
    BillingProfile,
    CreditGrant,
    GrantSource,
    Invoice,
    InvoiceSeries,
    InvoiceState,
    LineKind,
    PendingLine,
)
from tests.conftest import OWNER_URL
from tests.quotas.billing.bills import ANCHOR, FIRST_END, SECOND_END, Sold, amounts, close, invoices, offer, put_on, standing, use

pytestmark = pytest.mark.django_db
LATER = SECOND_END


def profile(workspace: Workspace, **fields: Any) -> None:
    with workspace_scope(workspace.pk):
        BillingProfile.objects.update_or_create(workspace=workspace, defaults=fields)


def money(workspace: Workspace, amount: int) -> None:
    with workspace_scope(workspace.pk):
        grant(amount=amount, currency="EUR", key=str(uuid4()), source=GrantSource.PROMO, at=ANCHOR)


def issued(workspace: Workspace, *, base: int = 4_900) -> Invoice:
    """An open invoice for the base price alone."""
    put_on(workspace, offer(base=base, avatar_ms=Sold()))
    close(FIRST_END)
    (invoice,) = invoices(workspace)
    return invoice


def test_it_bills_each_metric_by_its_own_terms(workspace: Workspace) -> None:
    plan = offer(
        avatar_ms=Sold(included=1_000, price="0.5", size=10),
        tts_characters=Sold(included=None),
        render_ms=Sold(included=0, price="0.000000000001", ceiling=100),
        llm_input_tokens=Sold(included=10, price=None, markup_bp=2_500),
    )
    put_on(workspace, plan)
    use(workspace, 1_001, at=ANCHOR)
    use(workspace, 5, at=ANCHOR, metric="tts_characters")
    use(workspace, 100, at=ANCHOR, metric="render_ms")
    use(workspace, 40, at=ANCHOR, metric="llm_input_tokens", provider="p", provider_cost=Decimal("0.80"), provider_currency="EUR")
    close(FIRST_END)
    assert amounts(workspace, invoices(workspace)[0].pk) == [
        ("base", 1, 4_900),
        ("usage", 1_000, 0),
        ("overage", 1, 0),
        ("overage", 100, 0),
        ("usage", 5, 0),
        ("usage", 10, 0),
        ("pass_through", 30, 75),
    ]


def test_it_takes_credit_off_before_tax(workspace: Workspace) -> None:
    profile(workspace, tax_rate_bp=1_900)
    money(workspace, 1_001)
    invoice = issued(workspace)
    assert amounts(workspace, invoice.pk) == [("base", 1, 4_900), ("credit", 0, -1_001)]
    assert (invoice.subtotal_minor, invoice.tax_minor, invoice.total_minor) == (3_899, 741, 4_640)


def test_it_stops_at_zero_and_keeps_the_rest_of_the_credit(workspace: Workspace) -> None:
    money(workspace, 6_000)
    invoice = issued(workspace)
    assert (invoice.state, invoice.total_minor) == (InvoiceState.PAID, 0)
    with workspace_scope(workspace.pk):
        assert money_left(currency="EUR", at=FIRST_END) == 1_100


def test_it_carries_over_what_corrections_give_back_beyond_the_charges(workspace: Workspace) -> None:
    put_on(workspace, offer(base=1_000))
    with workspace_scope(workspace.pk):
        PendingLine.objects.create(key="back", kind=LineKind.CORRECTION, description="Given back", amount_minor=-2_500)
    close(FIRST_END)
    close(SECOND_END)
    first, second = invoices(workspace)
    assert amounts(workspace, first.pk) == [("base", 1, 1_000), ("correction", 0, -2_500), ("credit", 0, 1_500)]
    assert amounts(workspace, second.pk) == [("base", 1, 1_000), ("credit", 0, -1_000)]
    with workspace_scope(workspace.pk):
        assert PendingLine.objects.get().invoice_id == first.pk
        assert money_left(currency="EUR", at=SECOND_END) == 500


def test_it_freezes_who_bills_whom(workspace: Workspace, settings: Any) -> None:
    settings.INVOICE_ISSUER_NAME, settings.INVOICE_ISSUER_ADDRESS = "Issuer", "Street 1| City "
    profile(workspace, name="Łódź Ltd", address="A\nB", country="PL", reverse_charge=True, days_to_pay=30)
    invoice = issued(workspace)
    profile(workspace, name="Other", reverse_charge=False)
    (invoice,) = invoices(workspace)
    assert invoice.snapshot["issuer"]["address"] == ["Street 1", "City"]
    assert invoice.snapshot["customer"]["name"] == "Łódź Ltd"
    assert invoice.snapshot["tax_note"].startswith("Reverse charge")
    assert (invoice.tax_minor, invoice.due_at) == (0, FIRST_END + timedelta(days=30))


def test_it_prorates_a_change_by_what_is_left(workspace: Workspace) -> None:
    period = put_on(workspace, offer(base=29_900))
    middle = period.starts_at + (period.ends_at - period.starts_at) / 2
    with workspace_scope(workspace.pk):
        invoice = invoice_change(period=period, old_base_minor=4_900, new_base_minor=29_900, at=middle)
        assert invoice is not None
        again = invoice_change(period=period, old_base_minor=4_900, new_base_minor=29_900, at=middle)
    assert again == invoice
    assert amounts(workspace, invoice.pk) == [("proration", 1, -2_450), ("proration", 1, 14_950)]
    assert (invoice.reason, invoice.total_minor) == ("change", 12_500)


def test_it_gives_credit_where_a_change_gives_back_more_than_it_charges(workspace: Workspace) -> None:
    period = put_on(workspace, offer())
    with workspace_scope(workspace.pk):
        for _ in range(2):
            assert invoice_change(period=period, old_base_minor=900, new_base_minor=0, at=period.starts_at) is None
        row = CreditGrant.objects.get()
    assert (row.source, row.currency, row.amount, row.remaining) == ("refund", "EUR", 900, 900)
    assert invoices(workspace) == []


def test_it_makes_no_invoice_for_a_change_that_costs_nothing(workspace: Workspace) -> None:
    period = put_on(workspace, offer())
    with workspace_scope(workspace.pk):
        assert invoice_change(period=period, old_base_minor=0, new_base_minor=0, at=ANCHOR) is None
        assert CreditGrant.objects.count() == 0
    assert invoices(workspace) == []


def test_it_sells_credit_once_a_key(workspace: Workspace) -> None:
    put_on(workspace, offer())
    wanted: dict[str, Any] = {
        "description": "100 min",
        "metric": Metric.AVATAR_MS,
        "quantity": 6_000_000,
        "price_minor": 1_500,
        "at": ANCHOR,
    }
    with workspace_scope(workspace.pk):
        first = purchase_invoice(**wanted, key="a")
        assert purchase_invoice(**wanted, key="a") == first
        assert purchase_invoice(**wanted, key="b") != first
    assert [invoice.total_minor for invoice in invoices(workspace)] == [1_500, 1_500]
    assert amounts(workspace, first.pk) == [("purchase", 6_000_000, 1_500)]


def test_it_is_paid_once(workspace: Workspace) -> None:
    invoice = issued(workspace)
    with workspace_scope(workspace.pk):
        paid = [mark_paid(invoice_id=invoice.pk, at=at) for at in (FIRST_END, LATER)]
        assert AuditEntry.objects.filter(action="invoice.paid").count() == 1
    assert [(one.state, one.paid_at) for one in paid] == [("paid", FIRST_END)] * 2


def test_it_gives_the_credit_of_a_void_invoice_back_once(workspace: Workspace) -> None:
    money(workspace, 1_000)
    invoice = issued(workspace)
    with workspace_scope(workspace.pk):
        assert money_left(currency="EUR", at=LATER) == 0
        for _ in range(2):
            void(invoice_id=invoice.pk, at=LATER, reason="wrong address")
        assert money_left(currency="EUR", at=LATER) == 1_000
        assert AuditEntry.objects.get(action="invoice.void").data["reason"] == "wrong address"


def test_it_issues_a_void_invoice_again_for_the_customer_as_it_is_now(workspace: Workspace) -> None:
    money(workspace, 1_000)
    invoice = issued(workspace)
    with workspace_scope(workspace.pk):
        with pytest.raises(Conflict):
            reissue(invoice_id=invoice.pk, at=LATER)
        void(invoice_id=invoice.pk, at=LATER)
        BillingProfile.objects.create(name="Right Ltd", tax_rate_bp=1_000)
        new = reissue(invoice_id=invoice.pk, at=LATER)
        with pytest.raises(Conflict):
            reissue(invoice_id=invoice.pk, at=LATER)
    assert amounts(workspace, new.pk) == [("base", 1, 4_900), ("credit", 0, -1_000)]
    assert (new.total_minor, new.number, new.replaces_id) == (4_290, "INV-000002", invoice.pk)
    assert (new.snapshot["customer"]["name"], new.snapshot["replaces"]) == ("Right Ltd", "INV-000001")
    assert standing(workspace) == {"INV-000001": "void", "INV-000002": "open"}


@pytest.mark.parametrize(
    ("steps", "refused"),
    [((mark_paid,), void), ((mark_paid,), mark_uncollectible), ((void,), mark_paid), ((void,), mark_uncollectible)],
)
def test_it_refuses_to_leave_a_final_state(workspace: Workspace, steps: tuple[Any, ...], refused: Any) -> None:
    invoice = issued(workspace)
    with workspace_scope(workspace.pk):
        for step in steps:
            step(invoice_id=invoice.pk, at=LATER)
        before = Invoice.objects.values().get()
        with pytest.raises(Conflict):
            refused(invoice_id=invoice.pk, at=LATER)
        assert Invoice.objects.values().get() == before


@pytest.mark.parametrize("then", [mark_paid, void])
def test_it_can_still_be_paid_or_void_after_it_was_given_up(workspace: Workspace, then: Any) -> None:
    invoice = issued(workspace)
    with workspace_scope(workspace.pk):
        assert mark_uncollectible(invoice_id=invoice.pk, at=LATER).state == "uncollectible"
        assert then(invoice_id=invoice.pk, at=LATER).state in {"paid", "void"}


def test_it_hides_the_invoices_of_others(workspace: Workspace, charlies_workspace: Workspace) -> None:
    invoice = issued(workspace)
    with workspace_scope(charlies_workspace.pk):
        for step in (mark_paid, void, mark_uncollectible, reissue):
            with pytest.raises(NotFound):
                step(invoice_id=invoice.pk, at=LATER)
    assert standing(workspace) == {"INV-000001": "open"}


def test_it_leaves_no_gap_where_an_issue_is_rolled_back(workspace: Workspace) -> None:
    put_on(workspace, offer())
    sale: dict[str, Any] = {"description": "x", "metric": Metric.AVATAR_MS, "quantity": 1, "price_minor": 1, "at": ANCHOR}
    with workspace_scope(workspace.pk):
        purchase_invoice(**sale, key="first")
        with pytest.raises(RuntimeError), transaction.atomic():
            assert purchase_invoice(**sale, key="lost").number == "INV-000002"
            raise RuntimeError
        assert purchase_invoice(**sale, key="second").number == "INV-000002"
    assert InvoiceSeries.objects.get().next_number == 3


FORBIDDEN = (
    "UPDATE quotas_invoice SET total_minor = 1, subtotal_minor = 1",
    "UPDATE quotas_invoice SET number = 'X'",
    "UPDATE quotas_invoice SET snapshot = '{}'",
    "UPDATE quotas_invoice SET due_at = now()",
    "UPDATE quotas_invoice SET state = 'draft'",
    "UPDATE quotas_invoice SET state = 'paid', currency = 'USD'",
    "DELETE FROM quotas_invoice",
    "UPDATE quotas_invoiceline SET amount_minor = 0",
    "UPDATE quotas_invoiceline SET description = ''",
    "DELETE FROM quotas_invoiceline",
    "INSERT INTO quotas_invoiceline SELECT gen_random_uuid(), created_at, kind, description, metric, quantity, unit_price, "
    "unit_size, amount_minor, starts_at, ends_at, 99, invoice_id, workspace_id FROM quotas_invoiceline LIMIT 1",
    "INSERT INTO quotas_invoice (id, created_at, reason, number, state, currency, subtotal_minor, tax_rate_bp, tax_minor, "
    "total_minor, external_id, key, snapshot, period_id, workspace_id) SELECT gen_random_uuid(), created_at, 'change', 'Y', "
    "'open', currency, 0, 0, 0, 0, '', '', '{}', period_id, workspace_id FROM quotas_invoice LIMIT 1",
)


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_it_lets_nobody_change_what_was_issued(workspace: Workspace, statement: str) -> None:
    invoice = issued(workspace)
    with workspace_scope(workspace.pk):
        with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
        assert Invoice.objects.get() == invoice
        assert Invoice.objects.get().total_minor == 4_900
    assert amounts(workspace, invoice.pk) == [("base", 1, 4_900)]


@pytest.mark.django_db(transaction=True)
def test_it_lets_not_even_the_owner_of_the_tables() -> None:
    workspace = Workspace.objects.create(name="Owned")
    invoice = issued(workspace)
    with psycopg.connect(OWNER_URL, dbname=connection.settings_dict["NAME"], autocommit=True) as owner:
        for statement in FORBIDDEN:
            owner.execute("SELECT set_config('app.every_workspace', 'on', false)")
            with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
                owner.execute(statement.encode())
    assert amounts(workspace, invoice.pk) == [("base", 1, 4_900)]
    assert standing(workspace) == {"INV-000001": "open"}


def test_it_refuses_a_subtotal_that_is_not_the_sum_of_the_lines(workspace: Workspace) -> None:
    period = put_on(workspace, offer())
    with workspace_scope(workspace.pk):
        draft = Invoice.objects.create(period=period, reason="change", currency="EUR")
        with pytest.raises(Error, match="add up"), transaction.atomic():
            Invoice.objects.filter(pk=draft.pk).update(
                state="open", number="X", subtotal_minor=5, total_minor=5, issued_at=ANCHOR
            )
        assert Invoice.objects.get().state == "draft"


def test_it_mails_the_document_to_the_billing_address_once(workspace: Workspace) -> None:
    profile(workspace, email="books@example.com")
    invoice = issued(workspace)
    for _ in range(2):
        mail_invoice.fn(str(workspace.pk), str(invoice.pk))
    (message,) = mail.outbox
    assert message.to == ["books@example.com"]
    assert message.subject == "Invoice INV-000001 from Visavis"
    assert "€49.00" in message.body
    ((name, content, kind),) = message.attachments
    assert (name, content[:5], kind) == ("INV-000001.pdf", b"%PDF-", "application/pdf")


def test_it_mails_to_the_owner_where_nobody_named_an_address(workspace: Workspace, alice: Any) -> None:
    invoice = issued(workspace)
    mail_invoice.fn(str(workspace.pk), str(invoice.pk))
    assert [message.to for message in mail.outbox] == [[alice.email]]


def test_it_sends_the_invoice_when_it_is_safe(workspace: Workspace, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        issued(workspace)
    assert len(callbacks) == 1


def test_it_does_not_mail_an_invoice_that_asks_for_nothing(workspace: Workspace, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        put_on(workspace, offer(base=0, avatar_ms=Sold(price=None)))
        use(workspace, 1, at=ANCHOR)
        close(FIRST_END)
    assert standing(workspace) == {"INV-000001": "paid"}
    assert callbacks == []


def test_it_bills_a_period_to_the_millisecond_of_its_end(workspace: Workspace) -> None:
    period = put_on(workspace, offer(base=0, avatar_ms=Sold(included=0, price="1", size=1)))
    use(workspace, 3, at=period.ends_at - timedelta(milliseconds=1))
    use(workspace, 4, at=period.ends_at)
    close(SECOND_END)
    assert [invoice.total_minor for invoice in invoices(workspace)] == [3, 4]
    with workspace_scope(workspace.pk):
        assert BillingPeriod.objects.filter(state="closed").count() == 2
