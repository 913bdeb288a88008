"""Room is taken before anything is spent: all of it, or nothing and a reason."""

from __future__ import annotations

from uuid import uuid4

import pytest

from accounts.models import Workspace
from accounts.tenancy import ScopeMissing, workspace_scope
from quotas.errors import QuotaExceeded
from quotas.metrics import Metric
from quotas.models import Reservation
from quotas.services import release
from tests.quotas.factories import counters, subscribe, take

pytestmark = pytest.mark.django_db


def test_it_takes_what_fits_and_refuses_what_does_not(workspace: Workspace) -> None:
    subscribe(workspace, avatar_ms=1000)
    with workspace_scope(workspace.pk):
        hold = take(600)
        assert (hold.amount, hold.used, hold.is_open) == (600, 0, True)
        with pytest.raises(QuotaExceeded) as refused:
            take(401, key="too-much")
        assert (refused.value.status, refused.value.code) == (402, "quota_exceeded")
        extra = refused.value.extra
        assert (extra["metric"], extra["limit"], extra["used"], extra["held"]) == ("avatar_ms", 1000, 0, 600)
        assert extra["resets_at"].endswith("+00:00")
        assert counters() == (0, 600, 0)
        assert not Reservation.objects.filter(key="too-much").exists()
        take(400, key="too-much")  # the refused key is free again
        assert counters() == (0, 1000, 0)


def test_it_returns_the_same_hold_for_the_same_key(workspace: Workspace) -> None:
    subscribe(workspace, avatar_ms=1000)
    with workspace_scope(workspace.pk):
        first, again = take(600, key="session-1"), take(900, key="session-1")
        assert again == first
        assert counters() == (0, 600, 0)
        release(hold_id=first.id, sequence=1)
        assert not take(600, key="session-1").is_open
        assert counters() == (0, 0, 0)


def test_it_keeps_keys_of_different_metrics_apart(workspace: Workspace) -> None:
    subscribe(workspace, avatar_ms=1000, concurrent_sessions=1)
    with workspace_scope(workspace.pk):
        slot = take(1, metric=Metric.CONCURRENT_SESSIONS, key="session-1")
        time = take(1000, key="session-1")
        assert slot.id != time.id


def test_it_counts_sessions_at_once_and_gives_the_place_back(workspace: Workspace) -> None:
    subscribe(workspace, concurrent_sessions=2)
    gauge = Metric.CONCURRENT_SESSIONS
    with workspace_scope(workspace.pk):
        first, _ = take(1, metric=gauge), take(1, metric=gauge)
        with pytest.raises(QuotaExceeded) as refused:
            take(1, metric=gauge)
        assert (refused.value.extra["used"], refused.value.extra["limit"]) == (2, 2)
        assert refused.value.extra["resets_at"] is None
        release(hold_id=first.id, sequence=1)
        take(1, metric=gauge)
        assert counters(gauge) == (0, 2, 0)


def test_it_never_refuses_without_a_limit(workspace: Workspace) -> None:
    subscribe(workspace, avatar_ms=None)
    with workspace_scope(workspace.pk):
        assert take(10**15).amount == 10**15


def test_it_refuses_what_the_plan_does_not_mention(workspace: Workspace) -> None:
    subscribe(workspace, avatar_ms=1000)
    with workspace_scope(workspace.pk), pytest.raises(QuotaExceeded) as refused:
        take(1, metric=Metric.TTS_CHARACTERS)
    assert refused.value.extra["limit"] == 0


@pytest.mark.parametrize("amount", [0, -5])
def test_it_wants_a_positive_amount(in_workspace: object, amount: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        take(amount)
    assert not Reservation.objects.exists()


def test_it_needs_a_scope(db: None) -> None:
    with pytest.raises(ScopeMissing):
        take(1)


def test_it_does_not_touch_another_workspace(workspace: Workspace, charlies_workspace: Workspace) -> None:
    subscribe(workspace, avatar_ms=1000)
    with workspace_scope(charlies_workspace.pk):
        take(700, key=f"same-{uuid4()}")
        assert counters() == (0, 700, 0)
    with workspace_scope(workspace.pk):
        assert counters() == (0, 0, 0)
        assert not Reservation.objects.exists()
