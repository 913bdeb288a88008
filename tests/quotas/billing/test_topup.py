"""Credit is bought by itself when little is left: once at a time, a few times a period, and never on tick."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from accounts.errors import Conflict, Invalid, NotFound
from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.billing.entitlements import entitlement_for
from quotas.billing.invoicing import reissue, void
from quotas.billing.topup import top_up, top_up_all, top_up_remove, top_up_set
from quotas.metrics import Metric
from quotas.models import CreditGrant, Invoice, Subscription, TopUpRule
from quotas.periods import open_period
from tests.quotas.billing.bills import ANCHOR, Sold, offer
from tests.quotas.factories import used, utc

pytestmark = pytest.mark.django_db
NOW, NEXT = utc(2026, 2, 10), utc(2026, 3, 2)
METRIC = Metric.AVATAR_MS


@pytest.fixture
def clock(workspace: Workspace) -> Iterator[time_machine.Traveller]:
    """1,000 ms are included, 10 ms cost 0.5 minor units; below 200 left, 600 are bought, twice a period at most."""
    with time_machine.travel(NOW, tick=False) as traveller, workspace_scope(workspace.pk):
        Subscription.objects.create(plan=offer(avatar_ms=Sold(), stt_ms=Sold(price=None)), anchor_at=ANCHOR)
        open_period(workspace.pk, NOW)
        top_up_set(metric=METRIC, threshold=200, amount=600, most_per_period=2)
        yield traveller


def bills() -> list[tuple[str, int]]:
    return list(Invoice.objects.order_by("number").values_list("reason", "subtotal_minor"))


def test_it_buys_when_less_than_the_threshold_is_left_and_not_before(clock: time_machine.Traveller) -> None:
    used(METRIC, 800)
    assert top_up() == []
    used(METRIC, 1)
    (bought,) = top_up()
    assert (bought.amount, bought.source, bills()) == (600, "top_up", [("purchase", 30)])
    assert entitlement_for(METRIC).granted == 600
    assert top_up() == []


def test_it_buys_no_more_often_than_it_may_in_a_period(clock: time_machine.Traveller) -> None:
    for _ in range(3):
        used(METRIC, 1_000)
        top_up()
    assert CreditGrant.objects.count() == 2
    clock.move_to(NEXT)
    used(METRIC, 900)
    assert len(top_up()) == 1
    assert len(bills()) == 3


@pytest.mark.parametrize("status", ["past_due", "suspended"])
def test_it_buys_nothing_for_who_does_not_pay(clock: time_machine.Traveller, status: str) -> None:
    used(METRIC, 900)
    Subscription.objects.update(status=status)
    assert top_up() == []
    assert bills() == []


def test_it_charges_the_operators_price_and_nothing_where_that_is_nothing(clock: time_machine.Traveller) -> None:
    top_up_set(metric=METRIC, threshold=200, amount=600, price_minor=7)
    used(METRIC, 900)
    top_up()
    top_up_set(metric=METRIC, threshold=2_000, amount=600, price_minor=0)
    top_up()
    assert bills() == [("purchase", 7)]
    assert CreditGrant.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"metric": "voices"}, Invalid),
        ({"metric": "nothing"}, Invalid),
        ({"amount": 0}, Invalid),
        ({"threshold": -1}, Invalid),
        ({"most_per_period": 0}, Invalid),
        ({"metric": "stt_ms"}, Conflict),
    ],
)
def test_it_refuses_rules_that_make_no_sense(
    clock: time_machine.Traveller, changes: dict[str, Any], error: type[Exception]
) -> None:
    before = list(TopUpRule.objects.values())
    asked: dict[str, Any] = {"metric": METRIC, "threshold": 1, "amount": 1} | changes
    with pytest.raises(error):
        top_up_set(**asked)
    assert list(TopUpRule.objects.values()) == before


def test_it_stops_where_the_rule_is_removed(clock: time_machine.Traveller) -> None:
    top_up_remove(metric=METRIC)
    used(METRIC, 900)
    assert top_up() == []
    with pytest.raises(NotFound):
        top_up_remove(metric=METRIC)


def test_it_finds_who_runs_low_in_every_workspace(workspace: Workspace, charlies_workspace: Workspace) -> None:
    with time_machine.travel(NOW, tick=False):
        for space, amount in ((workspace, 900), (charlies_workspace, 100)):
            with workspace_scope(space.pk):
                Subscription.objects.create(plan=offer(avatar_ms=Sold()), anchor_at=ANCHOR)
                open_period(space.pk, NOW)
                top_up_set(metric=METRIC, threshold=200, amount=600, most_per_period=1)
                used(METRIC, amount)
        assert top_up_all(now=NOW) == 1
        with workspace_scope(workspace.pk):
            used(METRIC, 600)
        assert top_up_all(now=NOW) == 0
        with workspace_scope(charlies_workspace.pk):
            assert not CreditGrant.objects.exists()


def test_it_takes_back_what_is_left_of_what_a_void_invoice_had_sold(clock: time_machine.Traveller) -> None:
    used(METRIC, 900)
    top_up()
    used(METRIC, 200)  # 100 of the 600
    sold = Invoice.objects.get()
    for _ in range(2):
        void(invoice_id=sold.pk, at=NOW)
        assert (CreditGrant.objects.get().remaining, entitlement_for(METRIC).granted) == (0, 100)
    again = reissue(invoice_id=sold.pk, at=NOW)
    assert (CreditGrant.objects.get().remaining, entitlement_for(METRIC).granted) == (500, 600)
    void(invoice_id=again.pk, at=NOW)
    assert (CreditGrant.objects.get().remaining, entitlement_for(METRIC).granted) == (0, 100)
    reissue(invoice_id=sold.pk, at=NOW)
    assert CreditGrant.objects.get().remaining == 500
