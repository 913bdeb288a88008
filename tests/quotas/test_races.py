"""Many at once, on real connections: the limit holds exactly, a repeat counts once, nobody waits for each other in a ring."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TypeVar
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Workspace
from accounts.tenancy import unscoped, workspace_scope
from quotas import alone
from quotas.checks import ledger_differences
from quotas.errors import QuotaExceeded
from quotas.metrics import Metric
from quotas.models import BillingPeriod, Reservation, Subscription, UsageEntry
from quotas.services import expire_lapsed, release, renew, renew_many, settle
from quotas.values import RenewalRequest
from tests.quotas.factories import LEASE, counters, subscribe, take, usage

pytestmark = pytest.mark.django_db(transaction=True)
T = TypeVar("T")


def at_once(work: Callable[[int], T], numbers: Iterable[int]) -> list[T]:
    """Call `work` with each number, all starting together, each in a thread with a connection of its own."""
    numbers = list(numbers)
    start = Barrier(len(numbers))

    def run(number: int) -> T:
        try:
            start.wait(timeout=60)
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(numbers)) as pool:
        return list(pool.map(run, numbers))


def test_it_grants_exactly_what_fits_to_32_at_once(workspace: Workspace) -> None:
    subscribe(workspace, avatar_ms=500)

    def grab(_: int) -> int:
        granted = 0
        for _ in range(5):
            try:
                with workspace_scope(workspace.pk):
                    take(5)
                    granted += 1
            except QuotaExceeded:
                continue
        return granted

    assert sum(at_once(grab, range(32))) == 100
    with workspace_scope(workspace.pk):
        assert counters() == (0, 500, 0)
        assert Reservation.objects.count() == 100
        assert ledger_differences() == []


def test_it_grants_exactly_what_fits_of_three_metrics_to_64_at_once(workspace: Workspace) -> None:
    limits = {Metric.CONCURRENT_SESSIONS: 40, Metric.AVATAR_MS: 60, Metric.TTS_CHARACTERS: 80}
    subscribe(workspace, concurrent_sessions=200, avatar_ms=300, tts_characters=400)

    def grab(number: int) -> list[Metric]:
        granted = []
        for turn, metric in enumerate([*limits, *limits]):
            try:
                if (number + turn) % 2:
                    with workspace_scope(workspace.pk):
                        take(5, metric=metric)
                else:
                    alone.reserve(
                        workspace_id=workspace.pk,
                        metric=metric,
                        amount=5,
                        purpose="test",
                        subject_id=workspace.pk,
                        key=str(uuid4()),
                        lease=LEASE,
                    )
                granted.append(metric)
            except QuotaExceeded:
                continue
        return granted

    granted = Counter(metric for each in at_once(grab, range(64)) for metric in each)
    assert granted == limits
    with workspace_scope(workspace.pk):
        assert {metric: counters(metric) for metric in limits} == {metric: (0, limit * 5, 0) for metric, limit in limits.items()}
        assert ledger_differences() == []


def test_it_makes_one_hold_of_one_key_however_many_ask(workspace: Workspace) -> None:
    subscribe(workspace, avatar_ms=500)

    def grab(_: int) -> object:
        with workspace_scope(workspace.pk):
            return take(300, key="the-same").id

    assert len(set(at_once(grab, range(12)))) == 1
    with workspace_scope(workspace.pk):
        assert counters() == (0, 300, 0)


def test_it_counts_one_step_once_however_often_it_arrives(workspace: Workspace) -> None:
    subscribe(workspace, avatar_ms=500)
    with workspace_scope(workspace.pk):
        hold = take(300)

    def report_use(number: int) -> None:
        with workspace_scope(workspace.pk):
            (settle if number % 2 else release)(hold_id=hold.id, used=40, sequence=1, usage=usage())

    at_once(report_use, range(12))
    with workspace_scope(workspace.pk):
        settled, held, overrun = counters()
        assert (settled, overrun) == (40, 0)
        assert held in {0, 260}
        assert UsageEntry.objects.count() == 1


def test_it_opens_one_period_for_a_workspace_that_everybody_uses_first(workspace: Workspace) -> None:
    def first_use(_: int) -> None:
        with workspace_scope(workspace.pk):
            take(10)

    at_once(first_use, range(12))
    with workspace_scope(workspace.pk):
        assert (Subscription.objects.count(), BillingPeriod.objects.count()) == (1, 1)
        assert counters() == (0, 120, 0)


def test_it_never_waits_in_a_ring(workspace: Workspace, charlies_workspace: Workspace) -> None:
    spaces = (workspace, charlies_workspace)
    for space in spaces:
        subscribe(space, avatar_ms=100_000, concurrent_sessions=100)

    def live(number: int) -> None:
        space = spaces[number % 2]
        key = str(uuid4())
        with workspace_scope(space.pk):
            holds = [take(1, metric=Metric.CONCURRENT_SESSIONS, key=key), take(200, key=key)]
        for sequence in range(1, 5):
            if number < 4:
                expire_lapsed(now=timezone.now() + timedelta(hours=1))
            elif number < 8:
                renew_many([_request(space, hold.id, hold.metric, sequence) for hold in reversed(holds)])
            else:
                with workspace_scope(space.pk):
                    renew(hold_id=holds[1].id, used=7, sequence=sequence, next_amount=200, lease=LEASE, usage=usage())
        with workspace_scope(space.pk):
            for hold in holds:
                release(hold_id=hold.id, sequence=9, usage=usage())

    at_once(live, range(14))
    with unscoped("a test looks at every workspace"):
        assert ledger_differences() == []
        assert not Reservation.objects.filter(state="open").exists()
        assert sum(UsageEntry.objects.values_list("quantity", flat=True)) == 10 * 4 * 7


def _request(space: Workspace, hold_id: object, metric: Metric, sequence: int) -> RenewalRequest:
    gauge = metric.is_gauge
    return RenewalRequest(
        workspace_id=space.pk,
        hold_id=hold_id,  # type: ignore[arg-type]
        metric=metric,
        used=0 if gauge else 7,
        sequence=sequence,
        next_amount=1 if gauge else 200,
        lease=LEASE,
        usage=usage(),
    )
