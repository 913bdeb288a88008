"""What a change of plan gives back and charges: never what nobody paid, never less than use has cost already."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
import time_machine
from django.db import connection

from accounts.errors import Conflict
from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.billing.invoicing import mark_paid, mark_uncollectible, reissue, void
from quotas.billing.subscriptions import overrides_set, plan_assign, plan_change
from quotas.models import BillingPeriod, CreditGrant, Plan, Subscription
from tests.quotas.billing.bills import FIRST_END, SECOND_END, Sold, amounts, close, invoices, offer, put_on, use
from tests.quotas.factories import an_invoice, utc

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
HALF = utc(2026, 3, 15, 12)  # half of the second period is left


@contextmanager
def at_work(workspace: Workspace, at: datetime) -> Iterator[None]:
    with time_machine.travel(at, tick=False), workspace_scope(workspace.pk):
        yield


def changed(plan: Plan, **values: Any) -> Plan:
    """A plan that nobody is on yet, with other values."""
    Plan.objects.filter(pk=plan.pk).update(**values)
    plan.refresh_from_db()
    return plan


def plan(base: int, **sold: Sold) -> Plan:
    return offer(base=base, **(sold or {"avatar_ms": Sold()}))


def facts(workspace: Workspace) -> list[Any]:
    """Everything that a refused change must leave as it was."""
    with workspace_scope(workspace.pk):
        models = (Subscription, BillingPeriod, CreditGrant)
        return [list(model.objects.order_by("pk").values()) for model in models] + [len(invoices(workspace))]


def credited(workspace: Workspace) -> list[int]:
    with workspace_scope(workspace.pk):
        return list(CreditGrant.objects.filter(metric="").values_list("amount", flat=True))


def paid_until(workspace: Workspace, at: datetime) -> None:
    with at_work(workspace, at):
        for invoice in invoices(workspace):
            mark_paid(invoice_id=invoice.pk, at=at)


# --- use that has been charged ----------------------------------------------------------------------------------------
def test_it_bills_use_before_an_upgrade_at_the_end_could_include_it(workspace: Workspace) -> None:
    small, big = plan(2_800, avatar_ms=Sold(price="1", size=1)), plan(9_900, avatar_ms=Sold(included=1_000_000))
    former = put_on(workspace, small)
    use(workspace, 100_000, at=utc(2026, 2, 20))
    at = FIRST_END - 2 * SECOND
    with at_work(workspace, at):
        plan_change(plan_code=big.code, at=at)
        plan_change(plan_code=small.code, at=at + SECOND)
    close(FIRST_END)
    (invoice,) = invoices(workspace)
    assert invoice.period_id == former.pk
    assert amounts(workspace, invoice.pk) == [("base", 1, 9_900), ("usage", 1_000, 0), ("overage", 99_000, 99_000)]
    with workspace_scope(workspace.pk):
        now, ended = BillingPeriod.objects.order_by("-starts_at")
        assert (ended.ends_at, ended.plan_id, now.starts_at, now.plan_id) == (at, small.pk, at, big.pk)


def test_it_goes_on_with_the_period_where_no_use_has_been_charged(workspace: Workspace) -> None:
    small, big = plan(2_800, avatar_ms=Sold(price="1", size=1)), plan(9_900, avatar_ms=Sold(included=1_000_000))
    period = put_on(workspace, small)
    use(workspace, 1_000, at=utc(2026, 2, 10))
    at = utc(2026, 2, 14)
    with at_work(workspace, at):
        plan_change(plan_code=big.code, at=at)
        assert BillingPeriod.objects.get().pk == period.pk
    assert [amount for _, _, amount in amounts(workspace, invoices(workspace)[0].pk)] == [-1_400, 4_950]


# --- the base price that was charged ----------------------------------------------------------------------------------
def test_it_gives_nothing_back_of_an_agreed_price_that_was_never_charged(workspace: Workspace) -> None:
    put_on(workspace, plan(0))
    yearly = changed(plan(10_000), interval="year")
    with at_work(workspace, HALF):
        overrides_set(overrides={"base_price_minor": 28_000}, at=HALF)
        plan_change(plan_code=yearly.code, at=HALF + SECOND)
    assert credited(workspace) == []


@pytest.mark.parametrize("agreed", [0, 5_000, 90_000])
def test_it_gives_back_what_was_charged_whatever_was_agreed_for_the_next_period(workspace: Workspace, agreed: int) -> None:
    put_on(workspace, plan(2_800))
    close(FIRST_END)
    with at_work(workspace, HALF):
        overrides_set(overrides={"base_price_minor": agreed}, at=HALF)
        plan_assign(plan=plan(5_600), at=HALF)
    assert [amount for _, _, amount in amounts(workspace, invoices(workspace)[-1].pk)] == [-1_400, 2_800]


def test_it_gives_back_by_the_last_change_of_a_period_and_bills_the_next_at_its_own_price(workspace: Workspace) -> None:
    put_on(workspace, plan(2_800))
    close(FIRST_END)
    middle, dear = plan(5_600), plan(11_200)
    with at_work(workspace, HALF):
        plan_change(plan_code=middle.code, at=HALF)
        overrides_set(overrides={"base_price_minor": 6_000}, at=HALF)
        plan_change(plan_code=dear.code, at=HALF + SECOND)
        period = BillingPeriod.objects.latest("starts_at")
        assert (period.base_price_minor, period.running_base_minor) == (2_800, 11_200)
    assert [amount for _, _, amount in amounts(workspace, invoices(workspace)[-1].pk)] == [-2_800, 5_600]
    close(SECOND_END)
    assert amounts(workspace, invoices(workspace)[-1].pk) == [("base", 1, 11_200)]


@pytest.mark.parametrize("changes", [True, False])
def test_it_fills_the_price_of_running_periods_when_it_is_installed(workspace: Workspace, changes: bool) -> None:
    put_on(workspace, plan(2_800))
    dear = plan(5_600)
    with at_work(workspace, utc(2026, 2, 14)):
        if changes:
            plan_change(plan_code=dear.code)
        BillingPeriod.objects.update(running_base_minor=0)
        with connection.cursor() as cursor:
            cursor.execute(import_module("quotas.migrations.0011_running_base")._PRICES)
        assert BillingPeriod.objects.get().running_base_minor == (5_600 if changes else 2_800)


# --- currencies -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("interval", ["month", "year"])
@pytest.mark.parametrize("by_operator", [True, False])
def test_it_refuses_a_plan_in_another_currency(workspace: Workspace, interval: str, by_operator: bool) -> None:
    put_on(workspace, plan(2_800))
    close(FIRST_END)
    paid_until(workspace, HALF)
    dollars, before = changed(plan(5_600), currency="USD", interval=interval), facts(workspace)
    with pytest.raises(Conflict) as refused, at_work(workspace, HALF):
        plan_assign(plan=dollars, at=HALF) if by_operator else plan_change(plan_code=dollars.code, at=HALF)
    assert refused.value.code == "currency_differs"
    assert facts(workspace) == before


def test_it_issues_an_invoice_again_in_its_own_currency(workspace: Workspace) -> None:
    period = put_on(workspace, plan(0))
    dollars = changed(plan(0), currency="USD")
    with at_work(workspace, HALF):
        invoice = an_invoice(1_200)
        void(invoice_id=invoice.pk, at=HALF)
        BillingPeriod.objects.update(plan=dollars)
        assert reissue(invoice_id=invoice.pk, at=HALF).currency == "EUR"
        assert BillingPeriod.objects.exclude(pk=period.pk).get().plan.currency == "USD"


# --- what nobody paid -------------------------------------------------------------------------------------------------
def a_billed_year(workspace: Workspace) -> tuple[Plan, datetime]:
    """On a yearly plan whose invoice is open; a monthly plan to change to."""
    put_on(workspace, plan(0))
    yearly, at = changed(plan(49_000), interval="year"), utc(2026, 2, 10)
    with at_work(workspace, at):
        plan_change(plan_code=yearly.code, at=at)
    close(at + SECOND)
    assert [(invoice.state, invoice.total_minor) for invoice in invoices(workspace)] == [("open", 49_000)]
    return plan(4_900), at + 2 * SECOND


@pytest.mark.parametrize("gives_up", [True, False])
@pytest.mark.parametrize("by_operator", [True, False])
def test_it_makes_no_credit_of_a_base_price_that_is_still_open(workspace: Workspace, gives_up: bool, by_operator: bool) -> None:
    monthly, at = a_billed_year(workspace)
    if gives_up:
        with at_work(workspace, at):
            mark_uncollectible(invoice_id=invoices(workspace)[0].pk, at=at)
    before = facts(workspace)
    with pytest.raises(Conflict) as refused, at_work(workspace, at):
        plan_assign(plan=monthly, at=at) if by_operator else plan_change(plan_code=monthly.code, at=at)
    assert (refused.value.code, refused.value.status) == ("payment_open", 409)
    assert "Pay the open invoice" in refused.value.hint
    assert facts(workspace) == before


def test_it_gives_back_a_base_price_once_it_was_paid(workspace: Workspace) -> None:
    monthly, at = a_billed_year(workspace)
    paid_until(workspace, at)
    with at_work(workspace, at):
        plan_change(plan_code=monthly.code, at=at)
    assert credited(workspace) == [49_000]


def test_it_gives_nothing_back_of_a_base_price_that_was_voided(workspace: Workspace) -> None:
    monthly, at = a_billed_year(workspace)
    with at_work(workspace, at):
        void(invoice_id=invoices(workspace)[0].pk, at=at)
        plan_change(plan_code=monthly.code, at=at)
    assert credited(workspace) == []


def test_it_refuses_where_the_voided_invoice_was_issued_again_and_is_open(workspace: Workspace) -> None:
    monthly, at = a_billed_year(workspace)
    with at_work(workspace, at):
        void(invoice_id=invoices(workspace)[0].pk, at=at)
        reissue(invoice_id=invoices(workspace)[0].pk, at=at)
        with pytest.raises(Conflict) as refused:
            plan_change(plan_code=monthly.code, at=at)
    assert refused.value.code == "payment_open"


def test_it_refuses_to_assign_a_cheaper_plan_in_a_period_that_is_not_paid(workspace: Workspace) -> None:
    put_on(workspace, plan(2_800))
    close(FIRST_END)
    before = facts(workspace)
    with pytest.raises(Conflict) as refused, at_work(workspace, HALF):
        plan_assign(plan=plan(1_400), at=HALF)
    assert refused.value.code == "payment_open"
    assert facts(workspace) == before
    paid_until(workspace, HALF)
    with at_work(workspace, HALF):
        plan_assign(plan=plan(1_400), at=HALF)
    assert credited(workspace) == [700]


def test_it_charges_an_upgrade_in_a_period_that_is_not_paid(workspace: Workspace) -> None:
    put_on(workspace, plan(2_800))
    close(FIRST_END)
    dear = plan(5_600)
    with at_work(workspace, HALF):
        plan_change(plan_code=dear.code, at=HALF)
    assert invoices(workspace)[-1].total_minor == 1_400
