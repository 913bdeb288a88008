"""Plans, credit and periods change while holders hold: nothing is given twice, nobody waits for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from itertools import cycle

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.billing.credits import grant
from quotas.billing.limits import apply_limits
from quotas.billing.subscriptions import plan_assign
from quotas.checks import ledger_differences
from quotas.errors import QuotaExceeded
from quotas.metrics import Metric
from quotas.models import Allowance, BillingPeriod, CreditEntry, CreditGrant, GrantSource, Subscription
from quotas.periods import open_period
from quotas.services import release
from tests.quotas.billing.bills import Sold, offer
from tests.quotas.factories import take, usage

pytestmark = pytest.mark.django_db(transaction=True)
METRIC = Metric.AVATAR_MS
ROUNDS = 8


def at_once(workspace: Workspace, *steps: Callable[[int], None]) -> list[Exception]:
    """Run each step ROUNDS times in a thread of its own, each time in a scope of its own; what they raised."""
    raised: list[Exception] = []
    gate = threading.Barrier(len(steps))

    def run(step: Callable[[int], None]) -> None:
        gate.wait()
        try:
            for number in range(ROUNDS):
                with workspace_scope(workspace.pk):
                    step(number)
        except Exception as error:  # noqa: BLE001  (told to the test)
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return raised


def use(_: int) -> None:
    try:
        take(1, metric=Metric.CONCURRENT_SESSIONS)
        hold = take(7)
    except QuotaExceeded:
        return
    release(hold_id=hold.id, used=5, sequence=1, usage=usage())


def test_it_changes_plans_gives_credit_and_burns_it_while_everyone_uses(workspace: Workspace) -> None:
    sizes = {"small": (100, 2), "large": (400, 500)}
    plans = {
        name: offer(avatar_ms=Sold(included=amount, price=None), concurrent_sessions=Sold(included=places, price=None))
        for name, (amount, places) in sizes.items()
    }
    with workspace_scope(workspace.pk):
        Subscription.objects.create(plan=plans["small"], anchor_at=timezone.now() - timedelta(days=1))
        open_period(workspace.pk, timezone.now())
    turns = cycle([plans["large"], plans["small"]])
    raised = at_once(
        workspace,
        use,
        use,
        use,
        lambda _: (plan_assign(plan=next(turns)), None)[1],
        lambda number: (grant(amount=3, key=f"gift {number}", metric=METRIC, source=GrantSource.PROMO), None)[1],
        lambda _: (apply_limits(workspace_id=workspace.pk), None)[1],
    )
    assert raised == []
    with workspace_scope(workspace.pk):
        apply_limits(workspace_id=workspace.pk)
        row = Allowance.objects.get(metric=METRIC)
        assert row.granted == 3 * ROUNDS
        assert row.burned == max(0, min(row.granted, row.settled - (row.included or 0)))
        assert sum(CreditGrant.objects.values_list("remaining", flat=True)) == row.granted - row.burned
        assert ledger_differences() == []


def test_it_opens_one_period_with_one_share_of_the_credit_however_many_come_first(workspace: Workspace) -> None:
    start = timezone.now() - timedelta(days=40)
    with workspace_scope(workspace.pk):
        Subscription.objects.create(plan=offer(avatar_ms=Sold(included=100, price=None)), anchor_at=start)
        open_period(workspace.pk, start)
        grant(amount=50, key="gift", metric=METRIC, source=GrantSource.PROMO, at=start)
    now = timezone.now()
    steps: list[Callable[[int], None]] = [
        lambda number: (open_period(workspace.pk, now + timedelta(days=31 * number)), None)[1]
    ] * 5
    assert at_once(workspace, *steps) == []
    with workspace_scope(workspace.pk):
        periods = list(BillingPeriod.objects.order_by("starts_at"))
        assert len({period.starts_at for period in periods}) == len(periods) >= ROUNDS
        granted = Allowance.objects.filter(metric=METRIC).order_by("period__starts_at").values_list("granted", flat=True)
        assert list(granted) == [0] * (len(periods) - 1) + [50]  # what is left goes with the newest
        assert not CreditEntry.objects.exists()
