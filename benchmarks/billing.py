"""How many invoices a second one process issues when periods close: real database, real transactions, one a period.

Needs Django set up and a migrated database; leaves its workspaces behind, so give it one that is thrown away.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from django.utils import timezone

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.billing.closing import close_due
from quotas.metrics import GAUGES, Metric
from quotas.models import Allowance, Invoice, Overage, Plan, PlanAllowance, Subscription
from quotas.periods import open_period

_AT_ONCE = 50


def closing_invoices_per_s(*, workspaces: int = 300) -> float:
    """Periods that all end now, each with use of every counter, closed one after the other; invoices a second."""
    began_at = timezone.now() - timedelta(days=40)
    plan = _plan()
    tenants = [_tenant(plan, began_at) for _ in range(workspaces)]
    began, now, closed = time.perf_counter(), began_at + timedelta(days=35), 0
    while step := close_due(now=now, limit=_AT_ONCE):
        closed += step
    took = time.perf_counter() - began
    assert closed == workspaces
    assert all(_is_billed(tenant) for tenant in tenants)
    return closed / took


def _plan() -> Plan:
    plan = Plan.objects.create(code=f"bench-{uuid4().hex}", name="Benchmark", base_price_minor=4_900)
    price = Decimal("0.01")
    PlanAllowance.objects.bulk_create(
        PlanAllowance(plan=plan, metric=metric, included=100)
        if metric in GAUGES
        else PlanAllowance(plan=plan, metric=metric, included=1_000, overage=Overage.CHARGE, unit_price=price)
        for metric in Metric
    )
    return plan


def _tenant(plan: Plan, began_at: datetime) -> UUID:
    tenant = Workspace.objects.create(name="Benchmark").pk
    with workspace_scope(tenant):
        Subscription.objects.create(plan=plan, anchor_at=began_at)
        period = open_period(tenant, began_at)
        Allowance.objects.filter(period=period).update(settled=5_000)  # what the ledger says is not what is measured
    return tenant


def _is_billed(tenant: UUID) -> bool:
    with workspace_scope(tenant):
        return Invoice.objects.filter(state="open", lines__kind="overage").exists()
