"""Telling of invoices: the trail, the workspace's webhooks, and the mail with the document.

A mail is asked for once the invoice is committed. What got lost then (the queue was away, the process died) the clock asks
for again, until the trail says that it was sent.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts import audit
from accounts.tenancy import unscoped, workspace_scope
from accounts.webhooks.models import WebhookEndpoint
from accounts.webhooks.services import publish
from quotas import statements
from quotas.billing import tasks
from quotas.models import Invoice, InvoiceState

logger = logging.getLogger(__name__)
_TOLD = frozenset({"paid", "void"})
_WAIT, _AGAIN, _GIVE_UP = timedelta(minutes=10), timedelta(hours=1), timedelta(days=3)
_FORGOTTEN = """
SELECT i.workspace_id, i.id, i.number, i.total_minor FROM quotas_invoice i
WHERE i.issued_at > %(given_up)s AND i.issued_at <= %(waited)s AND i.state NOT IN ('draft', 'void')
  AND (i.total_minor <> 0 OR i.subtotal_minor <> 0)
  AND NOT EXISTS (SELECT FROM accounts_auditentry a
                  WHERE a.workspace_id = i.workspace_id AND a.created_at > %(given_up)s AND a.subject = i.id::text
                    AND (a.action = 'invoice.mailed' OR a.action = 'invoice.mail_repeated' AND a.created_at > %(again)s))
ORDER BY i.issued_at LIMIT %(limit)s
"""


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


def mail_forgotten(*, now: datetime, limit: int = 500) -> int:
    """Ask again for the mails of invoices that nobody has sent 10 minutes after their issue, once an hour, for three days;
    how many. Runs outside of any scope."""
    params = {"given_up": now - _GIVE_UP, "waited": now - _WAIT, "again": now - _AGAIN, "limit": limit}
    with unscoped("invoices of any workspace may not have been mailed"):
        rows = statements.rows(_FORGOTTEN, params)
        audit.record_each(
            (row["workspace_id"], "invoice.mail_repeated", row["id"], {name: row[name] for name in ("number", "total_minor")})
            for row in rows
        )
    _mail([(str(row["workspace_id"]), str(row["id"])) for row in rows])
    return len(rows)


def _happened(invoice: Invoice) -> tuple[str, ...]:
    return ("issued", "paid") if invoice.state == InvoiceState.PAID else ("issued",)


def _listening(workspaces: Sequence[UUID]) -> set[UUID]:
    endpoints = WebhookEndpoint.objects.filter(workspace_id__in=workspaces, enabled=True)
    return set(endpoints.values_list("workspace_id", flat=True))


def _mail(invoices: Sequence[tuple[str, str]]) -> None:
    """One that the queue does not take stops none of the others: `mail_forgotten` asks for it again."""
    for workspace_id, invoice_id in invoices:
        try:
            tasks.mail_invoice.send(workspace_id, invoice_id)
        except Exception:
            logger.exception("The mail of invoice %s could not be queued.", invoice_id)


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
