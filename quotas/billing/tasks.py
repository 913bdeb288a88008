"""What the mail worker does for invoices."""

from __future__ import annotations

import logging
from uuid import UUID

import dramatiq
from django.core.mail import EmailMessage

import accounts.queue  # noqa: F401  (actors belong to its broker)
from accounts import audit
from accounts.mail import compose, one_at_a_time
from accounts.models import AuditEntry, Membership, Role
from accounts.tenancy import workspace_scope
from quotas.billing.documents import file_name, invoice_pdf
from quotas.billing.wording import money
from quotas.models import BillingProfile, Invoice

logger = logging.getLogger(__name__)
_MAILED = "invoice.mailed"


@dramatiq.actor(queue_name="mail")
def mail_invoice(workspace_id: str, invoice_id: str) -> None:
    """Send an invoice with its document to the billing address, or to the owner where there is none. Once: a repeat of
    a message that was sent does nothing."""
    with one_at_a_time(invoice_id):
        _send_once(workspace_id, invoice_id)


def _send_once(workspace_id: str, invoice_id: str) -> None:
    with workspace_scope(UUID(workspace_id)):
        invoice = Invoice.objects.filter(pk=invoice_id).first()
        if invoice is None:
            logger.warning("Invoice %s is not mailed: it is not there.", invoice_id)  # the database was restored since
            return
        to = _billing_address()
        if not to or AuditEntry.objects.filter(action=_MAILED, subject=str(invoice.pk)).exists():
            return
        message = _message(invoice, to)
    message.send()
    with workspace_scope(UUID(workspace_id)):
        audit.record(_MAILED, subject=invoice.pk, number=invoice.number)


def _message(invoice: Invoice, to: str) -> EmailMessage:
    total = money(invoice.total_minor, invoice.currency)
    message = compose("invoices/mail/issued", to=to, invoice=invoice, total=total)
    message.attach(f"{file_name(invoice)}.pdf", invoice_pdf(invoice), "application/pdf")
    return message


def _billing_address() -> str:
    profile = BillingProfile.objects.first()
    if profile and profile.email:
        return profile.email
    owners = Membership.objects.filter(role=Role.OWNER).order_by("created_at")
    return owners.values_list("user__email", flat=True).first() or ""
