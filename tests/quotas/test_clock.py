"""The clock renews holds of every workspace together, and closes those whose holder is gone."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.checks import ledger_differences
from quotas.metrics import Metric
from quotas.models import Reservation, UsageEntry
from quotas.movements import Step, advance_each
from quotas.services import expire_lapsed, release, renew, renew_many, report, settle
from quotas.values import Hold, RenewalRequest
from tests.quotas.factories import LEASE, counters, subscribe, take, usage, utc

pytestmark = pytest.mark.django_db
SOON = LEASE + timedelta(seconds=1)


@pytest.fixture
def limit_1000(workspace: Workspace) -> Workspace:
    subscribe(workspace, avatar_ms=1000, concurrent_sessions=2)
    return workspace


def sweep(**later: float) -> int:
    return expire_lapsed(now=timezone.now() + (timedelta(**later) if later else SOON))


def request(workspace: Workspace, hold: Hold, *, used: int, next_amount: int = 200, sequence: int = 1) -> RenewalRequest:
    return RenewalRequest(
        workspace_id=workspace.pk,
        hold_id=hold.id,
        metric=hold.metric,
        used=used,
        sequence=sequence,
        next_amount=next_amount,
        lease=LEASE,
        usage=usage(),
    )


def test_it_takes_back_what_was_held_and_settles_only_what_was_reported(limit_1000: Workspace) -> None:
    with workspace_scope(limit_1000.pk):
        silent, reporting = take(300), take(400)
        slot = take(1, metric=Metric.CONCURRENT_SESSIONS)
        settle(hold_id=reporting.id, used=100, sequence=1, usage=usage())
        report(hold_id=reporting.id, used=70)
        report(hold_id=reporting.id, used=50)  # late: use does not shrink
    assert sweep(seconds=30) == 0
    assert sweep() == 3
    assert sweep() == 0
    with workspace_scope(limit_1000.pk):
        assert counters() == (170, 0, 0)
        assert counters(Metric.CONCURRENT_SESSIONS) == (0, 0, 0)
        states = dict(Reservation.objects.values_list("id", "state"))
        assert states == dict.fromkeys([silent.id, reporting.id, slot.id], "expired")
        assert ledger_differences() == []


def test_it_leaves_renewed_and_released_holds_alone(limit_1000: Workspace) -> None:
    with workspace_scope(limit_1000.pk):
        kept, done = take(100), take(100)
        renew(hold_id=kept.id, used=10, sequence=1, next_amount=100, lease=2 * LEASE, usage=usage())
        release(hold_id=done.id, used=20, sequence=1, usage=usage())
    assert sweep() == 0
    with workspace_scope(limit_1000.pk):
        assert counters() == (30, 100, 0)


def test_it_leaves_a_hold_alone_that_was_renewed_after_it_was_found_lapsed(limit_1000: Workspace) -> None:
    with workspace_scope(limit_1000.pk):
        found = take(100)
        renew(hold_id=found.id, used=10, sequence=1, next_amount=100, lease=2 * LEASE, usage=usage())
        step = Step(workspace_id=limit_1000.pk, hold_id=found.id, sequence=0)
        assert advance_each("expire", [step], timezone.now() + SOON) == [None]
        assert counters() == (10, 100, 0)
        assert Reservation.objects.get().state == "open"


def test_it_closes_the_longest_lapsed_first_and_no_more_than_the_limit(limit_1000: Workspace) -> None:
    with workspace_scope(limit_1000.pk):
        later, first = take(10, lease=2 * LEASE), take(10)
    assert expire_lapsed(now=timezone.now() + 3 * LEASE, limit=1) == 1
    with workspace_scope(limit_1000.pk):
        assert Reservation.objects.get(state="expired").pk == first.id
        assert Reservation.objects.get(state="open").pk == later.id


def test_it_counts_a_holder_that_turns_up_late_just_once(limit_1000: Workspace) -> None:
    with workspace_scope(limit_1000.pk):
        hold = take(400)
        report(hold_id=hold.id, used=70)
    sweep()
    with workspace_scope(limit_1000.pk):
        take(800)
        release(hold_id=hold.id, used=300, sequence=1, usage=usage())  # 70 of them were settled by the sweeper
        assert counters() == (200, 800, 100)
        assert Reservation.objects.get(pk=hold.id).used == 300
        assert ledger_differences() == []


def test_it_opens_a_lapsed_hold_again_when_it_is_renewed(limit_1000: Workspace) -> None:
    with workspace_scope(limit_1000.pk):
        hold, slot = take(400), take(1, metric=Metric.CONCURRENT_SESSIONS)
    sweep()
    with workspace_scope(limit_1000.pk):
        renewal = renew(hold_id=hold.id, used=100, sequence=1, next_amount=400, lease=LEASE, usage=usage())
        assert (renewal.hold.is_open, renewal.hold.amount, renewal.shortage) == (True, 400, None)
        renew(hold_id=slot.id, used=0, sequence=1, next_amount=1, lease=LEASE, usage=usage())
        assert counters() == (100, 400, 0)
        assert counters(Metric.CONCURRENT_SESSIONS) == (0, 1, 0)
        assert Reservation.objects.get(pk=hold.id).closed_at is None


def test_it_renews_many_holds_of_many_workspaces(limit_1000: Workspace, charlies_workspace: Workspace) -> None:
    with workspace_scope(limit_1000.pk):
        first, second, gone = take(200), take(200), take(100)
        release(hold_id=gone.id, sequence=1)
    with workspace_scope(charlies_workspace.pk):
        his = take(200)
    requests = [
        request(charlies_workspace, his, used=150),
        request(limit_1000, second, used=200, next_amount=600),
        request(limit_1000, first, used=50),
        request(limit_1000, gone, used=10, sequence=2),
        request(charlies_workspace, first, used=99, sequence=9),  # under a stranger's name: no such hold
    ]
    for _ in range(2):  # a repeat changes nothing
        renewals = renew_many(requests)
        assert renewals.keys() == {first.id, second.id, his.id}
        assert (renewals[his.id].hold.amount, renewals[his.id].hold.used) == (200, 150)
        assert renewals[first.id].hold.amount == 200
    with workspace_scope(limit_1000.pk):
        assert counters() == (250, 750, 0)
        assert renewals[second.id].hold.amount == 550
        assert renewals[second.id].shortage is not None
    with workspace_scope(charlies_workspace.pk):
        assert counters() == (150, 200, 0)


def test_it_renews_many_across_the_end_of_a_period(workspace: Workspace) -> None:
    with time_machine.travel(utc(2026, 1, 31, 23, 59), tick=False) as clock:
        subscribe(workspace, anchor_at=utc(2026, 1, 1), avatar_ms=1000)
        with workspace_scope(workspace.pk):
            holds = [take(200) for _ in range(3)]
        clock.shift(90)
        renewals = renew_many([request(workspace, hold, used=150) for hold in holds])
        assert {renewal.hold.amount for renewal in renewals.values()} == {200}
        with workspace_scope(workspace.pk):
            assert counters(at=utc(2026, 1, 31)) == (450, 0, 0)
            assert counters() == (0, 600, 0)
            assert UsageEntry.objects.count() == 3


def test_it_renews_nothing_when_asked_for_nothing(db: None) -> None:
    assert renew_many([]) == {}
    assert expire_lapsed(now=timezone.now()) == 0
