"""A connection that breaks, or a process that dies, between any two statements: repeating the step counts it exactly once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import get_args
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from accounts.models import Workspace
from accounts.tenancy import unscoped, workspace_scope
from quotas import alone
from quotas.checks import ledger_differences
from quotas.metrics import Metric
from quotas.models import CapAction, Overage, Reservation, SpendCap, Subscription, UsageEntry
from quotas.services import backfill, correct, expire_lapsed, release, renew, renew_many, report, reserve, settle
from quotas.values import Hold, RenewalRequest
from tests.quotas.cutting import Where, Wire, cut_wire
from tests.quotas.factories import LEASE, counters, plan, subscribe, usage

pytestmark = pytest.mark.django_db(transaction=True)
TIME = Metric.AVATAR_MS


@dataclass
class Case:
    """A fresh hold of 300 whose step is repeated until it is through."""

    workspace: Workspace
    key: str
    hold: Hold

    def reserve(self) -> None:
        with workspace_scope(self.workspace.pk):
            reserve(metric=TIME, amount=50, purpose="test", subject_id=self.hold.id, key=f"{self.key}/again", lease=LEASE)

    def reserve_alone(self) -> None:
        alone.reserve(
            workspace_id=self.workspace.pk,
            metric=TIME,
            amount=50,
            purpose="test",
            subject_id=self.hold.id,
            key=f"{self.key}/again",
            lease=LEASE,
        )

    def settle(self) -> None:
        with workspace_scope(self.workspace.pk):
            settle(hold_id=self.hold.id, used=70, sequence=1, usage=usage())

    def settle_alone(self) -> None:
        alone.settle(workspace_id=self.workspace.pk, hold=self.hold, used=70, sequence=1, usage=usage())

    def release(self) -> None:
        with workspace_scope(self.workspace.pk):
            release(hold_id=self.hold.id, used=70, sequence=1, usage=usage())

    def renew(self) -> None:
        with workspace_scope(self.workspace.pk):
            renew(hold_id=self.hold.id, used=70, sequence=1, next_amount=200, lease=LEASE, usage=usage())

    def renew_together(self) -> None:
        request = RenewalRequest(
            workspace_id=self.workspace.pk,
            hold_id=self.hold.id,
            metric=TIME,
            used=70,
            sequence=1,
            next_amount=200,
            lease=LEASE,
            usage=usage(),
        )
        assert renew_many([request]).keys() == {self.hold.id}

    def expire(self) -> None:
        with workspace_scope(self.workspace.pk):
            report(hold_id=self.hold.id, used=70)
        expire_lapsed(now=timezone.now() + LEASE + timedelta(seconds=1))

    def backfill(self) -> None:
        with workspace_scope(self.workspace.pk):
            backfill(metric=TIME, quantity=70, event_id=self.key, usage=usage())

    def correct(self) -> None:
        with workspace_scope(self.workspace.pk):
            settle(hold_id=self.hold.id, used=70, sequence=1, usage=usage())
            entry = UsageEntry.objects.get(reservation=self.hold.id)
            correct(entry_id=entry.pk, quantity=-30, reason="Too much.", event_id=self.key)


# What each step adds to (settled, held) beside the hold of 300 that it begins with.
STEPS: dict[str, tuple[Callable[[Case], None], tuple[int, int]]] = {
    "reserve": (Case.reserve, (0, 50)),
    "reserve alone": (Case.reserve_alone, (0, 50)),
    "settle": (Case.settle, (70, -70)),
    "settle alone": (Case.settle_alone, (70, -70)),
    "release": (Case.release, (70, -300)),
    "renew": (Case.renew, (70, -100)),
    "renew together": (Case.renew_together, (70, -100)),
    "expire": (Case.expire, (70, -300)),
    "backfill": (Case.backfill, (70, 0)),
    "correct": (Case.correct, (40, -70)),
}


def has_room(workspace: Workspace) -> None:
    subscribe(workspace, avatar_ms=10**9)


def is_watched(workspace: Workspace) -> None:
    """There is room, but a spend cap is asked first."""
    with workspace_scope(workspace.pk):
        SpendCap.objects.create(amount_minor=10**6, action=CapAction.STOP)
        charged = plan({"avatar_ms": 100}, overage=Overage.CHARGE)
        Subscription.objects.create(plan=charged, anchor_at=timezone.now() - timedelta(days=1))


@pytest.fixture
def aside() -> Iterator[ThreadPoolExecutor]:
    """A thread whose connection nobody cuts: cases are made and looked at there. A fresh connection would be slow."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: connection.ensure_connection()).result()  # that thread's connection, not ours
        yield pool
        pool.submit(lambda: connection.close()).result()


@pytest.fixture
def wire(aside: ThreadPoolExecutor) -> Iterator[Wire]:
    with cut_wire() as made:
        yield made


@pytest.mark.parametrize("step", STEPS)
def test_it_counts_a_step_once_wherever_the_connection_breaks(
    workspace: Workspace, aside: ThreadPoolExecutor, wire: Wire, step: str
) -> None:
    has_room(workspace)
    break_everywhere(workspace, aside, wire, step)


@pytest.mark.parametrize("step", ["reserve", "renew", "renew together"])
def test_it_counts_once_under_a_spend_cap(workspace: Workspace, aside: ThreadPoolExecutor, wire: Wire, step: str) -> None:
    is_watched(workspace)
    break_everywhere(workspace, aside, wire, step)


def break_everywhere(space: Workspace, aside: ThreadPoolExecutor, wire: Wire, step: str) -> None:
    """Cut each request of the step once before it arrives and once after it was carried out; then repeat the step."""
    work, expected = STEPS[step]
    for where in get_args(Where):
        for number in count(1):
            case, before = aside.submit(fresh, space).result()
            wire.cut_at(number, where)
            broke = attempt(case, work)
            if wire.is_uncut:
                assert not broke
                assert number > 1 or step.endswith("alone")
                break
            assert broke
            aside.submit(assert_explained).result()
            work(case)
            assert aside.submit(added, space, before).result() == expected, f"cut {where} request {number}"


def fresh(space: Workspace) -> tuple[Case, tuple[int, int, int]]:
    key = str(uuid4())
    with workspace_scope(space.pk):
        hold = reserve(metric=TIME, amount=300, purpose="test", subject_id=space.pk, key=key, lease=LEASE)
        return Case(space, key, hold), counters()


def attempt(case: Case, work: Callable[[Case], None]) -> bool:
    """Take the step; whether the connection broke."""
    try:
        work(case)
    except (OperationalError, InterfaceError):
        connection.close()
        return True
    return False


def assert_explained() -> None:
    with unscoped("a test looks at what a broken connection left"):
        assert ledger_differences() == []


def added(space: Workspace, before: tuple[int, int, int]) -> tuple[int, int]:
    """What came on top of `before`; then everything held is given back, for the next attempt."""
    with workspace_scope(space.pk):
        after = counters()
        assert ledger_differences() == []
        for hold in Reservation.objects.filter(state="open"):
            release(hold_id=hold.pk, sequence=9)
    assert after[2] == before[2]
    return after[0] - before[0], after[1] - before[1]


WORKER = """
import sys, uuid, django
django.setup()
from datetime import timedelta
from django.utils import timezone
from accounts.tenancy import workspace_scope
from quotas import alone
from quotas.metrics import Metric
from quotas.services import release, reserve, settle
from quotas.values import UsageAttributes
space, usage = uuid.UUID(sys.argv[1]), UsageAttributes(occurred_at=timezone.now())
for job in range(int(sys.argv[2])):
    with workspace_scope(space):
        hold = reserve(metric=Metric.AVATAR_MS, amount=50, purpose="job", subject_id=space, key=f"job-{job}",
                       lease=timedelta(hours=1))
    with workspace_scope(space):
        settle(hold_id=hold.id, used=20, sequence=1, usage=usage)
    print(job, flush=True)
    alone.release(workspace_id=space, hold=hold, used=10, sequence=2, usage=usage)
"""


def test_it_counts_jobs_once_though_their_process_is_killed(workspace: Workspace) -> None:
    subscribe(workspace, avatar_ms=10**9)
    jobs = 40
    killed = worker(workspace, jobs)
    assert killed.stdout is not None
    for _ in range(jobs // 2):
        killed.stdout.readline()
    os.kill(killed.pid, signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    with workspace_scope(workspace.pk):
        assert ledger_differences() == []
        assert counters()[0] < jobs * 30
    assert worker(workspace, jobs).communicate()[0].split()[-1] == str(jobs - 1)
    with workspace_scope(workspace.pk):
        assert counters() == (jobs * 30, 0, 0)
        assert ledger_differences() == []


def worker(workspace: Workspace, jobs: int) -> subprocess.Popen[str]:
    """A process that works through the jobs, beginning anew each time, as a worker that lost track does."""
    database = connection.settings_dict
    place = f"{database['HOST']}:{database['PORT']}/{database['NAME']}"
    url = f"postgresql://{database['USER']}:{quote(str(database['PASSWORD']))}@{place}"
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(workspace.pk), str(jobs)],
        env={**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"},
        stdout=subprocess.PIPE,
        text=True,
    )
