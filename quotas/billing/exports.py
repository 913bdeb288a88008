"""Invoices for machines: JSON with everything, CSV with a row for each line."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from io import StringIO
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from quotas.billing.announcing import facts_of
from quotas.models import Invoice, InvoiceLine

_INVOICE = ("number", "state", "reason", "issued_at", "due_at", "paid_at", "currency")
_LINE = (
    "position",
    "kind",
    "description",
    "metric",
    "quantity",
    "unit_price",
    "unit_size",
    "amount_minor",
    "starts_at",
    "ends_at",
)
_SUMS = ("subtotal_minor", "tax_rate_bp", "tax_minor", "total_minor")
COLUMNS = (*_INVOICE, *_LINE, *_SUMS)


def invoice_facts(invoice: Invoice) -> dict[str, Any]:
    """All of an invoice as plain values: amounts in minor units, prices as decimals, times in UTC."""
    return facts_of(invoice) | {
        "tax_rate_bp": invoice.tax_rate_bp,
        "replaces": invoice.replaces_id,
        "issuer": invoice.snapshot.get("issuer", {}),
        "customer": invoice.snapshot.get("customer", {}),
        "plan": invoice.snapshot.get("plan", {}),
        "period": invoice.snapshot.get("period", {}),
        "tax_note": invoice.snapshot.get("tax_note", ""),
        "lines": [{name: getattr(line, name) for name in _LINE} for line in _lines(invoice)],
    }


def invoice_json(invoice: Invoice) -> str:
    """`invoice_facts` as JSON; prices are strings, so that nobody reads them as floats."""
    return json.dumps(invoice_facts(invoice), cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)


def invoices_csv(invoices: Iterable[Invoice]) -> str:
    """A row for each line of each invoice, with a row of names first; the invoice's sums are on each of its rows."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for invoice in invoices:
        head, sums = [_cell(getattr(invoice, name)) for name in _INVOICE], [getattr(invoice, name) for name in _SUMS]
        for line in _lines(invoice):
            writer.writerow([*head, *(_cell(getattr(line, name)) for name in _LINE), *sums])
    return out.getvalue()


def _lines(invoice: Invoice) -> Iterable[InvoiceLine]:
    return invoice.lines.order_by("position")


def _cell(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula is quoted; whole numbers, decimals and times stay as they are."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" and value else value
