"""An invoice as people keep it: a page to print and a PDF, both from what was frozen when it was issued.

The PDF is set by Typst (a compiler in one wheel, with fonts that know Latin, Greek and Cyrillic): docs/billing.md says why.
Texts reach it as data, never as markup.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import typst
from django.conf import settings
from django.template.loader import render_to_string

from quotas.billing.dues import due_minor, received_minor
from quotas.billing.wording import day, money, quantity, rate, span, unit_price
from quotas.models import Invoice, InvoiceLine, InvoiceState, LineKind

_TEMPLATES = settings.BASE_DIR / "templates" / "invoices"
_STAMPS = {
    InvoiceState.DRAFT: "Draft",
    InvoiceState.PAID: "Paid",
    InvoiceState.VOID: "Void",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLine:
    """One row of the table, as text."""

    description: str
    span: str
    quantity: str
    unit_price: str
    amount: str
    is_muted: bool  # for information: what was included


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Everything that an invoice shows, as text. `stamp`: Paid, Void or Draft; empty while it is owed. `paid` and `due`: of
    an invoice that is owed and paid in part; empty otherwise."""

    number: str
    stamp: str
    replaces: str
    issued_on: str
    due_on: str
    period: str
    plan: str
    issuer: dict[str, Any]
    customer: dict[str, Any]
    lines: list[DocumentLine]
    charges: str
    credit: str
    subtotal: str
    tax_label: str
    tax: str
    total: str
    paid: str
    due: str
    tax_note: str
    payment: list[str]


def document_of(invoice: Invoice) -> Document:
    """The words of an invoice that was issued."""
    frozen, rows = invoice.snapshot, list(invoice.lines.order_by("position"))
    credit = sum(row.amount_minor for row in rows if row.kind == LineKind.CREDIT)
    issued_at = invoice.issued_at or invoice.created_at
    due = due_minor(invoice)
    paid = received_minor(invoice.pk) if due else 0
    return Document(
        number=invoice.number,
        stamp=_STAMPS.get(InvoiceState(invoice.state), ""),
        replaces=frozen.get("replaces", ""),
        issued_on=day(issued_at),
        due_on=day(invoice.due_at) if invoice.due_at else "",
        period=span(*(datetime.fromisoformat(frozen["period"][name]) for name in ("starts_at", "ends_at"))),
        plan=frozen["plan"]["name"],
        issuer=frozen["issuer"],
        customer=frozen["customer"],
        lines=[_line(row, invoice.currency) for row in rows if row.kind != LineKind.CREDIT],
        charges=money(invoice.subtotal_minor - credit, invoice.currency),
        credit=money(credit, invoice.currency) if credit else "",
        subtotal=money(invoice.subtotal_minor, invoice.currency),
        tax_label=f"Tax {rate(invoice.tax_rate_bp)}",
        tax=money(invoice.tax_minor, invoice.currency),
        total=money(invoice.total_minor, invoice.currency),
        paid=money(-paid, invoice.currency) if paid else "",
        due=money(due, invoice.currency) if paid else "",
        tax_note=frozen["tax_note"],
        payment=_payment(invoice, due),
    )


def invoice_html(invoice: Invoice) -> str:
    """The invoice as a page of its own, made for A4."""
    return render_to_string("invoices/document.html", {"document": document_of(invoice)})


def invoice_pdf(invoice: Invoice) -> bytes:
    """The invoice as a PDF/A file, its fonts embedded."""
    document = json.dumps(asdict(document_of(invoice)), ensure_ascii=False)
    issued_at = invoice.issued_at or invoice.created_at
    return typst.compile(
        _TEMPLATES / "document.typ",
        root=_TEMPLATES,
        format="pdf",
        sys_inputs={"document": document},
        ignore_system_fonts=True,
        pdf_standards="a-2b",
        timestamp=int(issued_at.timestamp()),
    )


def file_name(invoice: Invoice) -> str:
    """The number, as a file may be called, without an ending."""
    return "".join(character if character.isalnum() or character in "-_." else "-" for character in invoice.number) or "draft"


def _line(row: InvoiceLine, currency: str) -> DocumentLine:
    return DocumentLine(
        description=row.description,
        span=span(row.starts_at, row.ends_at),
        quantity=quantity(row.quantity, row.metric),
        unit_price=unit_price(row.unit_price, row.unit_size, row.metric, currency),
        amount=money(row.amount_minor, currency),
        is_muted=row.kind == LineKind.USAGE,
    )


def _payment(invoice: Invoice, due_minor: int) -> list[str]:
    """How to pay what is due; what to say instead where nothing is to be paid."""
    if invoice.state == InvoiceState.PAID:
        return [f"Paid on {day(invoice.paid_at)}." if invoice.paid_at and invoice.total_minor else "Nothing is to be paid."]
    if invoice.state == InvoiceState.VOID:
        return ["This invoice is void. Nothing is to be paid."]
    due = f"Please pay {money(due_minor, invoice.currency)} by {day(invoice.due_at)}." if invoice.due_at else ""
    bank = invoice.snapshot["issuer"]["bank"]
    return [due, *bank, f"Reference: {invoice.number}"] if bank else [due]
