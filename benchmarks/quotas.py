"""How many times a second a piece of work can be reserved, settled and given back: real database, real transactions.

Needs Django set up and a migrated database; leaves its workspaces behind, so give it one that is thrown away.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from uuid import UUID, uuid4

from django.db import connection
from django.utils import timezone

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.metrics import Metric
from quotas.models import Plan, PlanAllowance, Subscription
from quotas.periods import open_period
from quotas.services import release, renew_many, reserve
from quotas.values import Hold, RenewalRequest, UsageAttributes

LEASE = timedelta(seconds=40)


def reserve_settle_per_s(*, workspaces: int = 200, clients: int = 8, seconds: float = 3.0) -> float:
    """Cycles a second of two transactions each: reserve, then settle and release with a ledger row."""
    tenants = _tenants(workspaces)
    return _per_s(lambda n: _cycle(tenants[n % len(tenants)]), clients, seconds)


def reserve_settle_one_tenant_per_s(*, clients: int = 8, seconds: float = 3.0) -> float:
    """The same with every client on one workspace, whose one row they all update."""
    return reserve_settle_per_s(workspaces=1, clients=clients, seconds=seconds)


def renewals_per_s(*, sessions: int = 1000, workspaces: int = 200, rounds: int = 3) -> float:
    """Slices settled and taken anew a second by one clock that renews all live sessions together; the best round."""
    tenants = _tenants(workspaces)
    live = [(tenant := tenants[number % workspaces], _slice(tenant)) for number in range(sessions)]
    return max(_renew_all(live, sequence) for sequence in range(1, rounds + 1))


def _renew_all(live: list[tuple[UUID, Hold]], sequence: int) -> float:
    usage = UsageAttributes(occurred_at=timezone.now())
    requests = [
        RenewalRequest(
            workspace_id=tenant,
            hold_id=hold.id,
            metric=hold.metric,
            used=15_000,
            sequence=sequence,
            next_amount=20_000,
            lease=LEASE,
            usage=usage,
        )
        for tenant, hold in live
    ]
    began = time.perf_counter()
    assert len(renew_many(requests)) == len(live)
    return len(live) / (time.perf_counter() - began)


def _tenants(amount: int) -> list[UUID]:
    """Fresh workspaces without a limit, their periods open."""
    plan = Plan.objects.create(code=f"bench-{uuid4().hex}", name="Benchmark")
    PlanAllowance.objects.bulk_create(PlanAllowance(plan=plan, metric=metric, included=10**15) for metric in Metric)
    tenants = [Workspace.objects.create(name="Benchmark").pk for _ in range(amount)]
    for tenant in tenants:
        with workspace_scope(tenant):
            Subscription.objects.create(plan=plan, anchor_at=timezone.now())
            open_period(tenant, timezone.now())
    return tenants


def _slice(tenant: UUID) -> Hold:
    with workspace_scope(tenant):
        return reserve(
            metric=Metric.AVATAR_MS, amount=20_000, purpose="benchmark", subject_id=tenant, key=uuid4().hex, lease=LEASE
        )


def _cycle(tenant: UUID) -> None:
    hold = _slice(tenant)
    with workspace_scope(tenant):
        release(hold_id=hold.id, used=15_000, sequence=1, usage=UsageAttributes(occurred_at=timezone.now()))


def _per_s(work: Callable[[int], None], clients: int, seconds: float) -> float:
    """Call `work` with rising numbers from `clients` threads for `seconds`; calls a second."""
    numbers, deadline = count(), time.perf_counter() + seconds

    def client() -> int:
        done = 0
        try:
            while time.perf_counter() < deadline:
                work(next(numbers))
                done += 1
        finally:
            connection.close()
        return done

    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        done = sum(future.result() for future in [pool.submit(client) for _ in range(clients)])
    return done / (time.perf_counter() - began)
