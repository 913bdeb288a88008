"""A clock that is set back, and the end of a month between two steps: nothing is lost, doubled or put into the wrong period."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.checks import ledger_differences
from quotas.models import BillingPeriod, Reservation, UsageEntry
from quotas.services import expire_lapsed, release, renew, report, settle
from tests.quotas.factories import LEASE, counters, subscribe, take, usage, utc

pytestmark = pytest.mark.django_db
MONTHS_END = utc(2026, 1, 31, 23, 59, 50)


@pytest.fixture
def clock(workspace: Workspace) -> Iterator[time_machine.Traveller]:
    """Ten seconds before the end of a month that is a period, too."""
    with time_machine.travel(MONTHS_END, tick=False) as traveller:
        subscribe(workspace, anchor_at=utc(2026, 1, 1), avatar_ms=1000)
        yield traveller


def test_it_counts_steps_by_their_number_though_the_clock_is_set_back(
    workspace: Workspace, clock: time_machine.Traveller
) -> None:
    with workspace_scope(workspace.pk):
        hold = take(300)
        settle(hold_id=hold.id, used=100, sequence=1, usage=usage())
        clock.shift(-5)
        settle(hold_id=hold.id, used=50, sequence=2, usage=usage())
        settle(hold_id=hold.id, used=50, sequence=2, usage=usage())
        renewed = renew(hold_id=hold.id, used=10, sequence=3, next_amount=200, lease=LEASE, usage=usage())
        assert renewed.hold.lease_expires_at == MONTHS_END - timedelta(seconds=5) + LEASE
        assert expire_lapsed_in(workspace) == 0
        release(hold_id=hold.id, used=20, sequence=4, usage=usage())
        assert counters() == (180, 0, 0)
        at = [entry.occurred_at for entry in UsageEntry.objects.order_by("quantity")]
        assert at == [MONTHS_END - timedelta(seconds=5)] * 3 + [MONTHS_END]
        assert ledger_differences() == []


def expire_lapsed_in(workspace: Workspace) -> int:
    """The sweeper as the scope's own: nothing may lapse because a clock went back."""
    return Reservation.objects.filter(workspace=workspace, state="open", lease_expires_at__lt=timezone.now()).count()


def test_it_opens_no_second_period_when_the_clock_goes_back_over_a_months_end(
    workspace: Workspace, clock: time_machine.Traveller
) -> None:
    with workspace_scope(workspace.pk):
        clock.move_to(utc(2026, 2, 1, 0, 0, 2))
        hold = take(100)
        clock.shift(-5)
        take(200)
        settle(hold_id=hold.id, used=40, sequence=1, usage=usage())
        assert BillingPeriod.objects.count() == 2
        assert counters(at=utc(2026, 2, 1)) == (40, 60, 0)
        assert counters(at=MONTHS_END) == (0, 200, 0)
        assert ledger_differences() == []


def test_it_settles_into_the_period_that_it_reserved_in(workspace: Workspace, clock: time_machine.Traveller) -> None:
    with workspace_scope(workspace.pk):
        hold = take(300)
        clock.shift(20)
        settle(hold_id=hold.id, used=100, sequence=1, usage=usage())
        assert (counters(at=MONTHS_END), counters()) == ((100, 200, 0), (0, 0, 0))
        renew(hold_id=hold.id, used=50, sequence=2, next_amount=200, lease=LEASE, usage=usage())
        assert (counters(at=MONTHS_END), counters()) == ((150, 0, 0), (0, 200, 0))
        release(hold_id=hold.id, used=30, sequence=3, usage=usage())
        assert (counters(at=MONTHS_END), counters()) == ((150, 0, 0), (30, 0, 0))
        assert ledger_differences() == []


def test_it_settles_what_lapsed_over_a_months_end_into_the_old_period(
    workspace: Workspace, clock: time_machine.Traveller
) -> None:
    with workspace_scope(workspace.pk):
        hold = take(300)
        report(hold_id=hold.id, used=70)
    clock.shift(120)
    assert expire_lapsed(now=timezone.now()) == 1
    with workspace_scope(workspace.pk):
        assert (counters(at=MONTHS_END), counters()) == ((70, 0, 0), (0, 0, 0))
        assert ledger_differences() == []
