"""Plans that charge, use at a moment, and periods closed by hand: what the tests of invoices share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import time_machine

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.billing.closing import close_due
from quotas.metrics import Metric
from quotas.models import BillingPeriod, Invoice, InvoiceLine, Overage, Plan, PlanAllowance, Pricing, Subscription
from quotas.periods import open_period
from quotas.services import release, reserve
from quotas.values import UsageAttributes
from tests.quotas.factories import utc

ANCHOR = utc(2026, 1, 31)
FIRST_END, SECOND_END = utc(2026, 2, 28), utc(2026, 3, 31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """How a metric is sold. `price`: minor units for `size` units."""

    included: int | None = 1_000
    price: str | None = "0.5"
    size: int = 10
    ceiling: int | None = None
    markup_bp: int | None = None


def offer(*, base: int = 4_900, **sold: Sold) -> Plan:
    """A plan with a base price and what is named (`avatar_ms=Sold()`)."""
    plan = Plan.objects.create(code=f"test-{uuid4().hex}", name="Test", base_price_minor=base)
    PlanAllowance.objects.bulk_create(_allowance(plan, metric, one) for metric, one in sold.items())
    return plan


def _allowance(plan: Plan, metric: str, sold: Sold) -> PlanAllowance:
    charges = sold.price is not None or sold.markup_bp is not None
    return PlanAllowance(
        plan=plan,
        metric=metric,
        included=sold.included,
        overage=Overage.CHARGE if charges else Overage.BLOCK,
        ceiling=sold.ceiling,
        pricing=Pricing.COST_PLUS if sold.markup_bp is not None else Pricing.UNIT,
        unit_price=None if sold.price is None else Decimal(sold.price),
        unit_size=sold.size,
        markup_bp=sold.markup_bp or 0,
    )


def put_on(workspace: Workspace, plan: Plan, *, anchor_at: datetime = ANCHOR, **changes: Any) -> BillingPeriod:
    """Subscribe a workspace that has no plan yet; its first period."""
    with workspace_scope(workspace.pk):
        Subscription.objects.create(plan=plan, anchor_at=anchor_at, **changes)
        return open_period(workspace.pk, anchor_at)


def use(workspace: Workspace, amount: int, *, at: datetime, metric: str = "avatar_ms", **attributes: Any) -> None:
    """Reserve, settle and release, all at `at`."""
    with time_machine.travel(at, tick=False), workspace_scope(workspace.pk):
        hold = reserve(
            metric=Metric(metric),
            amount=amount,
            purpose="test",
            subject_id=uuid4(),
            key=str(uuid4()),
            lease=timedelta(seconds=40),
        )
        release(hold_id=hold.id, used=amount, sequence=1, usage=UsageAttributes(occurred_at=at, **attributes))


def close(at: datetime) -> int:
    """Let the clock close what is due at `at`, until nothing is."""
    closed = 0
    while step := close_due(now=at):
        closed += step
    return closed


def invoices(workspace: Workspace) -> list[Invoice]:
    """In the order in which they were issued."""
    with workspace_scope(workspace.pk):
        return list(Invoice.objects.select_related("period__plan").order_by("number"))


def lines(workspace: Workspace, invoice_id: UUID) -> list[InvoiceLine]:
    """As they are printed."""
    with workspace_scope(workspace.pk):
        return list(InvoiceLine.objects.filter(invoice_id=invoice_id).order_by("position"))


def amounts(workspace: Workspace, invoice_id: UUID) -> list[tuple[str, int, int]]:
    """(kind, quantity, amount) of each line."""
    return [(line.kind, line.quantity, line.amount_minor) for line in lines(workspace, invoice_id)]


def standing(workspace: Workspace) -> Mapping[str, str]:
    """Number → state of every invoice."""
    return {invoice.number: invoice.state for invoice in invoices(workspace)}
