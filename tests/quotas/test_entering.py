"""Backfill and corrections: entered once, in the open period's counters or on the next invoice, never by editing."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone

from accounts.errors import Invalid, NotFound
from accounts.models import AuditEntry, Workspace
from accounts.tenancy import workspace_scope
from quotas.checks import ledger_differences
from quotas.metrics import Metric
from quotas.models import Allowance, BillingPeriod, PendingLine, PeriodState, UsageEntry, UsageEvent
from quotas.services import backfill, correct, settle
from tests.quotas.factories import counters, subscribe, take, usage, utc
from tests.quotas.test_races import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def used(workspace: Workspace) -> UsageEntry:
    """Alice has settled 300 of 1000 ms, which cost 0.6."""
    subscribe(workspace, avatar_ms=1000)
    with workspace_scope(workspace.pk):
        settle(hold_id=take(300).id, used=300, sequence=1, usage=usage(avatar="ada", provider_cost=Decimal("0.6")))
        return UsageEntry.objects.get()


def kinds() -> list[tuple[str, int]]:
    return sorted(UsageEntry.objects.values_list("kind", "quantity"))


def test_it_enters_backfill_once(used: UsageEntry) -> None:
    with workspace_scope(used.workspace_id):
        first = backfill(metric=Metric.AVATAR_MS, quantity=200, event_id="job-1", usage=usage())
        again = backfill(metric=Metric.AVATAR_MS, quantity=999, event_id="job-1", usage=usage())
        assert (first.is_new, again.is_new, again.entry_id) == (True, False, first.entry_id)
        told = AuditEntry.objects.get(action="usage.backfilled")
        assert (told.subject, told.data["quantity"], told.data["event_id"]) == (str(first.entry_id), 200, "job-1")
        assert counters() == (500, 0, 0)
        assert ledger_differences() == []


def test_it_counts_backfill_beyond_the_ceiling_as_overrun(used: UsageEntry) -> None:
    with workspace_scope(used.workspace_id):
        backfill(metric=Metric.AVATAR_MS, quantity=900, event_id="job-1", usage=usage(provider_cost=Decimal("2")))
        assert counters() == (1000, 0, 200)
        assert kinds() == [("overrun", 200), ("usage", 300), ("usage", 700)]
        assert sum(entry.provider_cost or 0 for entry in UsageEntry.objects.all()) == Decimal("2.6")
        assert ledger_differences() == []


def test_it_refuses_backfill_that_makes_no_sense(used: UsageEntry) -> None:
    with workspace_scope(used.workspace_id):
        for metric, quantity in ((Metric.AVATAR_MS, 0), (Metric.AVATAR_MS, -1), (Metric.STORAGE_BYTES, 5)):
            with pytest.raises(ValueError, match="positive quantity of a counter"):
                backfill(metric=metric, quantity=quantity, event_id="x", usage=usage())
        with pytest.raises(Invalid, match="must have happened"):
            backfill(metric=Metric.AVATAR_MS, quantity=5, event_id="x", usage=usage(occurred_at=utc(2100, 1, 1)))
        with pytest.raises(NotFound, match="no period"):
            backfill(metric=Metric.AVATAR_MS, quantity=5, event_id="x", usage=usage(occurred_at=utc(2001, 1, 1)))
        assert counters() == (300, 0, 0)
        assert not UsageEvent.objects.exists()


def test_it_takes_an_entry_back_with_its_cost(used: UsageEntry) -> None:
    with workspace_scope(used.workspace_id):
        first = correct(entry_id=used.pk, reason="The provider failed.", event_id="c-1")
        again = correct(entry_id=used.pk, reason="The provider failed.", event_id="c-1")
        assert (first.is_new, again.is_new, again.entry_id) == (True, False, first.entry_id)
        assert counters() == (0, 0, 0)
        made = UsageEntry.objects.get(reverses=used.pk)
        assert (made.quantity, made.kind, made.provider_cost, made.avatar) == (-300, "correction", Decimal("-0.6"), "ada")
        assert AuditEntry.objects.get(action="usage.corrected").data == {"quantity": -300, "reason": "The provider failed."}
        assert ledger_differences() == []


def test_it_corrects_in_parts_down_to_nothing(used: UsageEntry) -> None:
    with workspace_scope(used.workspace_id):
        correct(entry_id=used.pk, quantity=-100, reason="Too much.", event_id="c-1")
        correct(entry_id=used.pk, quantity=50, reason="Not so much.", event_id="c-2")
        with pytest.raises(Invalid, match="250 is left"):
            correct(entry_id=used.pk, quantity=-251, reason="More than there is.", event_id="c-3")
        correct(entry_id=used.pk, reason="All of it.", event_id="c-4")
        assert counters() == (0, 0, 0)
        with pytest.raises(Invalid, match="0 is left"):
            correct(entry_id=used.pk, reason="Twice.", event_id="c-5")
        assert ledger_differences() == []


def test_it_corrects_neither_corrections_nor_what_is_not_there(used: UsageEntry, charlies_workspace: Workspace) -> None:
    with workspace_scope(used.workspace_id):
        made = correct(entry_id=used.pk, quantity=-1, reason="One.", event_id="c-1")
        with pytest.raises(Invalid, match="Only use"):
            correct(entry_id=made.entry_id, reason="No.", event_id="c-2")
    with workspace_scope(charlies_workspace.pk), pytest.raises(NotFound):
        correct(entry_id=used.pk, reason="Not mine.", event_id="c-3")
    with workspace_scope(used.workspace_id):
        assert counters() == (299, 0, 0)


def close(workspace: Workspace) -> None:
    BillingPeriod.objects.filter(workspace=workspace).update(state=PeriodState.CLOSED, closed_at=timezone.now())


def test_it_leaves_a_closed_period_alone_and_queues_a_line(workspace: Workspace) -> None:
    with time_machine.travel(utc(2026, 3, 10), tick=False) as clock:
        subscribe(workspace, anchor_at=utc(2026, 3, 1), avatar_ms=1000)
        with workspace_scope(workspace.pk):
            settle(hold_id=take(300).id, used=300, sequence=1, usage=usage())
            entry = UsageEntry.objects.get()
            clock.move_to(utc(2026, 4, 2))
            close(workspace)
            late = backfill(metric=Metric.AVATAR_MS, quantity=40, event_id="job", usage=usage(occurred_at=utc(2026, 3, 9)))
            lowered = correct(entry_id=entry.pk, quantity=-100, reason="Too much.", event_id="c-1")
            correct(entry_id=entry.pk, quantity=-100, reason="Too much.", event_id="c-1")
            assert (late.is_late, lowered.is_late) == (True, True)
            assert Allowance.objects.get(metric="avatar_ms", period__starts_at=utc(2026, 3, 1)).settled == 300
            assert counters() == (0, 0, 0)
            assert kinds() == [("late", -100), ("late", 40), ("usage", 300)]
            assert sorted(PendingLine.objects.values_list("late", flat=True)) == [-100, 40]
            assert ledger_differences() == []


@pytest.mark.django_db(transaction=True)
def test_it_enters_once_however_many_report_it(workspace: Workspace) -> None:
    subscribe(workspace, avatar_ms=1000)
    with workspace_scope(workspace.pk):
        settle(hold_id=take(300).id, used=300, sequence=1, usage=usage())
        entry = UsageEntry.objects.get()

    def enter(number: int) -> None:
        with workspace_scope(workspace.pk):
            backfill(metric=Metric.AVATAR_MS, quantity=100, event_id="the-same", usage=usage())
        try:
            with workspace_scope(workspace.pk):
                correct(entry_id=entry.pk, quantity=-200, reason="Once only.", event_id=str(uuid4()))
        except Invalid:
            pass

    at_once(enter, range(12))
    with workspace_scope(workspace.pk):
        assert counters() == (200, 0, 0)
        assert UsageEntry.objects.count() == 3
        assert ledger_differences() == []


def test_it_stays_true_when_a_clock_was_set_back(used: UsageEntry) -> None:
    with workspace_scope(used.workspace_id), time_machine.travel(timezone.now() - timedelta(seconds=5), tick=False):
        backfill(metric=Metric.AVATAR_MS, quantity=1, event_id="back", usage=usage())
        assert counters() == (301, 0, 0)
