"""Steps in a transaction of their own lead to what the services lead to, also where they are not plain."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.errors import NotFound
from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas import alone
from quotas.checks import ledger_differences
from quotas.errors import QuotaExceeded
from quotas.metrics import Metric
from quotas.models import Reservation, UsageEntry
from quotas.values import Hold
from tests.quotas.factories import LEASE, counters, subscribe, usage

pytestmark = pytest.mark.django_db(transaction=True)


def take(workspace: Workspace, amount: int, key: str = "k") -> Hold:
    asked: dict[str, Any] = {"purpose": "test", "subject_id": workspace.pk, "key": key, "lease": LEASE}
    return alone.reserve(workspace_id=workspace.pk, metric=Metric.AVATAR_MS, amount=amount, **asked)


def test_it_reserves_settles_and_releases(workspace: Workspace) -> None:
    subscribe(workspace, avatar_ms=1000)
    first = take(workspace, 300)  # opens the period
    second = take(workspace, 400, key="second")
    assert (first.amount, second.amount, second.is_open, second.sequence) == (300, 400, True, 0)
    alone.settle(workspace_id=workspace.pk, hold=first, used=100, sequence=1, usage=usage(avatar="ada"))
    alone.release(workspace_id=workspace.pk, hold=second, used=450, sequence=1, usage=usage())
    with workspace_scope(workspace.pk):
        assert counters() == (550, 200, 0)
        assert sorted(UsageEntry.objects.values_list("quantity", flat=True)) == [100, 450]
        assert ledger_differences() == []


def test_it_changes_nothing_when_repeated(workspace: Workspace) -> None:
    subscribe(workspace, avatar_ms=1000)
    hold = take(workspace, 300)
    assert take(workspace, 900) == hold
    for _ in range(2):
        alone.settle(workspace_id=workspace.pk, hold=hold, used=100, sequence=1, usage=usage())
        alone.release(workspace_id=workspace.pk, hold=hold, used=50, sequence=2, usage=usage())
    assert not take(workspace, 300).is_open
    with workspace_scope(workspace.pk):
        assert counters() == (150, 0, 0)


def test_it_refuses_what_does_not_fit_and_leaves_nothing_behind(workspace: Workspace) -> None:
    subscribe(workspace, avatar_ms=1000)
    take(workspace, 900)
    with pytest.raises(QuotaExceeded):
        take(workspace, 101, key="too-much")
    with pytest.raises(ValueError, match="positive"):
        take(workspace, 0, key="nothing")
    with workspace_scope(workspace.pk):
        assert Reservation.objects.count() == 1
        assert counters() == (0, 900, 0)


def test_it_is_not_alone_inside_of_a_transaction(workspace: Workspace) -> None:
    with workspace_scope(workspace.pk), pytest.raises(RuntimeError, match="transaction is open"):
        take(workspace, 5)


def test_it_touches_no_other_workspace(workspace: Workspace, charlies_workspace: Workspace) -> None:
    for space in (workspace, charlies_workspace):
        subscribe(space, avatar_ms=1000)
    hold = take(workspace, 300)
    with pytest.raises(NotFound):
        alone.settle(workspace_id=charlies_workspace.pk, hold=hold, used=100, sequence=1, usage=usage())
    with workspace_scope(workspace.pk):
        assert counters() == (0, 300, 0)
