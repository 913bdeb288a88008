"""The printed invoice and its exports: everything on it, for every customer's alphabet, and nothing run as markup."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from html import unescape
from io import BytesIO, StringIO
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.billing.credits import grant
from quotas.billing.documents import file_name, invoice_html, invoice_pdf
from quotas.billing.exports import COLUMNS, invoice_json, invoices_csv
from quotas.billing.invoicing import void
from quotas.billing.wording import money, quantity, rate, span, unit_price
from quotas.models import BillingProfile, GrantSource, Invoice
from quotas.payment.services import record_manual_payment
from tests.quotas.billing.bills import ANCHOR, FIRST_END, Sold, close, offer, put_on, use

NAMES = "Straße & Söhne Łódź Č. Ελληνική Φωνή ООО «Голос» Đặng"


@pytest.fixture
def invoice(workspace: Workspace, settings: Any) -> Invoice:
    """Base, included use, overage and credit, for a customer in another country."""
    settings.INVOICE_ISSUER_NAME, settings.INVOICE_ISSUER_BANK = "Issuer GmbH", "IBAN DE02 1203|BIC X"
    put_on(workspace, offer(base=29_900, avatar_ms=Sold(included=3_600_000, price="5", size=60_000)))
    use(workspace, 3_600_000 + 45_296_789, at=ANCHOR)
    with workspace_scope(workspace.pk):
        BillingProfile.objects.create(name=NAMES, address="Λεωφόρος 1\n117 42 Αθήνα", country="GR", reverse_charge=True)
        grant(amount=1_000, currency="EUR", key="money", source=GrantSource.PROMO, at=ANCHOR)
    close(FIRST_END)
    with workspace_scope(workspace.pk):
        return Invoice.objects.get()


def pdf_text(invoice: Invoice) -> str:
    with workspace_scope(invoice.workspace_id):
        pdf = pypdfium2.PdfDocument(BytesIO(invoice_pdf(invoice)))
    return " ".join("\n".join(page.get_textpage().get_text_range() for page in pdf).split())


def html(invoice: Invoice) -> str:
    with workspace_scope(invoice.workspace_id):
        return unescape(invoice_html(invoice))


SHOWN = (
    "INV-000001",
    "Issuer GmbH",
    NAMES,
    "117 42 Αθήνα",
    "28 February 2026",
    "14 March 2026",
    "31 Jan 2026 – 27 Feb 2026",
    "28 Feb 2026 – 30 Mar 2026",
    "Avatar time, included",
    "1:00:00.000 h",
    "Avatar time, above the included amount",
    "12:34:56.789 h",
    "€0.05 / min",
    "€37.75",
    "€299.00",
    "€336.75",
    "−€10.00",
    "€326.75",
    "Reverse charge",
    "IBAN DE02 1203",
)


@pytest.mark.django_db
def test_it_prints_everything_on_the_page(invoice: Invoice) -> None:
    page = html(invoice)
    assert [text for text in SHOWN if text not in page] == []
    assert "/static/css/invoice.css" in page


@pytest.mark.django_db
def test_it_prints_everything_into_the_pdf(invoice: Invoice) -> None:
    text = pdf_text(invoice)
    assert [one for one in SHOWN if one not in text] == []


@pytest.mark.django_db
def test_it_makes_the_same_file_each_time_with_its_fonts_inside(invoice: Invoice) -> None:
    with workspace_scope(invoice.workspace_id):
        first, second = invoice_pdf(invoice), invoice_pdf(invoice)
    assert first == second
    assert b"/FontFile" in first


@pytest.mark.django_db
def test_it_stamps_a_void_invoice_and_asks_for_nothing(invoice: Invoice) -> None:
    assert "Void" not in html(invoice)
    assert "Please pay €326.75 by 14 March 2026." in pdf_text(invoice)
    with workspace_scope(invoice.workspace_id):
        invoice = void(invoice_id=invoice.pk, at=FIRST_END)
    assert "Void" in html(invoice)
    assert "VOID" in pdf_text(invoice)
    assert "Please pay" not in html(invoice) + pdf_text(invoice)


@pytest.mark.django_db
def test_it_says_what_came_and_what_is_due_until_all_has_come(invoice: Invoice) -> None:
    def come(amount_minor: int, reference: str) -> Invoice:
        with workspace_scope(invoice.workspace_id):
            record_manual_payment(invoice_id=invoice.pk, amount_minor=amount_minor, reference=reference, at=FIRST_END)
            return Invoice.objects.get()

    assert "Due €" not in pdf_text(invoice)
    in_part = come(10_000, "a")
    assert "Total €326.75 Paid −€100.00 Due €226.75" in pdf_text(in_part)
    assert "Please pay €226.75 by 14 March 2026." in pdf_text(in_part)
    rows = [f'<th scope="row">{name}</th><td>{amount}</td>' for name, amount in (("Paid", "−€100.00"), ("Due", "€226.75"))]
    assert [row for row in rows if row not in html(in_part)] == []
    whole = come(22_675, "b")
    assert "PAID" in pdf_text(whole)
    assert "−€100.00" not in pdf_text(whole) and "Please pay" not in pdf_text(whole)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ['<script>alert("x")</script>', "#panic() $x$ @ref *b* _i_ `r` \\ // c", '"}, {"', "%{{ 7 }}"])
def test_it_takes_names_as_text(workspace: Workspace, name: str) -> None:
    put_on(workspace, offer())
    with workspace_scope(workspace.pk):
        BillingProfile.objects.create(name=name)
    close(FIRST_END)
    with workspace_scope(workspace.pk):
        invoice = Invoice.objects.get()
        assert "<script" not in invoice_html(invoice)
    assert name in html(invoice)
    assert name in pdf_text(invoice)


@pytest.mark.django_db
def test_it_breaks_a_long_invoice_over_pages(workspace: Workspace) -> None:
    put_on(workspace, offer())
    with workspace_scope(workspace.pk):
        BillingProfile.objects.create(name="Long " * 30, address="\n".join(f"Row {n}" for n in range(60)))
    close(FIRST_END)
    with workspace_scope(workspace.pk):
        pdf = pypdfium2.PdfDocument(BytesIO(invoice_pdf(Invoice.objects.get())))
    assert len(pdf) == 2


@pytest.mark.django_db
def test_it_exports_every_line_as_csv(invoice: Invoice) -> None:
    with workspace_scope(invoice.workspace_id):
        rows = list(csv.DictReader(StringIO(invoices_csv([invoice]))))
    assert tuple(rows[0]) == COLUMNS
    assert [(row["kind"], row["amount_minor"]) for row in rows] == [
        ("base", "29900"),
        ("usage", "0"),
        ("overage", "3775"),
        ("credit", "-1000"),
    ]
    assert sum(int(row["amount_minor"]) for row in rows) == int(rows[0]["subtotal_minor"])
    assert {row["number"] for row in rows} == {"INV-000001"}


@pytest.mark.django_db
def test_it_does_not_export_formulas(workspace: Workspace) -> None:
    put_on(workspace, offer())
    close(FIRST_END)
    with workspace_scope(workspace.pk):
        line = Invoice.objects.get().lines.get()
        line.description = "=1+1"
        shown = Invoice.objects.get()
        shown.number = "=cmd"
        assert ",'=cmd," not in invoices_csv([shown])
        assert invoices_csv([shown]).splitlines()[1].startswith("'=cmd,")


@pytest.mark.django_db
def test_it_exports_all_of_it_as_json(invoice: Invoice) -> None:
    with workspace_scope(invoice.workspace_id):
        told = json.loads(invoice_json(invoice))
    assert (told["number"], told["total_minor"], told["customer"]["name"]) == ("INV-000001", 32_675, NAMES)
    assert [line["amount_minor"] for line in told["lines"]] == [29_900, 0, 3_775, -1_000]
    assert told["lines"][2]["unit_price"] == "5.000000000000"


@pytest.mark.django_db
def test_it_names_files_safely(invoice: Invoice) -> None:
    assert file_name(invoice) == "INV-000001"
    invoice.number = "../A 7/2026"
    assert "/" not in file_name(invoice)


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(123_450, "EUR", "€1,234.50"), (-99, "EUR", "−€0.99"), (0, "USD", "$0.00"), (5, "CHF", "CHF 0.05")],
)
def test_it_words_money(minor: int, currency: str, text: str) -> None:
    assert money(minor, currency) == text


@given(st.integers(-(10**15), 10**15))
def test_it_words_money_without_losing_a_cent(minor: int) -> None:
    assert int(money(minor, "EUR").replace("−", "-").replace("€", "").replace(",", "").replace(".", "")) == minor


@given(st.integers(0, 10**13))
def test_it_words_time_without_losing_a_millisecond(ms: int) -> None:
    hours, minutes, seconds = quantity(ms, "avatar_ms").removesuffix(" h").replace(",", "").split(":")
    assert (int(hours) * 60 + int(minutes)) * 60_000 + int(seconds.replace(".", "")) == ms


@pytest.mark.parametrize(
    ("price", "size", "metric", "text"),
    [
        ("0.0002", 1, "avatar_ms", "€0.12 / min"),
        ("20", 1_000, "tts_characters", "€0.20 / 1,000 characters"),
        ("0.000012", 1, "llm_input_tokens", "€0.12 / 1,000,000 tokens"),
        ("0.000000000001", 1, "tts_characters", "€0.00000000001 / 1,000 characters"),
        ("1", 7, "llm_input_tokens", "€0.01 / 7 tokens"),
        ("4900", 1, "", "€49.00"),
    ],
)
def test_it_words_a_price_exactly(price: str, size: int, metric: str, text: str) -> None:
    assert unit_price(Decimal(price), size, metric, "EUR") == text


def test_it_words_rates_and_spans() -> None:
    assert [rate(bp) for bp in (0, 775, 1_900, 2_000)] == ["0 %", "7.75 %", "19 %", "20 %"]
    assert span(None, None) == ""
    assert span(ANCHOR, FIRST_END) == "31 Jan 2026 – 27 Feb 2026"
