"""What has been paid in advance for the running period, and so can be given back where its plan changes."""

from __future__ import annotations

from accounts.errors import Conflict
from quotas.models import BillingPeriod, Invoice, InvoiceState, LineKind

_UNPAID = {InvoiceState.OPEN, InvoiceState.UNCOLLECTIBLE}


def prepaid_base(period: BillingPeriod, *, new_base_minor: int) -> int:
    """The base price of the whole `period`, of which what is left goes back: what it runs at, none where that was voided.

    Raises Conflict (`payment_open`) where more would go back than `new_base_minor` charges, and it is not paid yet: what
    nobody paid must not become credit.
    """
    states = set(_charging(period))
    old_base = 0 if states == {InvoiceState.VOID} else period.running_base_minor
    if old_base > new_base_minor and states & _UNPAID:
        hint = "Pay the open invoice of this period first, or have it voided."
        raise Conflict("What this period costs has not been paid yet.", code="payment_open", hint=hint)
    return old_base


def _charging(period: BillingPeriod) -> list[str]:
    """The states of the invoices that hold a base price of `period`, in advance or from a change on."""
    kinds = (LineKind.BASE, LineKind.PRORATION)
    held = Invoice.objects.filter(lines__kind__in=kinds, lines__amount_minor__gt=0, lines__starts_at__gte=period.starts_at)
    return list(held.values_list("state", flat=True))
