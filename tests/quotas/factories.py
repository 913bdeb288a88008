"""Small plans for tests, and the steps that every test of this room repeats."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.utils import timezone

from accounts.models import Workspace
from accounts.tenancy import current_workspace_id, workspace_scope
from quotas.billing.invoicing import purchase_invoice
from quotas.metrics import Metric
from quotas.models import AlertFiring, Allowance, Invoice, Overage, Plan, PlanAllowance, Subscription
from quotas.periods import open_period
from quotas.services import release, reserve
from quotas.values import Hold, UsageAttributes

LEASE = timedelta(seconds=40)


def plan(included: Mapping[str, int | None], *, overage: Overage = Overage.BLOCK, ceiling: int | None = None) -> Plan:
    """A plan that includes what is named (`{"avatar_ms": 1000}`); None is without limit, what is not named is not allowed."""
    made = Plan.objects.create(code=f"test-{uuid4().hex}", name="Test")
    for metric, amount in included.items():
        price = Decimal("0.000002") if overage == Overage.CHARGE else None
        PlanAllowance.objects.create(
            plan=made, metric=Metric(metric), included=amount, overage=overage, ceiling=ceiling, unit_price=price
        )
    return made


def subscribe(workspace: Workspace, *, anchor_at: datetime | None = None, **included: int | None) -> Subscription:
    """Put a workspace, which has none yet, on a plan of its own. Other rooms' tests make small limits with this."""
    with workspace_scope(workspace.pk):
        return Subscription.objects.create(
            plan=plan(included), anchor_at=anchor_at or timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
        )


def usage(**changes: Any) -> UsageAttributes:
    """Attributes of a settlement, now."""
    return UsageAttributes(**({"occurred_at": timezone.now()} | changes))


def take(amount: int, *, metric: Metric = Metric.AVATAR_MS, key: str = "", lease: timedelta = LEASE) -> Hold:
    """Reserve for a subject that does not matter."""
    return reserve(metric=metric, amount=amount, purpose="test", subject_id=uuid4(), key=key or str(uuid4()), lease=lease)


def counters(metric: Metric = Metric.AVATAR_MS, at: datetime | None = None) -> tuple[int, int, int]:
    """(settled, held, overrun) of the scope's workspace in the period of `at`, or now."""
    at = at or timezone.now()
    rows = Allowance.objects.filter(metric=metric)
    if not metric.is_gauge:
        rows = rows.filter(period=open_period(current_workspace_id(), at))
    return rows.values_list("settled", "held", "overrun").get()


def utc(*parts: int) -> datetime:
    """A moment in UTC."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


def used(metric: Metric, quantity: int, *, at: datetime | None = None, **attributes: Any) -> None:
    """Use that is settled and entered, for attributes like `avatar` and `api_key_id`, at a time of its own."""
    hold = take(quantity, metric=metric)
    release(hold_id=hold.id, used=quantity, sequence=1, usage=usage(occurred_at=at or timezone.now(), **attributes))


def an_invoice(price_minor: int = 1200) -> Invoice:
    """An issued invoice over credit that was bought, in the open scope."""
    return purchase_invoice(
        description="Credit", metric=Metric.AVATAR_MS, quantity=60_000, price_minor=price_minor, key=str(uuid4())
    )


def a_firing(*, metric: str = Metric.AVATAR_MS, threshold_percent: int = 100) -> AlertFiring:
    """A threshold that was crossed in the running period of the open scope's workspace."""
    period = open_period(current_workspace_id(), timezone.now())
    return AlertFiring.objects.create(
        period=period, metric=metric, threshold_percent=threshold_percent, used=threshold_percent, limit=100
    )
