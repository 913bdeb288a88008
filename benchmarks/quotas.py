"""How many times a second a piece of work can be reserved, settled and given back: real database, real transactions.

Needs Django set up and a migrated database; leaves its workspaces behind, so give it one that is thrown away. Clients are
processes, as in production: threads of one process would measure Python's lock.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
from django.utils import timezone

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas import alone
from quotas.metrics import Metric
from quotas.models import Plan, PlanAllowance, Subscription
from quotas.periods import open_period
from quotas.services import renew_many, reserve
from quotas.values import Hold, RenewalRequest, UsageAttributes

LEASE = timedelta(seconds=40)


def reserve_settle_per_s(*, workspaces: int = 1000, clients: int = 2, seconds: float = 5.0) -> float:
    """Cycles a second of two transactions each: reserve, then settle and release with a ledger row."""
    spaces = tenants(workspaces)
    _settle_in(spaces)
    command = [sys.executable, "-m", "benchmarks.quota_client", str(seconds)]
    running = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(clients)]
    for client in running:
        _tell(client, " ".join(tenant.hex for tenant in spaces))
    for client in running:
        _answer(client)
    for client in running:
        _tell(client, "go")
    return sum(float(_answer(client)) for client in running)


def _settle_in(spaces: list[UUID]) -> None:
    """Postgres plans a statement once per connection: on tables that it takes for empty, to read them whole. A database that
    has run for a minute knows better (autovacuum); one for a benchmark has to be told."""
    for number in range(500):
        cycle(spaces[number % len(spaces)])
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute("ANALYZE quotas_billingperiod, quotas_allowance, quotas_reservation, quotas_usageentry")


def _tell(client: subprocess.Popen[str], line: str) -> None:
    assert client.stdin is not None
    client.stdin.write(f"{line}\n")
    client.stdin.flush()


def _answer(client: subprocess.Popen[str]) -> str:
    assert client.stdout is not None
    return client.stdout.readline().strip()


def reserve_settle_one_tenant_per_s(*, clients: int = 2, seconds: float = 5.0) -> float:
    """The same with every client on one workspace, whose one row they all update."""
    return reserve_settle_per_s(workspaces=1, clients=clients, seconds=seconds)


def renewals_per_s(*, sessions: int = 1000, workspaces: int = 200, rounds: int = 3) -> float:
    """Slices settled and taken anew a second by one clock that renews all live sessions together; the best round."""
    spaces = tenants(workspaces)
    live = [(tenant := spaces[number % workspaces], _slice(tenant)) for number in range(sessions)]
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


def tenants(amount: int) -> list[UUID]:
    """Fresh workspaces with plenty of room, their periods open."""
    plan = Plan.objects.create(code=f"bench-{uuid4().hex}", name="Benchmark")
    PlanAllowance.objects.bulk_create(PlanAllowance(plan=plan, metric=metric, included=10**15) for metric in Metric)
    made = [Workspace.objects.create(name="Benchmark").pk for _ in range(amount)]
    for tenant in made:
        with workspace_scope(tenant):
            Subscription.objects.create(plan=plan, anchor_at=timezone.now())
            open_period(tenant, timezone.now())
    return made


def _slice(tenant: UUID) -> Hold:
    with workspace_scope(tenant):
        return reserve(
            metric=Metric.AVATAR_MS, amount=20_000, purpose="benchmark", subject_id=tenant, key=uuid4().hex, lease=LEASE
        )


def cycle(tenant: UUID) -> None:
    hold = alone.reserve(
        workspace_id=tenant,
        metric=Metric.AVATAR_MS,
        amount=20_000,
        purpose="benchmark",
        subject_id=tenant,
        key=uuid4().hex,
        lease=LEASE,
    )
    usage = UsageAttributes(occurred_at=timezone.now())
    alone.release(workspace_id=tenant, hold=hold, used=15_000, sequence=1, usage=usage)
