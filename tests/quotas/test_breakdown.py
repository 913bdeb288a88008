"""Tables of use: what is finished comes from UsageDaily, what is not from the ledger, and no day from both."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.breakdown import UsageFilter, UsageRow, usage_by, usage_tables, utc_today
from quotas.metrics import Metric
from quotas.models import UsageDaily
from quotas.services import settle
from tests.quotas.factories import subscribe, take, usage, used, utc

pytestmark = pytest.mark.django_db
KEY = UUID(int=5)


def recent(**changes: object) -> UsageFilter:
    today = utc_today()
    return UsageFilter(**({"first": today - timedelta(days=9), "last": today} | changes))  # type: ignore[arg-type]


def finished(day: date, quantity: int, **changes: object) -> None:
    """A day that has been summed already."""
    UsageDaily.objects.create(**({"day": day, "metric": Metric.AVATAR_MS, "avatar": "ada", "quantity": quantity} | changes))


@pytest.fixture
def busy(workspace: Workspace, in_workspace: None) -> Workspace:
    """Two avatars and a key have been used today, one of them yesterday, too."""
    now = timezone.now()
    used(Metric.AVATAR_MS, 500, avatar="ada", at=now)
    used(Metric.AVATAR_MS, 300, avatar="bea", api_key_id=KEY, at=now)
    used(Metric.TTS_CHARACTERS, 40, avatar="ada", at=now)
    used(Metric.AVATAR_MS, 7, avatar="ada", at=now - timedelta(days=1))
    return workspace


def test_it_sums_by_what_is_asked(busy: Workspace) -> None:
    assert usage_by(recent(), "metric") == [
        UsageRow(metric=Metric.AVATAR_MS, quantity=807),
        UsageRow(metric=Metric.TTS_CHARACTERS, quantity=40),
    ]
    assert [(row.avatar, row.metric, row.quantity) for row in usage_by(recent(), "avatar", "metric")] == [
        ("ada", Metric.AVATAR_MS, 507),
        ("ada", Metric.TTS_CHARACTERS, 40),
        ("bea", Metric.AVATAR_MS, 300),
    ]
    by_key = usage_by(recent(metric=Metric.AVATAR_MS), "api_key_id")
    assert [(row.api_key_id, row.quantity) for row in by_key] == [(None, 507), (KEY, 300)]


@pytest.mark.parametrize(
    ("changes", "total"),
    [
        ({}, 847),
        ({"metric": Metric.AVATAR_MS}, 807),
        ({"avatar": "bea"}, 300),
        ({"avatar": ""}, 0),
        ({"api_key_id": KEY}, 300),
        ({"api_key_id": UUID(int=6)}, 0),
    ],
)
def test_it_filters(busy: Workspace, changes: dict[str, object], total: int) -> None:
    assert sum(row.quantity for row in usage_by(recent(**changes), "metric")) == total


def test_it_adds_up_days_in_utc(workspace: Workspace, charlies_workspace: Workspace) -> None:
    with time_machine.travel(utc(2026, 3, 3, 12), tick=False):
        for space in (workspace, charlies_workspace):
            subscribe(space, anchor_at=utc(2026, 1, 1), avatar_ms=1000, tts_characters=1000)
        with workspace_scope(charlies_workspace.pk):
            settle(hold_id=take(77).id, used=77, sequence=1, usage=usage())
        with workspace_scope(workspace.pk):
            hold, other = take(900), take(50, metric=Metric.TTS_CHARACTERS)
            for number, at in enumerate(
                [utc(2026, 2, 28, 23, 59), utc(2026, 3, 1), utc(2026, 3, 1, 23, 59, 59), utc(2026, 3, 3)], start=1
            ):
                settle(hold_id=hold.id, used=10 * number, sequence=number, usage=usage(occurred_at=at))
            settle(hold_id=other.id, used=50, sequence=1, usage=usage())
            days = usage_by(UsageFilter(first=date(2026, 2, 28), last=date(2026, 3, 3), metric=Metric.AVATAR_MS), "day")
            assert [(row.day, row.quantity) for row in days] == [
                (date(2026, 2, 28), 10),
                (date(2026, 3, 1), 50),
                (date(2026, 3, 3), 40),
            ]


def test_it_keeps_to_its_days(busy: Workspace) -> None:
    today = utc_today()
    assert [(row.day, row.quantity) for row in usage_by(recent(metric=Metric.AVATAR_MS), "day")] == [
        (today - timedelta(days=1), 7),
        (today, 800),
    ]
    yesterday = recent(last=today - timedelta(days=1))
    assert usage_by(yesterday, "metric") == [UsageRow(metric=Metric.AVATAR_MS, quantity=7)]


def test_it_takes_finished_days_from_the_sums_and_the_others_from_the_ledger(busy: Workspace) -> None:
    today = utc_today()
    finished(today - timedelta(days=3), 1000)
    finished(today - timedelta(days=2), 100, avatar="bea")
    assert [(row.day, row.quantity) for row in usage_by(recent(metric=Metric.AVATAR_MS), "day")] == [
        (today - timedelta(days=3), 1000),
        (today - timedelta(days=2), 100),
        (today - timedelta(days=1), 7),
        (today, 800),
    ]


def test_it_counts_a_day_once_that_is_in_the_ledger_and_in_the_sums(busy: Workspace) -> None:
    yesterday = utc_today() - timedelta(days=1)
    finished(yesterday, 7)
    finished(utc_today(), 123_456)  # today's sums, if there are any, are not finished
    assert sum(row.quantity for row in usage_by(recent(metric=Metric.AVATAR_MS), "day")) == 807


def test_it_answers_several_questions_alike(busy: Workspace) -> None:
    finished(utc_today() - timedelta(days=4), 11)
    by_day, by_avatar = usage_tables(recent(), [("day", "metric"), ("avatar", "metric")])
    assert by_day == usage_by(recent(), "day", "metric")
    assert by_avatar == usage_by(recent(), "avatar", "metric")


def test_it_leaves_out_what_was_only_held(workspace: Workspace, in_workspace: None) -> None:
    take(500)
    assert usage_by(recent(), "metric") == []


def test_it_leaves_out_what_went_above_the_limit(workspace: Workspace) -> None:
    subscribe(workspace, avatar_ms=1000)
    with workspace_scope(workspace.pk):
        settle(hold_id=take(1000).id, used=1500, sequence=1, usage=usage())
        assert usage_by(recent(), "metric") == [UsageRow(metric=Metric.AVATAR_MS, quantity=1000)]


def test_it_sees_no_other_workspace(workspace: Workspace, charlies_workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        used(Metric.AVATAR_MS, 500)
        finished(utc_today() - timedelta(days=2), 100)
    with workspace_scope(charlies_workspace.pk):
        assert usage_by(recent(), "metric") == []
