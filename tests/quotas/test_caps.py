"""A spend cap stops what would cost more, before it is used: exactly, for all charged metrics together."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import Workspace
from accounts.tenancy import current_workspace_id, workspace_scope
from quotas.caps import under_cap
from quotas.checks import ledger_differences
from quotas.errors import QuotaExceeded, SpendCapReached
from quotas.metrics import Metric
from quotas.models import (
    Allowance,
    CapAction,
    Overage,
    Plan,
    PlanAllowance,
    Pricing,
    ProviderRate,
    Reservation,
    SpendCap,
    Subscription,
    UsageEntry,
)
from quotas.periods import open_period
from quotas.services import release, renew, renew_many, reserve, settle
from quotas.values import RenewalRequest
from tests.quotas.factories import LEASE, counters, subscribe, take, usage
from tests.quotas.test_races import at_once

TIME, TEXT = Metric.AVATAR_MS, Metric.TTS_CHARACTERS
pytestmark = pytest.mark.django_db


def cap(workspace: Workspace, minor: int, *, action: CapAction = CapAction.STOP, ceiling: int | None = None) -> None:
    """100 of either metric are free, then 3 cents for 10 ms and 1 cent for 7 characters; the cap is `minor` cents."""
    plan = Plan.objects.create(code=f"capped-{uuid4().hex}", name="Capped")
    for metric, price, size in ((TIME, "3", 10), (TEXT, "1", 7)):
        PlanAllowance.objects.create(
            plan=plan,
            metric=metric,
            included=100,
            overage=Overage.CHARGE,
            unit_price=Decimal(price),
            unit_size=size,
            ceiling=ceiling,
        )
    with workspace_scope(workspace.pk):
        SpendCap.objects.create(amount_minor=minor, action=action)
        Subscription.objects.create(plan=plan, anchor_at=timezone.now() - timedelta(days=1))
        open_period(workspace.pk, timezone.now())


def charge() -> int:
    """What the scope's period would cost: both metrics, each rounded up. In plain arithmetic, not the product's."""
    used = {row.metric: max(0, row.settled + row.held - 100) for row in Allowance.objects.filter(metric__in=[TIME, TEXT])}
    return -(-used[TIME] * 3 // 10) - (-used[TEXT] // 7)


def test_it_takes_up_to_the_cap_and_not_a_unit_more(workspace: Workspace) -> None:
    cap(workspace, 10)
    with workspace_scope(workspace.pk):
        take(100 + 20)  # 6 cents
        take(100 + 28, metric=TEXT)  # 4 cents
        assert charge() == 10
        with pytest.raises(SpendCapReached) as refused:
            take(7, metric=TEXT, key="too-much")
        extra = refused.value.extra
        assert (refused.value.status, refused.value.code) == (402, "spend_cap_reached")
        assert (extra["metric"], extra["limit"], extra["used"], extra["asked"]) == ("tts_characters", 10, 10, 1)
        assert extra["resets_at"].endswith("+00:00")
        assert counters(TEXT) == (0, 128, 0)
        assert not Reservation.objects.filter(key="too-much").exists()


def test_it_rounds_each_metric_up(workspace: Workspace) -> None:
    cap(workspace, 1)
    with workspace_scope(workspace.pk):
        take(100 + 3)  # 0.9 cents are a cent
        with pytest.raises(SpendCapReached):
            take(101, metric=TEXT)
        take(100, metric=TEXT)  # what is free is not in question


def test_it_gives_what_was_released_to_the_other_metric(workspace: Workspace) -> None:
    cap(workspace, 6)
    with workspace_scope(workspace.pk):
        hold = take(100 + 20)
        with pytest.raises(SpendCapReached):
            take(107, metric=TEXT)
        release(hold_id=hold.id, used=100, sequence=1, usage=usage())
        assert take(142, metric=TEXT).amount == 142


def test_it_returns_the_same_hold_for_the_same_key_when_the_cap_is_reached(workspace: Workspace) -> None:
    cap(workspace, 3)
    with workspace_scope(workspace.pk):
        hold = take(110, key="again")
        assert take(110, key="again") == hold
        assert counters() == (0, 110, 0)


def test_it_tells_of_the_ceiling_where_that_comes_first(workspace: Workspace) -> None:
    cap(workspace, 1000, ceiling=150)
    with workspace_scope(workspace.pk), pytest.raises(QuotaExceeded) as refused:
        take(151)
    assert refused.value.code == "quota_exceeded"


def test_it_only_tells_where_it_is_not_to_stop(workspace: Workspace) -> None:
    cap(workspace, 1, action=CapAction.NOTIFY)
    with workspace_scope(workspace.pk):
        assert take(10_000).amount == 10_000


def test_it_goes_on_where_somebody_overrides_it(workspace: Workspace) -> None:
    cap(workspace, 1)
    with workspace_scope(workspace.pk):
        hold = reserve(metric=TIME, amount=500, purpose="test", subject_id=workspace.pk, key="k", lease=LEASE, override_cap=True)
        again = renew(hold_id=hold.id, used=400, sequence=1, next_amount=900, lease=LEASE, usage=usage(), override_cap=True)
        assert (again.hold.amount, again.shortage) == (900, None)


def test_it_renews_as_much_as_fits_under_the_cap(workspace: Workspace) -> None:
    cap(workspace, 9)
    with workspace_scope(workspace.pk):
        hold = take(100)
        first = renew(hold_id=hold.id, used=90, sequence=1, next_amount=50, lease=LEASE, usage=usage())
        assert first.hold.amount == 40
        assert first.shortage is not None
        assert first.shortage.spend is not None
        assert (first.shortage.spend.limit, first.shortage.spend.used) == (9, 9)
        assert charge() == 9
        assert counters() == (90, 40, 0)


def test_it_renews_many_holds_under_their_caps(workspace: Workspace, charlies_workspace: Workspace) -> None:
    cap(workspace, 9)
    subscribe(charlies_workspace, avatar_ms=1000)
    holds = {}
    for space in (workspace, charlies_workspace):
        with workspace_scope(space.pk):
            holds[space.pk] = take(100)
    requests = [
        RenewalRequest(
            workspace_id=space,
            hold_id=hold.id,
            metric=TIME,
            used=90,
            sequence=1,
            next_amount=50,
            lease=LEASE,
            usage=usage(),
        )
        for space, hold in holds.items()
    ]
    for _ in range(2):  # a repeat changes nothing
        renewals = renew_many(requests)
        assert {space: renewals[hold.id].hold.amount for space, hold in holds.items()} == {
            workspace.pk: 40,
            charlies_workspace.pk: 50,
        }


def test_it_never_charges_for_what_a_holder_used_beyond_its_hold(workspace: Workspace) -> None:
    cap(workspace, 3)
    with workspace_scope(workspace.pk):
        hold = take(60)
        settle(hold_id=hold.id, used=130, sequence=1, usage=usage())
        assert counters() == (100, 0, 30)
        assert charge() == 0
        assert ledger_differences() == []


def test_it_reckons_pass_through_at_the_mean_cost_so_far(workspace: Workspace) -> None:
    cap(workspace, 10)
    with workspace_scope(workspace.pk):
        Allowance.objects.filter(metric=TIME).update(pricing=Pricing.COST_PLUS, markup_bp=2_500, unit_price=None)
        hold = take(100)
        settle(hold_id=hold.id, used=100, sequence=1, usage=usage(provider_cost=Decimal("0.4"), provider_currency="eur"))
        assert UsageEntry.objects.get().provider_cost == Decimal("0.4")  # 0.4 cents each, 0.5 with the markup
        assert under_cap(workspace.pk, TIME, timezone.now())["spend_ceiling"] == 100 + 20
        take(20)
        with pytest.raises(SpendCapReached):
            take(1)


def test_it_reckons_pass_through_by_the_newest_rate_before_anything_has_a_cost(workspace: Workspace) -> None:
    cap(workspace, 10)
    now = timezone.now()
    for days, unit_cost in ((9, "9"), (2, "0.004"), (-1, "7")):  # major units; the last one is not valid yet
        valid_to = now - timedelta(days=2) if days == 9 else None if days < 0 else now + timedelta(days=1)
        ProviderRate.objects.create(
            provider="cloud", metric=TIME, unit_cost=Decimal(unit_cost), valid_from=now - timedelta(days=days), valid_to=valid_to
        )
    with workspace_scope(workspace.pk):
        Allowance.objects.filter(metric=TIME).update(pricing=Pricing.COST_PLUS, markup_bp=2_500, unit_price=None)
        take(100 + 20)  # half a cent each
        with pytest.raises(SpendCapReached):
            take(1)


def test_it_gives_only_what_is_free_where_nobody_knows_the_cost(workspace: Workspace) -> None:
    cap(workspace, 10)
    with workspace_scope(workspace.pk):
        Allowance.objects.filter(metric=TIME).update(pricing=Pricing.COST_PLUS, markup_bp=2_500, unit_price=None)
        take(100)
        with pytest.raises(SpendCapReached):
            take(1)
        assert counters() == (0, 100, 0)


@pytest.mark.django_db(transaction=True)
def test_it_holds_exactly_when_32_spend_on_two_metrics_at_once(workspace: Workspace) -> None:
    cap(workspace, 60)

    def spend(number: int) -> int:
        taken = 0
        for step in range(4):
            try:
                with workspace_scope(workspace.pk):
                    take(11, metric=(TIME, TEXT)[(number + step) % 2])
                    taken += 11
            except SpendCapReached:
                continue
        return taken

    taken = sum(at_once(spend, range(32)))
    with workspace_scope(current := workspace.pk):
        assert current == current_workspace_id()
        assert taken == sum(Reservation.objects.values_list("amount", flat=True))
        assert 55 <= charge() <= 60
        assert ledger_differences() == []
