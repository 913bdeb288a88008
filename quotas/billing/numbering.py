"""Numbers of invoices, without gaps."""

from __future__ import annotations

from django.conf import settings

from quotas import statements
from quotas.models import InvoiceSeries

# The row stays locked until the transaction ends: a number that is rolled back is the next one's.
_TAKE = """
UPDATE quotas_invoiceseries SET next_number = next_number + %(amount)s WHERE issuer = %(issuer)s
RETURNING prefix, next_number - %(amount)s AS first
"""


def take_numbers(amount: int) -> list[str]:
    """The series' next numbers, e.g. INV-000042. Call it last: until the transaction ends, nobody else can issue."""
    params = {"issuer": settings.INVOICE_SERIES, "amount": amount}
    row = statements.row(_TAKE, params)
    if row is None:
        series = InvoiceSeries(issuer=settings.INVOICE_SERIES, prefix=settings.INVOICE_PREFIX)
        InvoiceSeries.objects.bulk_create([series], ignore_conflicts=True)
        row = statements.one(_TAKE, params)
    return [f"{row['prefix']}{row['first'] + number:06d}" for number in range(amount)]
