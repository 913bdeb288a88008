"""Credit widens a limit, burns in its order, expires, goes into the next period, and comes off invoices."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.errors import Conflict, Invalid
from accounts.models import Workspace
from accounts.tenancy import current_workspace_id, workspace_scope
from quotas.billing import credits as credit
from quotas.billing.limits import apply_limits, refresh_due
from quotas.billing.subscriptions import overrides_set
from quotas.errors import QuotaExceeded
from quotas.metrics import Metric
from quotas.models import Allowance, BillingPeriod, CreditEntry, CreditGrant, GrantSource, Invoice, PeriodState
from quotas.periods import open_period
from quotas.services import release
from tests.quotas.factories import subscribe, take, usage, used, utc

pytestmark = pytest.mark.django_db
NOW, SOON, LATER, NEXT = utc(2026, 3, 10), utc(2026, 3, 12), utc(2026, 3, 20), utc(2026, 4, 2)
INCLUDED = 100
METRIC = Metric.AVATAR_MS
Clock = time_machine.Traveller


@pytest.fixture
def clock(workspace: Workspace) -> Iterator[Clock]:
    """A workspace with 100 ms of avatar time a month, on 10 March."""
    with time_machine.travel(NOW, tick=False) as traveller:
        subscribe(workspace, anchor_at=utc(2026, 3, 1), avatar_ms=INCLUDED)
        with workspace_scope(workspace.pk):
            yield traveller


def give(amount: int, key: str = "gift", **changes: Any) -> CreditGrant:
    asked: dict[str, Any] = {"metric": METRIC, "source": GrantSource.PROMO, "amount": amount, "key": key} | changes
    return credit.grant(**asked)


def left() -> dict[str, int]:
    return dict(CreditGrant.objects.values_list("key", "remaining"))


def burn_now() -> None:
    apply_limits(workspace_id=current_workspace_id())


def figures() -> tuple[int | None, int, int]:
    """(limit, granted, burned) now."""
    row = Allowance.objects.get(metric=METRIC, period=open_period(current_workspace_id(), timezone.now()))
    return row.ceiling, row.granted, row.burned


def conserved() -> bool:
    signs = {"burn": -1, "expiry": -1, "restore": 1}
    moved = {grant.pk: grant.amount for grant in CreditGrant.objects.all()}
    for entry in CreditEntry.objects.all():
        moved[entry.grant_id] += signs[entry.kind] * entry.amount
    return moved == {grant.pk: grant.remaining for grant in CreditGrant.objects.all()}


def test_it_widens_the_limit_at_once_and_only_once_a_key(clock: Clock) -> None:
    first = give(50)
    assert figures() == (150, 50, 0)
    assert give(50) == first
    assert figures() == (150, 50, 0)
    take(150)
    with pytest.raises(QuotaExceeded):
        take(1)


def test_it_refuses_another_grant_under_a_used_key(clock: Clock) -> None:
    give(50)
    with pytest.raises(Conflict, match="under this key"):
        give(51)
    assert figures() == (150, 50, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"metric": "voices"},
        {"metric": "nothing"},
        {"metric": ""},
        {"currency": "EUR"},
        {"amount": 0},
        {"expires_at": NOW},
    ],
)
def test_it_refuses_credit_that_makes_no_sense(clock: Clock, changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        give(**({"amount": 5} | changes))
    assert not CreditGrant.objects.exists()


def test_it_burns_only_what_is_used_beyond_the_included_amount(clock: Clock) -> None:
    give(50)
    used(METRIC, INCLUDED)
    burn_now()
    assert (left(), figures()) == ({"gift": 50}, (150, 50, 0))
    used(METRIC, 20)
    burn_now()
    assert (left(), figures()) == ({"gift": 30}, (150, 50, 20))
    burn_now()
    assert left() == {"gift": 30}
    assert conserved()


def test_it_burns_by_priority_then_expiry_then_age(clock: Clock) -> None:
    orders: dict[str, dict[str, Any]] = {
        "old": {},
        "young": {},
        "late": {"expires_at": LATER},
        "soon": {"expires_at": SOON},
        "first": {"priority": 1},
    }
    for key, changes in orders.items():
        give(10, key, **changes)
        clock.shift(timedelta(seconds=1))
    emptied = []
    used(METRIC, INCLUDED)
    for _ in range(5):
        used(METRIC, 10)
        burn_now()
        emptied += [key for key, amount in left().items() if not amount and key not in emptied]
    assert emptied == ["first", "soon", "late", "old", "young"]
    assert conserved()


def test_it_burns_what_was_used_before_the_rest_expires(clock: Clock) -> None:
    give(50, expires_at=SOON)
    used(METRIC, INCLUDED + 20)
    clock.move_to(SOON)
    assert credit.expire(at=SOON) == 30
    assert (left(), figures()) == ({"gift": 0}, (120, 20, 20))
    assert credit.expire(at=SOON) == 0
    assert sorted(CreditEntry.objects.values_list("kind", "amount")) == [("burn", 20), ("expiry", 30)]
    assert conserved()


def test_it_never_lowers_a_limit_below_what_is_held(clock: Clock) -> None:
    give(50, expires_at=SOON)
    hold = take(INCLUDED + 40)
    clock.move_to(SOON)
    credit.expire(at=SOON)
    assert figures() == (140, 0, 0)
    with pytest.raises(QuotaExceeded):
        take(1)
    release(hold_id=hold.id, used=10, sequence=1, usage=usage())
    burn_now()
    assert figures() == (INCLUDED, 0, 0)


def test_it_grants_what_is_left_again_in_the_next_period(clock: Clock) -> None:
    give(50)
    used(METRIC, INCLUDED + 20)
    clock.move_to(NEXT)
    assert figures() == (INCLUDED + 30, 30, 0)
    used(METRIC, INCLUDED + 30)
    burn_now()
    assert (left(), conserved()) == ({"gift": 0}, True)


def test_it_does_not_grant_twice_what_an_older_period_may_still_burn(clock: Clock) -> None:
    give(50)
    hold = take(INCLUDED + 20)
    clock.move_to(NEXT)
    assert figures() == (INCLUDED + 30, 30, 0)
    release(hold_id=hold.id, used=INCLUDED + 5, sequence=1, usage=usage())
    burn_now()
    assert (left(), figures()) == ({"gift": 45}, (INCLUDED + 45, 45, 0))
    assert conserved()


def test_it_burns_a_period_by_itself_when_it_is_closed(clock: Clock) -> None:
    give(50)
    used(METRIC, INCLUDED + 20)
    period = open_period(current_workspace_id(), NOW)
    assert credit.burn(period=period) == 20
    assert credit.burn(period=period) == 0
    BillingPeriod.objects.filter(pk=period.pk).update(state=PeriodState.CLOSED)
    clock.move_to(NEXT)
    assert figures() == (INCLUDED + 30, 30, 0)


def test_it_gives_credit_back_where_more_is_included_after_all(clock: Clock) -> None:
    give(30, "old")
    clock.shift(1)
    give(30, "young")
    used(METRIC, INCLUDED + 40)
    burn_now()
    assert left() == {"old": 0, "young": 20}
    overrides_set(overrides={"avatar_ms": {"included": 125}})
    assert left() == {"old": 15, "young": 30}
    assert figures() == (125 + 60, 60, 15)
    assert conserved()


def test_it_takes_money_off_an_invoice_and_gives_it_back_once(clock: Clock) -> None:
    period = open_period(current_workspace_id(), NOW)
    invoice = Invoice.objects.create(period=period, reason="change", currency="EUR")
    for key, currency in {"a": "EUR", "b": "EUR", "c": "USD"}.items():
        credit.refund_money(amount_minor=100, currency=currency, key=key, reason="Test", at=NOW)
        clock.shift(1)
    assert credit.apply_money(invoice=invoice, amount_minor=150, at=NOW) == 150
    assert (left(), credit.money_left(currency="EUR")) == ({"a": 0, "b": 50, "c": 100}, 50)
    assert credit.restore_money(invoice=invoice, at=NOW) == 150
    assert credit.restore_money(invoice=invoice, at=NOW) == 0
    assert left() == {"a": 100, "b": 100, "c": 100}
    assert conserved()


def test_it_refunds_what_a_void_invoice_took_of_credit_that_has_expired_since(clock: Clock) -> None:
    invoice = Invoice.objects.create(period=open_period(current_workspace_id(), NOW), reason="change", currency="EUR")
    given = credit.grant(amount=500, key="gift", source=GrantSource.PROMO, currency="EUR", expires_at=SOON, at=NOW)
    assert credit.apply_money(invoice=invoice, amount_minor=300, at=NOW) == 300
    clock.move_to(LATER)
    credit.expire(at=LATER)
    for _ in range(2):
        credit.restore_money(invoice=invoice, at=LATER)
        assert left() == {"gift": 0, f"void/{invoice.pk}/{given.pk}": 300}
    assert credit.money_left(currency="EUR", at=NEXT) == 300
    assert conserved()


def test_it_takes_no_more_money_than_there_is(clock: Clock) -> None:
    period = open_period(current_workspace_id(), NOW)
    invoice = Invoice.objects.create(period=period, reason="change", currency="EUR")
    credit.refund_money(amount_minor=100, currency="EUR", key="a", reason="Test", at=NOW)
    credit.grant(amount=7, key="b", source=GrantSource.PROMO, currency="EUR", expires_at=SOON, at=NOW)
    assert credit.apply_money(invoice=invoice, amount_minor=500, at=LATER) == 100
    assert left() == {"a": 0, "b": 7}


def at_the_clock(moment: datetime) -> None:
    """What the clock does about credit, outside of any scope."""
    with time_machine.travel(moment, tick=False):
        credit.expire_due(now=moment)
        refresh_due(now=moment)


def test_it_is_burned_and_expires_by_the_clock_in_every_workspace(workspace: Workspace, charlies_workspace: Workspace) -> None:
    spaces = (workspace, charlies_workspace)
    with time_machine.travel(NOW, tick=False):
        for space in spaces:
            subscribe(space, anchor_at=utc(2026, 3, 1), avatar_ms=INCLUDED)
            with workspace_scope(space.pk):
                give(50, expires_at=SOON)
                used(METRIC, INCLUDED + 20)
    at_the_clock(NOW)
    for space in spaces:
        with workspace_scope(space.pk):
            assert left() == {"gift": 30}
    at_the_clock(SOON)
    with time_machine.travel(SOON, tick=False):
        for space in spaces:
            with workspace_scope(space.pk):
                assert (left(), figures()) == ({"gift": 0}, (120, 20, 20))
    assert refresh_due(now=SOON) == 0
