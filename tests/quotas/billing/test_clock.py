"""The billing clock does everything that time brings, for every workspace, and one that fails stops nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.billing.clock import sweep
from quotas.billing.credits import grant
from quotas.billing.topup import top_up_set
from quotas.metrics import Metric
from quotas.models import AlertFiring, BillingPeriod, CreditGrant, GrantSource, Invoice, Subscription
from quotas.periods import open_period
from tests.quotas.billing.bills import ANCHOR, FIRST_END, Sold, offer
from tests.quotas.factories import used, utc

pytestmark = pytest.mark.django_db
NOW = utc(2026, 2, 10)
METRIC = Metric.AVATAR_MS


def begin(workspace: Workspace) -> None:
    """1,000 ms included; 900 are used, a gift of 500 expires on the 20th, and 300 are bought when 700 are left."""
    with workspace_scope(workspace.pk):
        Subscription.objects.create(plan=offer(avatar_ms=Sold()), anchor_at=ANCHOR)
        open_period(workspace.pk, NOW)
        grant(amount=500, key="gift", metric=METRIC, source=GrantSource.PROMO, expires_at=utc(2026, 2, 20), at=NOW)
        top_up_set(metric=METRIC, threshold=700, amount=300, most_per_period=1)
        used(METRIC, 900)


def test_it_does_everything_that_is_due_and_nothing_twice(workspace: Workspace) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        begin(workspace)
        first = sweep(now=NOW)
        assert {name: first[name] for name in ("bought", "alerts", "closed", "expired")} == {
            "bought": 1,
            "alerts": 1,  # half of 1,800
            "closed": 0,
            "expired": 0,
        }
        assert set(sweep(now=NOW).values()) == {0}
        clock.move_to(utc(2026, 2, 20))
        assert sweep(now=utc(2026, 2, 20))["expired"] == 1
        clock.move_to(FIRST_END + timedelta(minutes=1))  # the purchase was due two weeks after the 10th
        done = sweep(now=FIRST_END + timedelta(minutes=1))
        assert (done["closed"], done["standing"]) == (1, 1)
    with workspace_scope(workspace.pk):
        assert dict(CreditGrant.objects.values_list("source", "remaining")) == {"promo": 0, "top_up": 300}
        assert sorted(Invoice.objects.values_list("reason", flat=True)) == ["period", "purchase"]
        assert Subscription.objects.get().status == "past_due"


def test_it_goes_on_with_the_others_where_one_workspace_fails(
    workspace: Workspace, charlies_workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        for space in (workspace, charlies_workspace):
            begin(space)
        with workspace_scope(workspace.pk):
            Subscription.objects.update(price_overrides={"nothing": {"included": 1}})
        clock.move_to(utc(2026, 2, 20))
        sweep(now=utc(2026, 2, 20))
        clock.move_to(FIRST_END + timedelta(minutes=1))
        sweep(now=FIRST_END + timedelta(minutes=1))
    assert str(workspace.pk) in caplog.text
    assert str(charlies_workspace.pk) not in caplog.text
    with workspace_scope(charlies_workspace.pk):
        assert list(BillingPeriod.objects.order_by("starts_at").values_list("state", flat=True)) == ["closed", "open"]
        assert AlertFiring.objects.exists()
    with workspace_scope(workspace.pk):
        assert not BillingPeriod.objects.filter(state="closed").exists()
        assert CreditGrant.objects.get(source="promo").remaining == 500
