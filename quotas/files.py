"""Invoices as files to keep: PDF, CSV and JSON."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse

from quotas.billing.documents import file_name, invoice_pdf
from quotas.billing.exports import invoice_json, invoices_csv
from quotas.models import Invoice

_Write = Callable[[Invoice], bytes | str]
FILES: dict[str, tuple[str, _Write]] = {
    "pdf": ("application/pdf", invoice_pdf),
    "csv": ("text/csv; charset=utf-8", lambda invoice: invoices_csv([invoice])),
    "json": ("application/json", invoice_json),
}


def invoice_as(kind: str, invoice: Invoice) -> HttpResponse:
    """The invoice as a download."""
    content_type, write = FILES[kind]
    response = HttpResponse(write(invoice), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{file_name(invoice)}.{kind}"'
    return response
