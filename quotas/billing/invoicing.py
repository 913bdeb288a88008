"""Invoices come into being here, whole: lines, credit, tax, number, all in the caller's transaction.

Call these inside a workspace scope. What an invoice goes through later is in `standing.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from accounts.errors import Conflict
from accounts.tenancy import current_workspace_id
from quotas.billing.announcing import announce
from quotas.billing.credits import apply_money, refund_money
from quotas.billing.drafting import Line, base_lines, change_lines, line_of, use_lines, waiting_lines
from quotas.billing.numbering import take_number
from quotas.billing.pricing import tax
from quotas.billing.snapshots import profile_of_workspace, snapshot_of
from quotas.billing.standing import locked_invoice, mark_paid, mark_uncollectible, void
from quotas.metrics import Metric
from quotas.models import (
    Allowance,
    BillingPeriod,
    Invoice,
    InvoiceLine,
    InvoiceReason,
    InvoiceState,
    LineKind,
    PendingLine,
)
from quotas.periods import open_period

__all__ = [
    "invoice_change",
    "invoice_period",
    "issue",
    "mark_paid",
    "mark_uncollectible",
    "purchase_invoice",
    "reissue",
    "void",
]


def invoice_period(
    *, period: BillingPeriod, counters: Iterable[Allowance], following: BillingPeriod, at: datetime
) -> Invoice | None:
    """What a period that has ended costs: its use, the base price of the one that follows, and what waited.

    None where there is nothing to say. Call it while the rows of the period and its counters are locked.
    """
    waiting = waiting_lines()
    lines = [*base_lines(following), *use_lines(period, counters), *map(line_of, waiting)]
    if not lines:
        return None
    invoice = issue(period=period, reason=InvoiceReason.PERIOD, lines=lines, at=at)
    if waiting:
        PendingLine.objects.filter(pk__in=[row.pk for row in waiting]).update(invoice=invoice)
    return invoice


def invoice_change(*, period: BillingPeriod, old_base_minor: int, new_base_minor: int, at: datetime) -> Invoice | None:
    """Prorate the base price where a plan begins or changes at `at`, in mid-period: one line back, one line on.

    Where more is given back than charged, the difference becomes credit (`refund`) and there is no invoice. A repeat for
    the same moment changes nothing.
    """
    lines = change_lines(period, old_base_minor=old_base_minor, new_base_minor=new_base_minor, at=at)
    total, key = sum(line.amount_minor for line in lines), f"change/{period.pk}/{at.isoformat()}"
    if not lines:
        return None
    if total < 0:
        _carry(-total, currency=period.plan.currency, key=key, reason="Unused part of the former plan", at=at)
        return None
    return _keyed(key) or issue(period=period, reason=InvoiceReason.CHANGE, lines=lines, at=at, key=key)


def purchase_invoice(
    *, description: str, metric: Metric | str, quantity: int, price_minor: int, key: str, at: datetime | None = None
) -> Invoice:
    """The invoice for credit that was bought. Repeating `key` returns the same invoice."""
    at = at or timezone.now()
    line = Line(kind=LineKind.PURCHASE, description=description, metric=str(metric), quantity=quantity, amount_minor=price_minor)
    key = f"purchase/{key}"
    if (made := _keyed(key)) is not None:
        return made
    period = open_period(current_workspace_id(), at)
    return issue(period=period, reason=InvoiceReason.PURCHASE, lines=[line], at=at, key=key)


def reissue(*, invoice_id: UUID, at: datetime) -> Invoice:
    """A new invoice with the lines of a void one, for the customer and at the tax rate as they are now.

    Credit is taken anew. Raises Conflict where the invoice is not void or has been replaced.
    """
    former = locked_invoice(invoice_id)
    if former.state != InvoiceState.VOID:
        raise Conflict("Only a void invoice can be issued again.", code="invoice_not_void")
    if Invoice.objects.filter(replaces=former).exclude(state=InvoiceState.VOID).exists():
        raise Conflict("The invoice was issued again already.", code="invoice_replaced")
    lines = [_copied(line) for line in former.lines.order_by("position") if line.kind != LineKind.CREDIT]
    reason = InvoiceReason(former.reason)
    invoice = issue(period=former.period, reason=reason, lines=lines, at=at, replaces=former)
    PendingLine.objects.filter(invoice=former).update(invoice=invoice)
    return invoice


def issue(
    *,
    period: BillingPeriod,
    reason: InvoiceReason,
    lines: Sequence[Line],
    at: datetime,
    key: str = "",
    replaces: Invoice | None = None,
) -> Invoice:
    """Draft an invoice of `lines`, take money credit off it, number it and tell of it. A total of zero is paid at once."""
    invoice = Invoice.objects.create(period=period, reason=reason, currency=period.plan.currency, key=key, replaces=replaces)
    lines = [*lines, *_credit_lines(invoice, sum(line.amount_minor for line in lines), at)]
    InvoiceLine.objects.bulk_create(_rows(invoice, lines))
    _settle(invoice, sum(line.amount_minor for line in lines), at)
    announce("issued", invoice)
    if invoice.state == InvoiceState.PAID:
        announce("paid", invoice)
    return invoice


def _credit_lines(invoice: Invoice, charges: int, at: datetime) -> list[Line]:
    """Money credit that is taken off; or, where corrections outweigh the charges, what is carried to the next invoice."""
    if charges < 0:
        key = f"invoice/{invoice.pk}"
        _carry(-charges, currency=invoice.currency, key=key, reason="Carried over from an invoice", at=at)
        return [Line(kind=LineKind.CREDIT, description="Carried over to the next invoice", amount_minor=-charges)]
    taken = apply_money(invoice=invoice, amount_minor=charges, at=at) if charges else 0
    return [Line(kind=LineKind.CREDIT, description="Credit", amount_minor=-taken)] if taken else []


def _settle(invoice: Invoice, subtotal: int, at: datetime) -> None:
    """The last step, under the lock of the series: from here on the invoice doesn't change."""
    profile = profile_of_workspace()
    invoice.subtotal_minor, invoice.tax_rate_bp = subtotal, profile.tax_rate_bp
    invoice.tax_minor = tax(subtotal, profile.tax_rate_bp)
    invoice.total_minor = subtotal + invoice.tax_minor
    invoice.issued_at, invoice.due_at = at, at + timedelta(days=profile.days_to_pay)
    invoice.snapshot = snapshot_of(invoice.period, profile) | {"replaces": invoice.replaces.number if invoice.replaces else ""}
    invoice.state = InvoiceState.OPEN if invoice.total_minor else InvoiceState.PAID
    invoice.paid_at = None if invoice.total_minor else at
    invoice.number = take_number()
    invoice.save()


def _rows(invoice: Invoice, lines: Sequence[Line]) -> list[InvoiceLine]:
    return [
        InvoiceLine(
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


def _copied(row: InvoiceLine) -> Line:
    return Line(
        kind=LineKind(row.kind),
        description=row.description,
        amount_minor=row.amount_minor,
        metric=row.metric,
        quantity=row.quantity,
        unit_price=row.unit_price,
        unit_size=row.unit_size,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
    )


def _keyed(key: str) -> Invoice | None:
    return Invoice.objects.filter(key=key).first()


def _carry(amount_minor: int, *, currency: str, key: str, reason: str, at: datetime) -> None:
    refund_money(amount_minor=amount_minor, currency=currency, key=key, reason=reason, at=at)
