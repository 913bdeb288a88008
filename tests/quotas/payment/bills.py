"""Invoices that were issued, for tests about paying them."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from accounts.tenancy import current_workspace_id
from quotas.billing.drafting import Line
from quotas.billing.invoicing import issue
from quotas.models import Invoice, InvoiceReason, LineKind
from quotas.periods import open_period


def issued(total_minor: int, *, at: datetime) -> Invoice:
    """An open invoice of one line, in the open scope's workspace."""
    line = Line(kind=LineKind.PURCHASE, description="Something", amount_minor=total_minor)
    period = open_period(current_workspace_id(), at)
    return issue(period=period, reason=InvoiceReason.PURCHASE, lines=[line], at=at, key=f"test/{uuid4()}")
