"""From drafts to invoices with numbers, many at once: each step is one statement for all of them.

Works inside a workspace scope, and unscoped for drafts of different workspaces.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.types.json import Jsonb

from accounts.tenancy import workspace_scope
from quotas import statements
from quotas.billing.announcing import announce_issued
from quotas.billing.credits import apply_money, refund_money
from quotas.billing.drafting import Line
from quotas.billing.numbering import take_numbers
from quotas.billing.pricing import tax
from quotas.billing.snapshots import profiles_of, snapshot_of
from quotas.models import (
    BillingPeriod,
    BillingProfile,
    CreditGrant,
    Invoice,
    InvoiceLine,
    InvoiceReason,
    InvoiceState,
    LineKind,
)

# The last step: from here on the invoice doesn't change (migration 0006).
_ISSUE = """
UPDATE quotas_invoice
SET state = %(state)s, number = %(number)s, subtotal_minor = %(subtotal)s, tax_rate_bp = %(tax_rate)s, tax_minor = %(tax)s,
    total_minor = %(total)s, issued_at = %(issued_at)s, due_at = %(due_at)s, paid_at = %(paid_at)s, snapshot = %(snapshot)s
WHERE workspace_id = %(workspace)s AND id = %(id)s
RETURNING id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What an invoice is to be made of, before credit and tax. `currency`: the period's plan's, where it is empty."""

    period: BillingPeriod
    reason: InvoiceReason
    lines: Sequence[Line]
    key: str = ""
    replaces: Invoice | None = None
    currency: str = ""


def issue(draft: Draft, at: datetime) -> Invoice:
    """Take money credit off a draft, number it and tell of it. A total of zero is paid at once."""
    (invoice,) = issue_all([draft], at)
    return invoice


def issue_all(drafts: Sequence[Draft], at: datetime) -> list[Invoice]:
    """`issue` each, in order."""
    if not drafts:
        return []
    invoices: list[Invoice] = Invoice.objects.bulk_create([_invoice(draft) for draft in drafts])
    with_money = _with_money([invoice.workspace_id for invoice in invoices])
    lines = [
        [*draft.lines, *_credit_lines(invoice, draft, at, has_money=invoice.workspace_id in with_money)]
        for invoice, draft in zip(invoices, drafts, strict=True)
    ]
    InvoiceLine.objects.bulk_create(row for invoice, each in zip(invoices, lines, strict=True) for row in _rows(invoice, each))
    profiles = profiles_of([invoice.workspace_id for invoice in invoices])
    for invoice, each in zip(invoices, lines, strict=True):
        _settle(invoice, sum(line.amount_minor for line in each), profiles[invoice.workspace_id], at)
    for invoice, number in zip(invoices, take_numbers(len(invoices)), strict=True):
        invoice.number = number
    statements.row_of_each(_ISSUE, [_params(invoice) for invoice in invoices])
    announce_issued(invoices)
    return invoices


def _invoice(draft: Draft) -> Invoice:
    return Invoice(
        workspace_id=draft.period.workspace_id,
        period=draft.period,
        reason=draft.reason,
        currency=draft.currency or draft.period.plan.currency,
        key=draft.key,
        replaces=draft.replaces,
    )


def _with_money(workspaces: Sequence[UUID]) -> set[UUID]:
    """The workspaces that have any money credit left; most have none, and are not asked one by one."""
    grants = CreditGrant.objects.filter(workspace_id__in=workspaces, metric="", remaining__gt=0)
    return set(grants.values_list("workspace_id", flat=True))


def _credit_lines(invoice: Invoice, draft: Draft, at: datetime, *, has_money: bool) -> Iterator[Line]:
    """Money credit that is taken off; or, where corrections outweigh the charges, what is carried to the next invoice."""
    charges = sum(line.amount_minor for line in draft.lines)
    if charges < 0:
        with workspace_scope(invoice.workspace_id):
            reason, key = "Carried over from an invoice", f"invoice/{invoice.pk}"
            refund_money(amount_minor=-charges, currency=invoice.currency, key=key, reason=reason, at=at)
        yield Line(kind=LineKind.CREDIT, description="Carried over to the next invoice", amount_minor=-charges)
    elif charges and has_money and (taken := apply_money(invoice=invoice, amount_minor=charges, at=at)):
        yield Line(kind=LineKind.CREDIT, description="Credit", amount_minor=-taken)


def _settle(invoice: Invoice, subtotal: int, profile: BillingProfile, at: datetime) -> None:
    invoice.subtotal_minor, invoice.tax_rate_bp = subtotal, profile.tax_rate_bp
    invoice.tax_minor = tax(subtotal, profile.tax_rate_bp)
    invoice.total_minor = subtotal + invoice.tax_minor
    invoice.issued_at, invoice.due_at = at, at + timedelta(days=profile.days_to_pay)
    invoice.snapshot = snapshot_of(invoice.period, profile) | {"replaces": invoice.replaces.number if invoice.replaces else ""}
    invoice.state = InvoiceState.OPEN if invoice.total_minor else InvoiceState.PAID
    invoice.paid_at = None if invoice.total_minor else at


def _params(invoice: Invoice) -> dict[str, object]:
    return {
        "workspace": invoice.workspace_id,
        "id": invoice.pk,
        "state": str(invoice.state),
        "number": invoice.number,
        "subtotal": invoice.subtotal_minor,
        "tax_rate": invoice.tax_rate_bp,
        "tax": invoice.tax_minor,
        "total": invoice.total_minor,
        "issued_at": invoice.issued_at,
        "due_at": invoice.due_at,
        "paid_at": invoice.paid_at,
        "snapshot": Jsonb(invoice.snapshot),
    }


def _rows(invoice: Invoice, lines: Sequence[Line]) -> list[InvoiceLine]:
    return [
        InvoiceLine(
            workspace_id=invoice.workspace_id,
            invoice=invoice,
            position=position,
            kind=line.kind,
            description=line.description,
            metric=line.metric,
            quantity=line.quantity,
            unit_price=line.unit_price,
            unit_size=line.unit_size,
            amount_minor=line.amount_minor,
            starts_at=line.starts_at,
            ends_at=line.ends_at,
        )
        for position, line in enumerate(lines, start=1)
    ]
