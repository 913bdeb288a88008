"""UsageDaily says what the ledger says of every day that is over, however often it is refreshed or rebuilt."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
import time_machine
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection

from accounts.models import Workspace
from accounts.tenancy import unscoped, workspace_scope
from quotas.checks import daily
from quotas.daily import rebuild_usage_daily, refresh_usage_daily
from quotas.metrics import Metric
from quotas.models import UsageDaily
from quotas.services import backfill, correct, settle
from tests.quotas.factories import subscribe, take, usage, utc

pytestmark = pytest.mark.django_db
NOON = utc(2026, 3, 3, 12)


@pytest.fixture
def used(workspace: Workspace, charlies_workspace: Workspace) -> Workspace:
    """Alice used 10, 20 and 5 ms on three days, today last; Charlie 7 on the first."""
    for space, amounts in ((workspace, (10, 20, 5)), (charlies_workspace, (7,))):
        subscribe(space, anchor_at=utc(2026, 3, 1), avatar_ms=1000)
        for day, amount in enumerate(amounts, start=1):
            use(space, amount, utc(2026, 3, day, 12))
    return workspace


def use(space: Workspace, amount: int, at: datetime, cost: str = "0.1") -> None:
    with time_machine.travel(at, tick=False), workspace_scope(space.pk):
        settle(hold_id=take(amount).id, used=amount, sequence=1, usage=usage(avatar="ada", provider_cost=Decimal(cost)))


def days(space: Workspace) -> dict[date, int]:
    with workspace_scope(space.pk):
        return dict(UsageDaily.objects.order_by("day").values_list("day", "quantity"))


ALICE = {date(2026, 3, 1): 10, date(2026, 3, 2): 20}


def test_it_sums_finished_days_of_every_workspace(used: Workspace, charlies_workspace: Workspace) -> None:
    assert refresh_usage_daily(NOON) == 3
    assert (days(used), days(charlies_workspace)) == (ALICE, {date(2026, 3, 1): 7})
    assert refresh_usage_daily(NOON) == 0
    with workspace_scope(used.pk):
        assert UsageDaily.objects.first().cost == Decimal("0.1")  # type: ignore[union-attr]


def test_it_waits_a_little_after_midnight(used: Workspace) -> None:
    refresh_usage_daily(utc(2026, 3, 2, 0, 5))
    assert days(used) == {}
    refresh_usage_daily(utc(2026, 3, 2, 0, 10))
    assert days(used) == {date(2026, 3, 1): 10}


def test_it_catches_up_with_what_was_entered_late_and_with_days_it_slept(used: Workspace) -> None:
    refresh_usage_daily(utc(2026, 3, 2, 1))
    with time_machine.travel(NOON, tick=False), workspace_scope(used.pk):
        settle(hold_id=take(4).id, used=4, sequence=1, usage=usage(avatar="ada", occurred_at=utc(2026, 3, 1, 23)))
    refresh_usage_daily(utc(2026, 3, 9))
    assert days(used) == {date(2026, 3, 1): 14, date(2026, 3, 2): 20, date(2026, 3, 3): 5}


def test_it_shows_backfill_and_corrections_of_finished_days_at_once(used: Workspace) -> None:
    refresh_usage_daily(NOON)
    with time_machine.travel(NOON, tick=False), workspace_scope(used.pk):
        made = backfill(
            metric=Metric.AVATAR_MS, quantity=6, event_id="b", usage=usage(avatar="ada", occurred_at=utc(2026, 3, 1, 5))
        )
        assert days(used) == ALICE | {date(2026, 3, 1): 16}
        correct(entry_id=made.entry_id, reason="No.", event_id="c")
        assert days(used) == ALICE
        backfill(metric=Metric.AVATAR_MS, quantity=6, event_id="today", usage=usage())
        assert days(used) == ALICE, "today is the ledger's"


def test_it_is_rebuilt_to_the_same(used: Workspace) -> None:
    refresh_usage_daily(NOON)
    with workspace_scope(used.pk), connection.cursor() as cursor:
        cursor.execute("UPDATE quotas_usagedaily SET quantity = 1")
    assert rebuild_usage_daily(now=NOON, since=date(2026, 3, 2)) == 1
    assert days(used) == ALICE | {date(2026, 3, 1): 1}
    out = StringIO()
    with time_machine.travel(NOON, tick=False):
        call_command("rebuild_usage_daily", stdout=out)
    assert (out.getvalue(), days(used)) == ("3 sums written\n", ALICE)


def test_it_takes_one_turn_a_day(used: Workspace, caplog: pytest.LogCaptureFixture) -> None:
    cache.clear()
    assert daily(NOON)
    assert days(used) == ALICE
    assert not daily(NOON + timedelta(hours=11))
    assert caplog.records == []
    with unscoped("a test breaks a counter"), connection.cursor() as cursor:
        cursor.execute("UPDATE quotas_allowance SET settled = settled + 5 WHERE metric = 'avatar_ms' AND settled = 7")
    assert daily(NOON + timedelta(hours=12))
    assert ["settled is 12, should be 7" in record.getMessage() for record in caplog.records] == [True]


def test_it_exits_with_an_error_where_the_ledger_does_not_explain_a_counter(used: Workspace) -> None:
    out = StringIO()
    call_command("check_ledger", stdout=out)
    assert out.getvalue() == "0 differences\n"
    with workspace_scope(used.pk), connection.cursor() as cursor:
        cursor.execute("UPDATE quotas_allowance SET settled = settled + 5 WHERE metric = 'avatar_ms'")
    with pytest.raises(SystemExit, match="1"):
        call_command("check_ledger", stdout=out)
    assert "avatar_ms: settled is 40, should be 35" in out.getvalue()
