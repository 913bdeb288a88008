"""Invoices that were issued, for tests about paying them."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from quotas.billing.invoicing import purchase_invoice
from quotas.metrics import Metric
from quotas.models import Invoice


def issued(total_minor: int, *, at: datetime) -> Invoice:
    """An open invoice of one line, in the open scope's workspace."""
    return purchase_invoice(
        description="Something", metric=Metric.AVATAR_MS, quantity=1, price_minor=total_minor, key=str(uuid4()), at=at
    )
