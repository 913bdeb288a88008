"""Telling of invoices: the trail, the workspace's webhooks, and the mail with the document."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts import audit
from accounts.webhooks.services import publish
from quotas.billing import tasks
from quotas.models import Invoice

_TOLD = frozenset({"issued", "paid", "void"})


def announce(happened: str, invoice: Invoice, **data: Any) -> None:
    """Record that an invoice was `issued`, `paid`, `void` or `uncollectible`; webhooks and mail leave on commit.

    An invoice that asks for nothing and gives nothing is not mailed: it waits in the page.
    """
    facts = facts_of(invoice)
    audit.record(f"invoice.{happened}", subject=invoice.pk, number=invoice.number, total_minor=invoice.total_minor, **data)
    if happened in _TOLD:
        publish(f"invoice.{happened}", facts)
    if happened == "issued" and (invoice.total_minor or invoice.subtotal_minor):
        workspace_id, invoice_id = str(invoice.workspace_id), str(invoice.pk)
        transaction.on_commit(lambda: tasks.mail_invoice.send(workspace_id, invoice_id), robust=True)


def facts_of(invoice: Invoice) -> dict[str, Any]:
    """What a webhook says about an invoice: names and amounts, no addresses."""
    return {
        "id": invoice.pk,
        "number": invoice.number,
        "state": invoice.state,
        "reason": invoice.reason,
        "currency": invoice.currency,
        "subtotal_minor": invoice.subtotal_minor,
        "tax_minor": invoice.tax_minor,
        "total_minor": invoice.total_minor,
        "issued_at": invoice.issued_at,
        "due_at": invoice.due_at,
        "paid_at": invoice.paid_at,
    }
