"""Periods open on demand, end where the calendar says, and a hold outlives the end of its period."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
import time_machine
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.checks import ledger_differences
from quotas.errors import QuotaExceeded
from quotas.metrics import Metric
from quotas.models import Allowance, BillingPeriod, Interval, Subscription
from quotas.periods import bounds, open_period
from quotas.services import release, renew, settle
from tests.quotas.factories import LEASE, counters, subscribe, take, usage, utc

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))


@given(anchor=MOMENTS, at=MOMENTS, interval=st.sampled_from(Interval))
def test_it_covers_time_without_gaps_or_overlaps(anchor: datetime, at: datetime, interval: Interval) -> None:
    start, end = bounds(anchor, interval, at)
    assert start <= at < end
    assert bounds(anchor, interval, end)[0] == end
    assert bounds(anchor, interval, start - timedelta(microseconds=1))[1] == start
    assert timedelta(days=28) <= end - start <= timedelta(days=366)


def test_it_clamps_to_short_months_without_drifting() -> None:
    anchor = utc(2026, 1, 31)
    assert bounds(anchor, Interval.MONTH, utc(2026, 2, 3)) == (utc(2026, 1, 31), utc(2026, 2, 28))
    assert bounds(anchor, Interval.MONTH, utc(2026, 2, 28)) == (utc(2026, 2, 28), utc(2026, 3, 31))
    assert bounds(anchor, Interval.MONTH, utc(2028, 2, 29)) == (utc(2028, 2, 29), utc(2028, 3, 31))
    assert bounds(anchor, Interval.YEAR, utc(2028, 1, 30)) == (utc(2027, 1, 31), utc(2028, 1, 31))


def test_it_counts_in_utc_whatever_zone_the_moment_is_in() -> None:
    tokyo = timezone(timedelta(hours=9))
    at = datetime(2026, 3, 1, 8, 59, tzinfo=tokyo)  # 28 February, 23:59 UTC
    assert bounds(utc(2026, 1, 1), Interval.MONTH, at) == (utc(2026, 2, 1), utc(2026, 3, 1))
    assert bounds(utc(2026, 1, 1), Interval.MONTH, at + timedelta(minutes=1))[0] == utc(2026, 3, 1)


@pytest.mark.django_db
def test_it_starts_everyone_on_the_free_plan_once(workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        first, again = (open_period(workspace.pk, workspace.created_at) for _ in range(2))
        assert first == again
        assert Subscription.objects.get().plan.code == "free"
        assert Allowance.objects.count() == len(Metric)
        assert (first.starts_at.hour, first.starts_at.minute) == (0, 0)


@pytest.mark.django_db
def test_it_gives_the_full_allowance_again_in_the_next_period_but_no_new_places(workspace: Workspace) -> None:
    with time_machine.travel(utc(2026, 1, 31, 12), tick=False) as clock:
        subscribe(workspace, anchor_at=utc(2026, 1, 31), avatar_ms=1000, concurrent_sessions=1)
        with workspace_scope(workspace.pk):
            release(hold_id=take(1000).id, used=1000, sequence=1, usage=usage())
            take(1, metric=Metric.CONCURRENT_SESSIONS)
            with pytest.raises(QuotaExceeded) as refused:
                take(1)
            assert refused.value.extra["resets_at"] == "2026-02-28T00:00:00+00:00"
            clock.move_to(utc(2026, 2, 28))
            take(1000)
            with pytest.raises(QuotaExceeded):
                take(1, metric=Metric.CONCURRENT_SESSIONS)
            assert counters(at=utc(2026, 1, 31, 12)) == (1000, 0, 0)
            assert counters() == (0, 1000, 0)


@pytest.mark.django_db
def test_it_settles_a_hold_in_its_own_period_and_renews_it_in_the_current_one(workspace: Workspace) -> None:
    january, february = utc(2026, 1, 31, 23, 59, 50), utc(2026, 2, 1, 0, 0, 10)
    with time_machine.travel(january, tick=False) as clock:
        subscribe(workspace, anchor_at=utc(2026, 1, 1), avatar_ms=1000)
        with workspace_scope(workspace.pk):
            hold, other = take(300), take(700)
            clock.move_to(february)
            settle(hold_id=other.id, used=500, sequence=1, usage=usage())
            renewal = renew(hold_id=hold.id, used=250, sequence=1, next_amount=300, lease=LEASE, usage=usage())
            assert (renewal.hold.amount, renewal.shortage) == (300, None)
            assert counters(at=january) == (750, 200, 0)
            assert counters(at=february) == (0, 300, 0)
            again = renew(hold_id=hold.id, used=250, sequence=1, next_amount=300, lease=LEASE, usage=usage())
            assert again == renewal
            release(hold_id=hold.id, used=10, sequence=2, usage=usage())
            release(hold_id=other.id, used=200, sequence=2, usage=usage())
            assert counters(at=january) == (950, 0, 0)
            assert counters(at=february) == (10, 0, 0)
            assert ledger_differences() == []


@pytest.mark.django_db
def test_it_moves_to_a_new_period_that_has_less_room_than_asked(workspace: Workspace) -> None:
    with time_machine.travel(utc(2026, 1, 31, 23, 59, 50), tick=False) as clock:
        subscribe(workspace, anchor_at=utc(2026, 1, 1), avatar_ms=1000)
        with workspace_scope(workspace.pk):
            hold = take(300)
            clock.shift(20)
            take(900)
            renewal = renew(hold_id=hold.id, used=300, sequence=1, next_amount=300, lease=LEASE, usage=usage())
            assert renewal.hold.amount == 100
            assert renewal.shortage is not None
            assert renewal.shortage.resets_at == utc(2026, 3, 1)
            assert counters() == (0, 1000, 0)


@pytest.mark.django_db
def test_it_refuses_overlapping_periods_in_the_database_itself(workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        period = open_period(workspace.pk, workspace.created_at)
        overlapping = BillingPeriod(
            subscription=period.subscription,
            plan=period.plan,
            starts_at=period.ends_at - timedelta(hours=1),
            ends_at=period.ends_at + timedelta(days=1),
        )
        with pytest.raises(IntegrityError, match="period_no_overlap"), transaction.atomic():
            overlapping.save()
        assert BillingPeriod.objects.count() == 1
