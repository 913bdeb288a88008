"""Invoices come into being here, whole: lines, credit, tax, number, all in the caller's transaction.

Call these inside a workspace scope. What an invoice goes through later is in `standing.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from accounts.errors import Conflict
from accounts.tenancy import current_workspace_id
from quotas.billing.credits import give_purchase_again, refund_money
from quotas.billing.drafting import Line, base_lines, change_lines, line_of, use_lines, waiting_lines
from quotas.billing.issuing import Draft, issue, issue_all
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
    "Ended",
    "invoice_change",
    "invoice_period",
    "invoice_periods",
    "issue",
    "mark_paid",
    "mark_uncollectible",
    "of_change",
    "purchase_invoice",
    "reissue",
    "void",
]

_CHANGE = "change/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A period that has ended, its counters, and the period that follows."""

    period: BillingPeriod
    counters: list[Allowance]
    following: BillingPeriod


def invoice_period(
    *, period: BillingPeriod, counters: Iterable[Allowance], following: BillingPeriod, at: datetime
) -> Invoice | None:
    """What a period that has ended costs: its use, the base price of the one that follows, and what waited.

    None where there is nothing to say. Call it while the rows of the period and its counters are locked.
    """
    ended = Ended(period=period, counters=list(counters), following=following)
    return next(iter(invoice_periods([ended], at)), None)


def invoice_periods(periods: Sequence[Ended], at: datetime) -> list[Invoice]:
    """`invoice_period` for periods of different workspaces, all in one go; those with nothing to say are left out."""
    waiting = waiting_lines([ended.period.workspace_id for ended in periods])
    drafts = [draft for ended in periods if (draft := _draft(ended, waiting[ended.period.workspace_id])).lines]
    invoices = issue_all(drafts, at)
    for invoice in invoices:
        if rows := waiting[invoice.workspace_id]:
            PendingLine.objects.filter(pk__in=[row.pk for row in rows]).update(invoice=invoice)
    return invoices


def _draft(ended: Ended, waiting: Sequence[PendingLine]) -> Draft:
    lines = [*base_lines(ended.following), *use_lines(ended.period, ended.counters), *map(line_of, waiting)]
    return Draft(period=ended.period, reason=InvoiceReason.PERIOD, lines=lines)


def invoice_change(*, period: BillingPeriod, old_base_minor: int, new_base_minor: int, at: datetime) -> Invoice | None:
    """Prorate the base price where a plan begins or changes at `at`, in mid-period: one line back, one line on.

    Where more is given back than charged, the difference becomes credit (`refund`) and there is no invoice. A repeat for
    the same moment changes nothing.
    """
    lines = change_lines(period, old_base_minor=old_base_minor, new_base_minor=new_base_minor, at=at)
    total, key = sum(line.amount_minor for line in lines), f"{_CHANGE}{period.pk}/{at.isoformat()}"
    if not lines:
        return None
    if total < 0:
        refund_money(amount_minor=-total, currency=period.plan.currency, key=key, reason="Unused part of the former plan", at=at)
        return None
    return _keyed(key) or issue(Draft(period=period, reason=InvoiceReason.CHANGE, lines=lines, key=key), at)


def of_change(at: datetime) -> Q:
    """The invoice, or the credit, that `invoice_change` made for that moment."""
    return Q(key__startswith=_CHANGE, key__endswith=f"/{at.isoformat()}")


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
    return issue(Draft(period=period, reason=InvoiceReason.PURCHASE, lines=[line], key=key), at)


def reissue(*, invoice_id: UUID, at: datetime) -> Invoice:
    """A new invoice with the lines of a void one, for the customer and at the tax rate as they are now.

    Credit is taken anew, and what it sold is given again. Raises Conflict where the invoice is not void or has been replaced.
    """
    former = locked_invoice(invoice_id)
    if former.state != InvoiceState.VOID:
        raise Conflict("Only a void invoice can be issued again.", code="invoice_not_void")
    if Invoice.objects.filter(replaces=former).exclude(state=InvoiceState.VOID).exists():
        raise Conflict("The invoice was issued again already.", code="invoice_replaced")
    lines = [_copied(line) for line in former.lines.order_by("position") if line.kind != LineKind.CREDIT]
    reason, currency = InvoiceReason(former.reason), former.currency
    invoice = issue(Draft(period=former.period, reason=reason, lines=lines, replaces=former, currency=currency), at)
    PendingLine.objects.filter(invoice=former).update(invoice=invoice)
    if invoice.reason == InvoiceReason.PURCHASE:
        give_purchase_again(invoice=invoice, at=at)
    return invoice


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
