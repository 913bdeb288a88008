"""A period that has ended is closed once, whole, and what follows is open: by whatever clock, after whatever crash."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import DatabaseError, connection

from accounts.models import AuditEntry, Workspace
from accounts.tenancy import unscoped, workspace_scope
from quotas.billing.closing import close_due, close_period
from quotas.billing.credits import grant
from quotas.checks import ledger_differences
from quotas.metrics import Metric
from quotas.models import (
    Allowance,
    BillingPeriod,
    CreditGrant,
    GrantSource,
    Interval,
    Invoice,
    InvoiceSeries,
    PeriodState,
    Plan,
    Reservation,
)
from quotas.services import renew, report, reserve
from quotas.values import Hold, UsageAttributes
from tests.quotas.billing.bills import ANCHOR, FIRST_END, SECOND_END, Sold, amounts, close, invoices, offer, put_on, use
from tests.quotas.factories import utc

pytestmark = pytest.mark.django_db
MOMENT = timedelta(milliseconds=1)


def take(workspace: Workspace, amount: int, *, at: datetime, lease: timedelta) -> Hold:
    with time_machine.travel(at, tick=False), workspace_scope(workspace.pk):
        return reserve(metric=Metric.AVATAR_MS, amount=amount, purpose="test", subject_id=uuid4(), key=str(uuid4()), lease=lease)


def states(workspace: Workspace) -> list[tuple[datetime, str]]:
    with workspace_scope(workspace.pk):
        return list(BillingPeriod.objects.order_by("starts_at").values_list("ends_at", "state"))


def test_it_closes_a_period_and_opens_the_next(workspace: Workspace) -> None:
    put_on(workspace, offer(avatar_ms=Sold()))
    use(workspace, 1_250, at=FIRST_END - MOMENT)
    assert close(FIRST_END) == 1
    assert states(workspace) == [(FIRST_END, "closed"), (SECOND_END, "open")]
    (invoice,) = invoices(workspace)
    assert amounts(workspace, invoice.pk) == [("base", 1, 4_900), ("usage", 1_000, 0), ("overage", 250, 13)]
    assert (invoice.state, invoice.total_minor, invoice.number) == ("open", 4_913, "INV-000001")
    assert invoice.issued_at == FIRST_END


def test_it_leaves_a_period_that_has_not_ended(workspace: Workspace) -> None:
    put_on(workspace, offer(avatar_ms=Sold()))
    assert close(FIRST_END - MOMENT) == 0
    assert states(workspace) == [(FIRST_END, "open")]
    assert invoices(workspace) == []


def test_it_closes_a_period_once(workspace: Workspace) -> None:
    period = put_on(workspace, offer(avatar_ms=Sold()))
    assert close(FIRST_END) == 1
    assert close(FIRST_END) == 0
    assert not close_period(workspace_id=workspace.pk, period_id=period.pk, now=FIRST_END)
    assert len(invoices(workspace)) == 1


def test_it_catches_up_on_every_period_that_was_missed(workspace: Workspace) -> None:
    put_on(workspace, offer(avatar_ms=Sold()))
    assert close(utc(2026, 5, 31)) == 4
    assert [end for end, _ in states(workspace)] == [FIRST_END, SECOND_END, utc(2026, 4, 30), utc(2026, 5, 31), utc(2026, 6, 30)]
    assert [invoice.total_minor for invoice in invoices(workspace)] == [4_900] * 4


@pytest.mark.parametrize(
    ("anchor", "interval", "end"),
    [
        (utc(2028, 1, 31), Interval.MONTH, utc(2028, 2, 29)),
        (utc(2028, 2, 29), Interval.YEAR, utc(2029, 2, 28)),
        (utc(2026, 10, 25), Interval.MONTH, utc(2026, 11, 25)),
    ],
)
def test_it_keeps_to_the_calendar_in_utc(workspace: Workspace, anchor: datetime, interval: str, end: datetime) -> None:
    plan = offer(avatar_ms=Sold())
    plan.interval = interval
    plan.save()
    put_on(workspace, plan, anchor_at=anchor)
    assert close(end - MOMENT) == 0
    assert close(end) == 1


def test_it_issues_nothing_where_nothing_was_used_or_sold(workspace: Workspace) -> None:
    put_on(workspace, offer(base=0, avatar_ms=Sold()))
    assert close(FIRST_END) == 1
    assert invoices(workspace) == []
    assert InvoiceSeries.objects.count() == 0


def test_it_issues_and_pays_a_total_of_zero_at_once(workspace: Workspace) -> None:
    put_on(workspace, offer(base=0, avatar_ms=Sold(price=None)))
    use(workspace, 400, at=ANCHOR)
    close(FIRST_END)
    (invoice,) = invoices(workspace)
    assert (invoice.state, invoice.total_minor, invoice.paid_at) == ("paid", 0, FIRST_END)
    assert amounts(workspace, invoice.pk) == [("usage", 400, 0)]


def test_it_waits_for_a_hold_that_may_still_move(workspace: Workspace) -> None:
    put_on(workspace, offer(avatar_ms=Sold()))
    hold = take(workspace, 100, at=FIRST_END - MOMENT, lease=timedelta(minutes=2))
    assert close(FIRST_END + timedelta(minutes=1)) == 0
    with time_machine.travel(FIRST_END + timedelta(minutes=1), tick=False), workspace_scope(workspace.pk):
        usage = UsageAttributes(occurred_at=FIRST_END)
        renew(hold_id=hold.id, used=80, sequence=1, next_amount=100, lease=timedelta(seconds=40), usage=usage)
    assert close(FIRST_END + timedelta(minutes=1)) == 1
    with workspace_scope(workspace.pk):
        rows = Allowance.objects.filter(metric="avatar_ms").order_by("period__starts_at")
        assert list(rows.values_list("settled", "held")) == [(80, 0), (0, 100)]


def test_it_settles_what_was_reported_of_a_hold_that_nobody_moved_within_an_hour(workspace: Workspace) -> None:
    put_on(workspace, offer(avatar_ms=Sold(included=0)))
    hold = take(workspace, 100, at=FIRST_END - MOMENT, lease=timedelta(hours=9))
    with workspace_scope(workspace.pk):
        report(hold_id=hold.id, used=60)
    assert close(FIRST_END + timedelta(minutes=59)) == 0
    assert close(FIRST_END + timedelta(minutes=60)) == 1
    (invoice,) = invoices(workspace)
    assert amounts(workspace, invoice.pk) == [("base", 1, 4_900), ("overage", 60, 3)]
    with workspace_scope(workspace.pk):
        assert Reservation.objects.get().state == "expired"
        assert ledger_differences() == []


def test_it_closes_one_workspace_though_another_one_fails(workspace: Workspace, charlies_workspace: Workspace) -> None:
    put_on(charlies_workspace, offer(avatar_ms=Sold()))
    put_on(workspace, offer(avatar_ms=Sold()))
    about_charlies = lambda sql, params: "INSERT INTO" in sql and str(charlies_workspace.pk) in str(params)  # noqa: E731
    with failing_at(about_charlies, DatabaseError):
        assert close_due(now=FIRST_END) == 1
    assert states(charlies_workspace) == [(FIRST_END, "closing")]
    assert close(FIRST_END) == 1
    assert [invoices(each)[0].number for each in (workspace, charlies_workspace)] == ["INV-000001", "INV-000002"]


class Crash(BaseException):
    """The process died here."""


@contextmanager
def failing_at(condition: Any, error: type[BaseException] = Crash) -> Iterator[None]:
    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if condition(sql, params):
            raise error
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        yield


def crash_at(number: int) -> Any:
    """A condition that is true at the `number`th statement, before it runs."""
    seen = count()
    return lambda *_: next(seen) == number


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("credit", [True, False], ids=["alone", "together"])
def test_it_loses_and_doubles_nothing_wherever_it_dies(credit: bool) -> None:
    """Each round: a crash before the n-th statement, then a new process that finishes. Every round ends the same."""
    plan = offer(avatar_ms=Sold())
    for number in range(200):
        workspace = Workspace.objects.create(name="Crash")
        prepare(workspace, plan, credit=credit)
        if not close_but_die_at(number, workspace):
            break
        assert close(FIRST_END) == 1
        check(workspace, credit=credit)
    check(workspace, credit=credit)
    assert number > 15
    numbers = [invoice.number for invoice in every_invoice()]
    assert numbers == [f"INV-{n:06d}" for n in range(1, number + 2)]


def close_but_die_at(number: int, workspace: Workspace) -> bool:
    """Whether it died; then nothing but the claim is to be seen."""
    try:
        with failing_at(crash_at(number)):
            close_due(now=FIRST_END)
    except Crash:
        assert invoices(workspace) == []
        assert states(workspace)[0] in {(FIRST_END, "open"), (FIRST_END, "closing")}
        assert len(states(workspace)) == 1
        return True
    return False


def prepare(workspace: Workspace, plan: Plan, *, credit: bool) -> None:
    """Use beyond what is included, credit of the metric for some of it, and money for some of the rest."""
    put_on(workspace, plan)
    with workspace_scope(workspace.pk):
        if credit:
            grant(amount=300, metric="avatar_ms", key="metric", source=GrantSource.PROMO, at=ANCHOR)
        grant(amount=1_000, currency="EUR", key="money", source=GrantSource.PROMO, at=ANCHOR)
    use(workspace, 2_000, at=ANCHOR)


def check(workspace: Workspace, *, credit: bool) -> None:
    (invoice,) = invoices(workspace)
    free, charged, price = (1_300, 700, 35) if credit else (1_000, 1_000, 50)
    expected = [("base", 1, 4_900), ("usage", free, 0), ("overage", charged, price), ("credit", 0, -1_000)]
    assert amounts(workspace, invoice.pk) == expected
    assert states(workspace) == [(FIRST_END, PeriodState.CLOSED), (SECOND_END, PeriodState.OPEN)]
    with workspace_scope(workspace.pk):
        assert set(CreditGrant.objects.values_list("remaining", flat=True)) == {0}
        assert AuditEntry.objects.filter(action="invoice.issued").count() == 1
        assert ledger_differences() == []


def every_invoice() -> list[Invoice]:
    with unscoped("a test looks at all numbers"):
        return list(Invoice.objects.order_by("number"))
