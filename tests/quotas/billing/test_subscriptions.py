"""Plans begin, grow, shrink and end when they should, and cost what is left of a period."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.errors import Conflict, Invalid, NotFound
from accounts.models import AuditEntry, Workspace
from accounts.tenancy import current_workspace_id, workspace_scope
from quotas.billing.closing import close_due
from quotas.billing.credits import money_left
from quotas.billing.entitlements import Entitlement, entitlement_for
from quotas.billing.invoicing import mark_paid
from quotas.billing.subscriptions import (
    overrides_set,
    plan_assign,
    plan_cancel,
    plan_change,
    plan_resume,
    subscription_roll,
)
from quotas.errors import QuotaExceeded
from quotas.metrics import Metric
from quotas.models import BillingPeriod, Invoice, InvoiceLine, Plan, Subscription
from quotas.periods import open_period, subscription_of
from quotas.plans import current_plan, seed_plans
from tests.quotas.factories import take, used, utc

pytestmark = pytest.mark.django_db
JOINED, MONTH_END = utc(2026, 4, 1), utc(2026, 5, 1)
HALF = utc(2026, 4, 16)  # half of April is left
HOUR_MS = 3_600_000
Clock = time_machine.Traveller


@pytest.fixture
def clock(workspace: Workspace) -> Iterator[Clock]:
    """Alice joined on 1 April and nothing has happened since; it is the middle of the month."""
    seed_plans()
    Workspace.objects.filter(pk=workspace.pk).update(created_at=JOINED)
    with time_machine.travel(HALF, tick=False) as traveller, workspace_scope(workspace.pk):
        yield traveller


def avatar_time() -> Entitlement:
    return entitlement_for(Metric.AVATAR_MS)


def current_period() -> BillingPeriod:
    return open_period(current_workspace_id(), timezone.now())


def billed() -> list[list[tuple[str, int]]]:
    """(kind, amount) of every line with an amount, by invoice."""
    found = Invoice.objects.order_by("number")
    rows = {invoice.pk: InvoiceLine.objects.filter(invoice=invoice).order_by("position") for invoice in found}
    return [[(line.kind, line.amount_minor) for line in rows[invoice.pk] if line.amount_minor] for invoice in found]


def pay() -> None:
    for invoice in Invoice.objects.filter(state="open"):
        mark_paid(invoice_id=invoice.pk, at=timezone.now())


def test_it_begins_a_paid_plan_at_once_and_charges_the_rest_of_the_period(clock: Clock) -> None:
    before = current_period()
    plan_change(plan_code="starter")
    period = current_period()
    assert (period.pk, period.plan.code, period.ends_at) == (before.pk, "starter", MONTH_END)
    assert avatar_time().included == 10 * HOUR_MS
    assert billed() == [[("proration", 24_50)]]
    assert entitlement_for(Metric.CONCURRENT_SESSIONS).limit == 10
    assert AuditEntry.objects.filter(action="plan.changed").count() == 1


def test_it_keeps_what_was_used_and_counts_it_by_the_new_plan(clock: Clock) -> None:
    used(Metric.AVATAR_MS, 30 * 60_000)
    with pytest.raises(QuotaExceeded):
        take(1)
    plan_change(plan_code="starter")
    assert (avatar_time().used, avatar_time().remaining) == (HOUR_MS // 2, 5 * 10 * HOUR_MS - HOUR_MS // 2)
    take(1)


def test_it_charges_an_upgrade_the_difference_for_what_is_left(clock: Clock) -> None:
    plan_change(plan_code="starter")
    clock.shift(timedelta(days=7, hours=12))  # a quarter of the month is left
    plan_change(plan_code="pro")
    assert billed()[1:] == [[("proration", -12_25), ("proration", 74_75)]]
    assert avatar_time().included == 100 * HOUR_MS
    assert subscription_of(current_period().workspace_id).trial_ends_at is None


def test_it_moves_down_when_the_period_ends_and_not_before(clock: Clock) -> None:
    plan_assign(plan=current_plan("pro"))
    plan_change(plan_code="starter")
    assert avatar_time().included == 100 * HOUR_MS
    before = len(billed())
    clock.move_to(MONTH_END)
    assert (current_period().plan.code, avatar_time().included) == ("starter", 10 * HOUR_MS)
    assert entitlement_for(Metric.CONCURRENT_SESSIONS).limit == 10
    assert (len(billed()), current_period().base_price_minor) == (before, 49_00)


def test_it_goes_back_to_the_free_plan_when_a_canceled_period_ends(clock: Clock) -> None:
    plan_change(plan_code="starter")
    canceled = plan_cancel()
    assert (canceled.cancel_at, canceled.status) == (MONTH_END, "active")
    take(HOUR_MS)
    clock.move_to(MONTH_END)
    assert (current_period().plan.code, current_period().base_price_minor) == ("free", 0)
    former = Subscription.objects.get(pk=canceled.pk)
    assert (former.status, former.canceled_at) == ("canceled", MONTH_END)
    assert entitlement_for(Metric.CONCURRENT_SESSIONS).limit == 2
    assert current_period().ends_at == utc(2026, 6, 1)


@pytest.mark.parametrize("plan_it", [plan_cancel, lambda: plan_change(plan_code="starter")])
def test_it_takes_back_what_was_planned_for_the_end_of_the_period(clock: Clock, plan_it: Any) -> None:
    plan_assign(plan=current_plan("pro"))
    plan_it()
    plan_resume()
    clock.move_to(MONTH_END)
    assert current_period().plan.code == "pro"
    with pytest.raises(Conflict) as refused:
        plan_resume()
    assert refused.value.code == "nothing_to_resume"


def test_it_cancels_where_somebody_moves_to_the_free_plan(clock: Clock) -> None:
    plan_change(plan_code="starter")
    assert plan_change(plan_code="free").cancel_at == MONTH_END
    with pytest.raises(Conflict) as refused:
        plan_cancel()
    assert refused.value.code == "plan_canceled"


def test_it_begins_with_a_trial_that_charges_nothing_and_stops_at_what_is_included(clock: Clock) -> None:
    begun = plan_change(plan_code="pro")
    trial = current_period()
    assert (begun.status, trial.is_trial, trial.starts_at, trial.ends_at) == ("trialing", True, HALF, utc(2026, 4, 30))
    assert (avatar_time().limit, avatar_time().overage, avatar_time().unit_price) == (100 * HOUR_MS, "block", None)
    assert billed() == []
    clock.move_to(utc(2026, 4, 30))
    paid = current_period()
    assert (paid.is_trial, paid.base_price_minor, paid.ends_at) == (False, 299_00, utc(2026, 5, 30))
    assert (avatar_time().limit, avatar_time().overage) == (1000 * HOUR_MS, "charge")
    assert subscription_of(paid.workspace_id).status == "active"


def test_it_gives_a_trial_once_in_a_workspaces_life(clock: Clock) -> None:
    plan_change(plan_code="pro")
    plan_cancel()
    clock.move_to(utc(2026, 5, 15))
    assert current_period().plan.code == "free"
    assert plan_change(plan_code="pro").status == "active"
    assert not current_period().is_trial


def test_it_ends_a_trial_where_a_dearer_plan_is_taken_at_once(clock: Clock) -> None:
    Plan.objects.create(code="max", name="Max", base_price_minor=999_00)
    plan_change(plan_code="pro")
    clock.shift(timedelta(days=1))
    changed = plan_change(plan_code="max")
    assert (changed.status, current_period().is_trial, current_period().starts_at) == ("active", False, timezone.now())
    assert current_period().base_price_minor == 999_00


def test_it_ends_the_period_where_the_interval_changes_and_gives_back_what_was_not_used(clock: Clock) -> None:
    plan_change(plan_code="starter")
    used(Metric.AVATAR_MS, 1000)
    clock.shift(timedelta(days=7, hours=12))
    pay()
    plan_change(plan_code="starter-yearly")
    year = current_period()
    assert (year.starts_at, year.ends_at) == (timezone.now(), timezone.now().replace(year=2027))
    assert (year.base_price_minor, avatar_time().used) == (490_00, 0)
    assert money_left(currency="EUR") == 12_25
    former = BillingPeriod.objects.get(ends_at=timezone.now())
    assert (former.state, former.plan.code) == ("open", "starter")


def test_it_bills_the_new_interval_less_that_credit_when_the_old_period_is_closed(workspace: Workspace) -> None:
    seed_plans()
    Workspace.objects.filter(pk=workspace.pk).update(created_at=JOINED)
    with time_machine.travel(HALF, tick=False) as clock:
        with workspace_scope(workspace.pk):
            plan_change(plan_code="starter")
        clock.shift(timedelta(days=7, hours=12))
        with workspace_scope(workspace.pk):
            pay()
            plan_change(plan_code="starter-yearly")
        assert close_due(now=timezone.now()) == 1
        with workspace_scope(workspace.pk):
            assert billed()[1:] == [[("base", 490_00), ("credit", -12_25)]]
            assert money_left(currency="EUR") == 0


@pytest.mark.parametrize(
    ("code", "error", "why"),
    [
        ("enterprise", NotFound, "plan_not_found"),
        ("nothing", NotFound, "plan_not_found"),
        ("starter", Conflict, "plan_unchanged"),
    ],
)
def test_it_refuses_a_change_that_is_none_or_not_on_offer(clock: Clock, code: str, error: type[Exception], why: str) -> None:
    plan_change(plan_code="starter")
    before = (billed(), Subscription.objects.values().get())
    with pytest.raises(error) as refused:
        plan_change(plan_code=code)
    assert refused.value.code == why  # type: ignore[attr-defined]
    assert (billed(), Subscription.objects.values().get()) == before


def test_it_refuses_changes_while_a_payment_is_overdue(clock: Clock) -> None:
    plan_change(plan_code="starter")
    Subscription.objects.update(status="past_due")
    with pytest.raises(Conflict) as refused:
        plan_change(plan_code="pro")
    assert refused.value.code == "payment_overdue"


def test_it_changes_nothing_where_billing_is_off_and_limits_nothing(clock: Clock, settings: Settings) -> None:
    settings.BILLING_ENABLED = False
    assert {avatar_time().limit, entitlement_for(Metric.CONCURRENT_SESSIONS).limit} == {None}
    used(Metric.AVATAR_MS, 1000 * HOUR_MS)
    assert avatar_time().used == 1000 * HOUR_MS
    attempts: list[Callable[[], Subscription]] = [lambda: plan_change(plan_code="starter"), plan_cancel, plan_resume]
    for attempt in attempts:
        with pytest.raises(Conflict) as refused:
            attempt()
        assert refused.value.code == "billing_disabled"


def test_it_assigns_a_private_plan_with_terms_of_its_own(clock: Clock) -> None:
    terms = {"base_price_minor": 1_000_00, "avatar_ms": {"included": 5, "overage": "charge", "unit_price": "0.25", "ceiling": 9}}
    plan_assign(plan=current_plan("enterprise"), overrides=terms)
    assert billed() == [[("proration", 500_00)]]
    assert (avatar_time().included, avatar_time().limit, str(avatar_time().unit_price)) == (5, 9, "0.250000000000")
    assert entitlement_for(Metric.STT_MS).limit is None
    clock.move_to(MONTH_END)
    assert (current_period().base_price_minor, avatar_time().limit) == (1_000_00, 9)


def test_it_ends_agreed_terms_with_the_plan_they_were_agreed_for(clock: Clock) -> None:
    plan_change(plan_code="starter")
    overrides_set(overrides={"avatar_ms": {"included": 20 * HOUR_MS}})
    assert avatar_time().included == 20 * HOUR_MS
    plan_change(plan_code="pro")
    assert (avatar_time().included, subscription_of(current_period().workspace_id).price_overrides) == (100 * HOUR_MS, {})


@pytest.mark.parametrize(
    "overrides",
    [
        {"base_price_minor": -1},
        {"base_price_minor": "12"},
        {"nothing": {"included": 1}},
        {"avatar_ms": {"included": -1}},
        {"avatar_ms": {"included": 1.5}},
        {"avatar_ms": {"colour": "red"}},
        {"avatar_ms": {"unit_price": 0.5}},
        {"avatar_ms": {"unit_price": "NaN"}},
        {"avatar_ms": {"unit_price": "0.0000000000001"}},
        {"avatar_ms": {"unit_size": 0}},
        {"avatar_ms": {"ceiling": 5}},
        {"voices": {"overage": "charge", "unit_price": "1"}},
        {"avatar_ms": 5},
    ],
)
def test_it_refuses_terms_that_make_no_sense(clock: Clock, overrides: dict[str, Any]) -> None:
    plan_change(plan_code="starter")
    before = avatar_time()
    with pytest.raises(Invalid):
        overrides_set(overrides=overrides)
    assert Subscription.objects.get().price_overrides == {}
    assert avatar_time() == before


def test_it_rolls_only_over_a_period_that_has_ended(clock: Clock) -> None:
    period = current_period()
    with pytest.raises(ValueError, match="not ended"):
        subscription_roll(period=period, at=timezone.now())
    clock.move_to(utc(2026, 8, 1))
    following = subscription_roll(period=period, at=timezone.now())
    assert (following.starts_at, following.ends_at) == (MONTH_END, utc(2026, 6, 1))
    assert subscription_roll(period=period, at=timezone.now()) == following
