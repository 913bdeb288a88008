"""Telling of invoices: the trail, the workspace's webhooks, and the mail with the document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts import audit
from accounts.tenancy import workspace_scope
from accounts.webhooks.models import WebhookEndpoint
from accounts.webhooks.services import publish
from quotas.billing import tasks
from quotas.models import Invoice, InvoiceState

_TOLD = frozenset({"paid", "void"})


def announce(happened: str, invoice: Invoice, **data: Any) -> None:
    """Record that an invoice became `paid`, `void` or `uncollectible`; webhooks leave on commit."""
    audit.record(f"invoice.{happened}", subject=invoice.pk, **_recorded(invoice), **data)
    if happened in _TOLD:
        publish(f"invoice.{happened}", facts_of(invoice))


def announce_issued(invoices: Sequence[Invoice]) -> None:
    """Record that invoices were issued, of whatever workspaces; webhooks and mail leave on commit.

    An invoice that asks for nothing and gives nothing is not mailed: it waits in the page.
    """
    happened = [(name, invoice) for invoice in invoices for name in _happened(invoice)]
    audit.record_each((invoice.workspace_id, f"invoice.{name}", invoice.pk, _recorded(invoice)) for name, invoice in happened)
    listening = _listening([invoice.workspace_id for invoice in invoices])
    for name, invoice in happened:
        if invoice.workspace_id in listening:
            with workspace_scope(invoice.workspace_id):
                publish(f"invoice.{name}", facts_of(invoice))
    mailed = [(str(one.workspace_id), str(one.pk)) for one in invoices if one.total_minor or one.subtotal_minor]
    if mailed:
        transaction.on_commit(lambda: _mail(mailed), robust=True)


def _happened(invoice: Invoice) -> tuple[str, ...]:
    return ("issued", "paid") if invoice.state == InvoiceState.PAID else ("issued",)


def _listening(workspaces: Sequence[UUID]) -> set[UUID]:
    endpoints = WebhookEndpoint.objects.filter(workspace_id__in=workspaces, enabled=True)
    return set(endpoints.values_list("workspace_id", flat=True))


def _mail(invoices: Sequence[tuple[str, str]]) -> None:
    for workspace_id, invoice_id in invoices:
        tasks.mail_invoice.send(workspace_id, invoice_id)


def _recorded(invoice: Invoice) -> dict[str, Any]:
    return {"number": invoice.number, "total_minor": invoice.total_minor}


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
