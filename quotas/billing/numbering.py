"""Numbers of invoices, without gaps."""

from __future__ import annotations

from django.conf import settings

from quotas import statements
from quotas.models import InvoiceSeries

# The row stays locked until the transaction ends: a number that is rolled back is the next one's.
_TAKE = """
UPDATE quotas_invoiceseries SET next_number = next_number + 1 WHERE issuer = %(issuer)s
RETURNING prefix, next_number - 1 AS number
"""


def take_number() -> str:
    """The series' next number, e.g. INV-000042. Call it last: until the transaction ends, nobody else can issue."""
    params = {"issuer": settings.INVOICE_SERIES}
    row = statements.row(_TAKE, params)
    if row is None:
        series = InvoiceSeries(issuer=settings.INVOICE_SERIES, prefix=settings.INVOICE_PREFIX)
        InvoiceSeries.objects.bulk_create([series], ignore_conflicts=True)
        row = statements.one(_TAKE, params)
    return f"{row['prefix']}{row['number']:06d}"
