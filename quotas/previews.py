"""What a step would cost, before it is taken: it is taken, looked at, and undone.

So a preview can't differ from the step itself, except by the time that passes until then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Sum

from accounts.tenancy import current_workspace_id
from quotas.billing.drafting import Line, base_lines, line_of, use_lines
from quotas.billing.invoicing import of_change
from quotas.billing.pricing import tax
from quotas.billing.subscriptions import plan_change
from quotas.billing.terms import base_price_of, billing_enabled
from quotas.models import (
    Allowance,
    BillingPeriod,
    CreditGrant,
    Interval,
    Invoice,
    InvoiceLine,
    PendingLine,
    Plan,
    Subscription,
    SubscriptionStatus,
)
from quotas.overview import billing_profile
from quotas.periods import bounds, open_period
from quotas.plans import FREE, current_plan


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePreview:
    """What a change of plan would do at `at`. Amounts in minor units of `currency`.

    `lines` and `total_minor`: the invoice that comes at once, none where nothing is charged now. `credited_minor`: what
    becomes credit instead. `effective_at`: from when the plan holds; `is_trial`: until `period_ends_at` it is tried.
    `next_base_minor`: the base price that is due at `next_base_at`.
    """

    plan: Plan
    at: datetime
    effective_at: datetime
    is_trial: bool
    period_ends_at: datetime
    currency: str
    lines: Sequence[InvoiceLine]
    subtotal_minor: int
    tax_minor: int
    total_minor: int
    credited_minor: int
    next_base_minor: int
    next_base_at: datetime

    @property
    def is_at_once(self) -> bool:
        return self.effective_at == self.at


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """The invoice of the running period as it would be if the period ended now. Credit is not taken off yet."""

    period: BillingPeriod
    currency: str
    lines: Sequence[Line]
    subtotal_minor: int
    tax_rate_bp: int
    tax_minor: int
    total_minor: int


class _Undo(Exception):
    """Carries what was seen out of the transaction that is undone."""

    def __init__(self, seen: ChangePreview) -> None:
        super().__init__()
        self.seen = seen


def change_preview(*, plan_code: str, at: datetime) -> ChangePreview:
    """What `plan_change` would do now. Raises what it raises."""
    try:
        with transaction.atomic():
            raise _Undo(_changed(plan_code, at))
    except _Undo as undone:
        return undone.seen


def upcoming(at: datetime) -> Upcoming:
    """What the scope's workspace owes for the running period so far, with what waits and the next base price."""
    period = open_period(current_workspace_id(), at)
    counters = Allowance.objects.filter(period=period)
    waiting = PendingLine.objects.filter(invoice=None).order_by("created_at", "id")
    lines = [*base_lines(_following(period)), *use_lines(period, counters), *map(line_of, waiting)]
    subtotal, profile = max(0, sum(line.amount_minor for line in lines)), billing_profile()
    due = tax(subtotal, profile.tax_rate_bp)
    return Upcoming(
        period=period,
        currency=period.plan.currency,
        lines=lines,
        subtotal_minor=subtotal,
        tax_rate_bp=profile.tax_rate_bp,
        tax_minor=due,
        total_minor=subtotal + due,
    )


def _changed(plan_code: str, at: datetime) -> ChangePreview:
    former = open_period(current_workspace_id(), at)
    subscription = plan_change(plan_code=plan_code, at=at)
    period = open_period(subscription.workspace_id, at)
    is_planned = subscription.next_plan is not None or subscription.cancel_at is not None
    invoice = Invoice.objects.filter(of_change(at)).first()
    credited = CreditGrant.objects.filter(of_change(at)).aggregate(total=Sum("amount"))["total"]
    return ChangePreview(
        plan=_planned(subscription),
        at=at,
        effective_at=period.ends_at if is_planned else at,
        is_trial=subscription.status == SubscriptionStatus.TRIALING,
        period_ends_at=period.ends_at,
        currency=subscription.plan.currency,
        lines=list(invoice.lines.order_by("position")) if invoice else [],
        subtotal_minor=invoice.subtotal_minor if invoice else 0,
        tax_minor=invoice.tax_minor if invoice else 0,
        total_minor=invoice.total_minor if invoice else 0,
        credited_minor=int(credited or 0),
        next_base_minor=_next_base(subscription),
        next_base_at=at if period.pk != former.pk and not period.is_trial else period.ends_at,
    )


def _planned(subscription: Subscription) -> Plan:
    """The plan that was chosen: it waits for the end of the period, or holds already."""
    if subscription.cancel_at is not None:
        return current_plan(FREE)
    return subscription.next_plan or subscription.plan


def _following(period: BillingPeriod) -> BillingPeriod:
    """The period after this one, as far as its base price is concerned; it is not saved."""
    subscription = period.subscription
    plan = subscription.next_plan or subscription.plan
    starts_at, ends_at = bounds(subscription.anchor_at, Interval(plan.interval), period.ends_at)
    return BillingPeriod(plan=plan, starts_at=starts_at, ends_at=ends_at, base_price_minor=_next_base(subscription))


def _next_base(subscription: Subscription) -> int:
    """What the next period costs in advance. Terms of a workspace's own end with the plan that they were agreed for."""
    if subscription.cancel_at is not None or not billing_enabled():
        return 0
    if subscription.next_plan is not None:
        return subscription.next_plan.base_price_minor
    return base_price_of(subscription, subscription.plan)
