"""Settle, renew, release: what was used is counted once, the rest comes back, nothing passes the ceiling."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest

from accounts.errors import Conflict, NotFound
from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.checks import ledger_differences
from quotas.metrics import Metric
from quotas.models import Reservation, UsageEntry
from quotas.services import release, renew, settle
from quotas.values import Hold, Renewal
from tests.quotas.factories import LEASE, counters, subscribe, take, usage

pytestmark = pytest.mark.django_db


@pytest.fixture
def limit_1000(workspace: Workspace) -> Workspace:
    subscribe(workspace, avatar_ms=1000, concurrent_sessions=2)
    return workspace


@pytest.fixture
def scope(limit_1000: Workspace, in_workspace: object) -> None:
    """Alice's workspace with 1000 ms, open."""


def entries() -> list[tuple[str, int]]:
    return list(UsageEntry.objects.order_by("created_at", "-kind").values_list("kind", "quantity"))


def renewed(hold: Hold, *, used: int, next_amount: int, sequence: int = 1) -> Renewal:
    return renew(hold_id=hold.id, used=used, sequence=sequence, next_amount=next_amount, lease=LEASE, usage=usage())


def test_it_settles_in_parts_and_gives_the_rest_back(scope: None) -> None:
    hold = take(600)
    settle(hold_id=hold.id, used=200, sequence=1, usage=usage())
    assert counters() == (200, 400, 0)
    settle(hold_id=hold.id, used=150, sequence=2, usage=usage())
    release(hold_id=hold.id, used=50, sequence=3, usage=usage())
    assert counters() == (400, 0, 0)
    assert entries() == [("usage", 200), ("usage", 150), ("usage", 50)]
    row = Reservation.objects.get()
    assert (row.state, row.used, row.held) == ("released", 400, 0)
    assert row.closed_at is not None


def test_it_ignores_repeated_steps(scope: None) -> None:
    hold = take(600)
    for _ in range(3):
        settle(hold_id=hold.id, used=200, sequence=5, usage=usage())
    settle(hold_id=hold.id, used=100, sequence=4, usage=usage())
    assert counters() == (200, 400, 0)
    for _ in range(3):
        release(hold_id=hold.id, used=100, sequence=6, usage=usage())
    release(hold_id=hold.id, used=100, sequence=7, usage=usage())
    assert counters() == (300, 0, 0)
    assert entries() == [("usage", 200), ("usage", 100)]


def test_it_takes_a_surplus_from_free_allowance_and_the_rest_is_overrun(scope: None) -> None:
    others, hold = take(500), take(300)
    settle(hold_id=hold.id, used=650, sequence=1, usage=usage(provider_cost=Decimal("0.5")))
    assert counters() == (500, 500, 150)
    assert entries() == [("usage", 500), ("overrun", 150)]
    assert UsageEntry.objects.get(kind="usage").provider_cost == Decimal("0.5")
    assert UsageEntry.objects.get(kind="overrun").provider_cost is None
    release(hold_id=others.id, used=500, sequence=1, usage=usage())  # what others hold was not eaten
    assert counters() == (1000, 0, 150)
    assert ledger_differences() == []


def test_it_renews_by_topping_up(scope: None) -> None:
    renewal = renewed(take(200), used=120, next_amount=200)
    assert renewal.shortage is None
    assert (renewal.hold.amount, renewal.hold.used, renewal.hold.sequence) == (200, 120, 1)
    assert counters() == (120, 200, 0)


def test_it_renews_downwards(scope: None) -> None:
    assert renewed(take(500), used=100, next_amount=50).hold.amount == 50
    assert counters() == (100, 50, 0)


def test_it_renews_with_what_is_left_and_says_so(scope: None) -> None:
    take(700)
    renewal = renewed(take(200), used=150, next_amount=200)
    assert renewal.hold.amount == 150
    assert renewal.shortage is not None
    assert (renewal.shortage.asked, renewal.shortage.limit, renewal.shortage.used) == (50, 1000, 150)
    assert counters() == (150, 850, 0)


def test_it_tops_up_with_what_a_surplus_has_left(scope: None) -> None:
    take(500)
    renewal = renewed(take(100), used=300, next_amount=400)
    assert renewal.hold.amount == 200
    assert renewal.shortage is not None
    assert counters() == (300, 700, 0)


def test_it_settles_even_where_nothing_is_left_to_renew_with(scope: None) -> None:
    take(800)
    hold = take(200)
    renewal = renewed(hold, used=200, next_amount=200)
    assert (renewal.hold.amount, renewal.hold.is_open) == (0, True)
    assert renewal.shortage is not None
    assert counters() == (200, 800, 0)
    release(hold_id=hold.id, sequence=2)
    assert counters() == (200, 800, 0)


def test_it_returns_the_standing_hold_for_a_repeated_renewal(scope: None) -> None:
    hold = take(200)
    first, again = (renewed(hold, used=120, next_amount=200) for _ in range(2))
    assert again == first
    assert counters() == (120, 200, 0)


def test_it_renews_a_place_without_a_period(scope: None) -> None:
    hold = take(1, metric=Metric.CONCURRENT_SESSIONS)
    assert renewed(hold, used=0, next_amount=1).shortage is None
    assert counters(Metric.CONCURRENT_SESSIONS) == (0, 1, 0)
    assert entries() == []


def test_it_does_not_renew_what_was_released(scope: None) -> None:
    hold = take(200)
    release(hold_id=hold.id, used=10, sequence=1, usage=usage())
    with pytest.raises(Conflict, match="closed"):
        renewed(hold, used=50, next_amount=200, sequence=2)
    assert counters() == (10, 0, 0)


def test_it_refuses_negative_use_and_unknown_holds(scope: None) -> None:
    hold = take(200)
    with pytest.raises(ValueError, match="negative"):
        settle(hold_id=hold.id, used=-1, sequence=1, usage=usage())
    with pytest.raises(NotFound):
        settle(hold_id=uuid4(), used=1, sequence=1, usage=usage())
    assert counters() == (0, 200, 0)


def test_it_writes_into_the_ledger_what_the_use_was_for(scope: None) -> None:
    session_id, avatar, key_id = uuid4(), "ada", uuid4()
    hold = take(200)
    about = usage(session_id=session_id, avatar=avatar, api_key_id=key_id, provider="local", sku="photo")
    settle(hold_id=hold.id, used=10, sequence=1, usage=about)
    entry = UsageEntry.objects.get()
    assert (entry.session_id, entry.avatar, entry.api_key_id) == (session_id, avatar, key_id)
    assert (entry.provider, entry.sku, entry.reservation_id, entry.metric) == ("local", "photo", hold.id, "avatar_ms")
    assert entry.occurred_at == about.occurred_at
    assert entry.event_id == f"{hold.id}/1/settle/usage"


def test_it_hides_holds_from_strangers(limit_1000: Workspace, charlies_workspace: Workspace) -> None:
    with workspace_scope(limit_1000.pk):
        hold = take(200)
    with workspace_scope(charlies_workspace.pk):
        for step in (settle, release):
            with pytest.raises(NotFound):
                step(hold_id=hold.id, used=100, sequence=1, usage=usage())
        with pytest.raises(NotFound):
            renewed(hold, used=100, next_amount=100)
        assert counters() == (0, 0, 0)
    with workspace_scope(limit_1000.pk):
        assert counters() == (0, 200, 0)
        assert Reservation.objects.get().sequence == 0


def test_it_goes_on_without_a_limit(workspace: Workspace) -> None:
    subscribe(workspace, avatar_ms=None)
    with workspace_scope(workspace.pk):
        hold = take(200)
        assert renewed(hold, used=900, next_amount=500).hold.amount == 500
        assert counters() == (900, 500, 0)
        settle(hold_id=hold.id, used=700, sequence=2, usage=usage())
        assert counters() == (1600, 0, 0)
