"""Who does not pay keeps full service for the grace, then what is included, then nothing; payment restores all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine

from accounts.models import AuditEntry, Workspace
from accounts.tenancy import workspace_scope
from quotas.billing.entitlements import Entitlement, entitlement_for
from quotas.billing.invoicing import purchase_invoice
from quotas.billing.limits import refresh_due
from quotas.billing.overdue import mark_overdue, payment_restored
from quotas.metrics import Metric
from quotas.models import BillingProfile, Invoice, InvoiceState, Reservation, Subscription
from quotas.periods import open_period
from quotas.services import release
from tests.quotas.billing.bills import Sold, offer
from tests.quotas.factories import take, usage, used, utc

pytestmark = pytest.mark.django_db
ANCHOR, DUE = utc(2026, 3, 1), utc(2026, 3, 5)
GRACE_END, SUSPENDED = DUE + timedelta(days=5), DUE + timedelta(days=10)
METRIC = Metric.AVATAR_MS
Clock = time_machine.Traveller


@pytest.fixture
def clock(workspace: Workspace) -> Iterator[Clock]:
    """1,000 ms included, charged up to 4,000; five days of grace; an invoice is due on 5 March; 500 are used, 700 held."""
    with time_machine.travel(utc(2026, 3, 2), tick=False) as traveller:
        with workspace_scope(workspace.pk):
            plan = offer(avatar_ms=Sold(ceiling=4_000), concurrent_sessions=Sold(included=2, price=None))
            plan.grace_days = 5
            plan.save()
            Subscription.objects.create(plan=plan, anchor_at=ANCHOR)
            owe(DUE)
            used(METRIC, 500)
            take(700, lease=timedelta(days=60))
            take(1, metric=Metric.CONCURRENT_SESSIONS, lease=timedelta(days=60))
        yield traveller


def owe(due_at: datetime) -> Invoice:
    """An invoice with three days to pay."""
    BillingProfile.objects.get_or_create(defaults={"days_to_pay": 3})
    return purchase_invoice(
        description="Credit", metric=METRIC, quantity=1, price_minor=100, key=str(due_at), at=due_at - timedelta(days=3)
    )


def sweep(clock: Clock, at: datetime) -> int:
    clock.move_to(at)
    changed = mark_overdue(now=at)
    refresh_due(now=at)
    return changed


def standing(workspace: Workspace) -> tuple[str, datetime | None, int | None, int | None]:
    """(status, grace until, limit of avatar time, limit of sessions at once)."""
    with workspace_scope(workspace.pk):
        subscription = Subscription.objects.get()
        limits = [entitlement_for(metric).limit for metric in (METRIC, Metric.CONCURRENT_SESSIONS)]
    return subscription.status, subscription.grace_until, limits[0], limits[1]


def entitled(workspace: Workspace) -> Entitlement:
    with workspace_scope(workspace.pk):
        return entitlement_for(METRIC)


def pay(workspace: Workspace, at: datetime) -> None:
    with workspace_scope(workspace.pk):
        Invoice.objects.filter(state="open").update(state=InvoiceState.PAID, paid_at=at)


def test_it_leaves_alone_who_still_has_time_to_pay(clock: Clock, workspace: Workspace) -> None:
    assert sweep(clock, DUE) == 0
    assert standing(workspace) == ("active", None, 4_000, 2)


def test_it_serves_in_full_during_the_grace(clock: Clock, workspace: Workspace) -> None:
    assert sweep(clock, DUE + timedelta(seconds=1)) == 1
    assert standing(workspace) == ("past_due", GRACE_END, 4_000, 2)
    assert sweep(clock, GRACE_END - timedelta(seconds=1)) == 0


def test_it_gives_only_what_is_included_after_the_grace_and_keeps_what_is_held(clock: Clock, workspace: Workspace) -> None:
    sweep(clock, DUE + timedelta(days=1))
    sweep(clock, GRACE_END)
    assert standing(workspace) == ("past_due", GRACE_END, 1_200, 2)
    assert (entitled(workspace).overage, entitled(workspace).remaining) == ("charge", 0)


def test_it_stops_everything_after_the_second_grace(clock: Clock, workspace: Workspace) -> None:
    for at in (DUE + timedelta(days=1), GRACE_END, SUSPENDED):
        sweep(clock, at)
    assert standing(workspace) == ("suspended", GRACE_END, 1_200, 1)
    with workspace_scope(workspace.pk):
        assert entitlement_for(Metric.CONCURRENT_SESSIONS).remaining == 0


def test_it_takes_room_that_is_given_back_while_suspended(clock: Clock, workspace: Workspace) -> None:
    for at in (DUE + timedelta(days=1), SUSPENDED):
        sweep(clock, at)
    with workspace_scope(workspace.pk):
        assert not entitlement_for(METRIC).is_available
        held = Reservation.objects.get(metric=METRIC, state="open")
        release(hold_id=held.pk, used=100, sequence=1, usage=usage())
        assert entitlement_for(METRIC).remaining == 600
    sweep(clock, SUSPENDED + timedelta(seconds=15))
    assert (entitled(workspace).limit, entitled(workspace).remaining) == (600, 0)


@pytest.mark.parametrize("until", [DUE + timedelta(days=1), GRACE_END, SUSPENDED])
def test_it_restores_everything_once_it_is_paid(clock: Clock, workspace: Workspace, until: datetime) -> None:
    for at in (DUE + timedelta(days=1), GRACE_END, SUSPENDED):
        if at <= until:
            sweep(clock, at)
    pay(workspace, until)
    payment_restored(workspace_id=workspace.pk, at=until)
    payment_restored(workspace_id=workspace.pk, at=until)
    assert standing(workspace) == ("active", None, 4_000, 2)
    with workspace_scope(workspace.pk):
        assert AuditEntry.objects.filter(action="subscription.standing", data__after="active").count() == 1


def test_it_restores_nothing_while_another_invoice_is_overdue(clock: Clock, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        owe(DUE + timedelta(hours=1))
    sweep(clock, GRACE_END)
    with workspace_scope(workspace.pk):
        first = Invoice.objects.order_by("number")[0]
        Invoice.objects.filter(pk=first.pk).update(state=InvoiceState.PAID, paid_at=GRACE_END)
    payment_restored(workspace_id=workspace.pk, at=GRACE_END)
    assert standing(workspace)[0] == "past_due"


def test_it_notices_by_itself_that_nothing_is_owed_any_more(clock: Clock, workspace: Workspace) -> None:
    sweep(clock, GRACE_END)
    pay(workspace, GRACE_END)
    assert sweep(clock, GRACE_END + timedelta(seconds=15)) == 1
    assert standing(workspace) == ("active", None, 4_000, 2)


def test_it_holds_the_free_plan_that_follows_a_cancellation_liable_too(clock: Clock, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        Subscription.objects.update(cancel_at=utc(2026, 4, 1))
    with workspace_scope(workspace.pk):
        clock.move_to(utc(2026, 4, 2))
        open_period(workspace.pk, utc(2026, 4, 2))
    assert sweep(clock, utc(2026, 4, 2)) == 1
    with workspace_scope(workspace.pk):
        live = Subscription.objects.exclude(status="canceled").get()
        assert (live.plan.code, live.status) == ("free", "suspended")
