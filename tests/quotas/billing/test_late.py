"""Use that comes after its period was closed: on the next invoice, at the prices of then, with what was free then."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.errors import Conflict, Invalid, NotFound
from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.billing.credits import grant
from quotas.billing.late import queue_late_use
from quotas.models import Allowance, BillingPeriod, GrantSource, PendingLine, Subscription
from tests.quotas.billing.bills import ANCHOR, FIRST_END, SECOND_END, Sold, amounts, close, invoices, offer, put_on, use

pytestmark = pytest.mark.django_db


def closed(workspace: Workspace, used: int, **sold: Sold) -> BillingPeriod:
    """A period that was closed after `used` ms of avatar time."""
    period = put_on(workspace, offer(base=0, **({"avatar_ms": Sold(price="1", size=1)} | sold)))
    if used:
        use(workspace, used, at=ANCHOR)
    close(FIRST_END)
    return period


def late(workspace: Workspace, period: BillingPeriod, quantity: int, key: str, metric: str = "avatar_ms") -> PendingLine:
    with workspace_scope(workspace.pk):
        return queue_late_use(period_id=period.pk, metric=metric, quantity=quantity, key=key)


def test_it_uses_up_what_was_free_first(workspace: Workspace) -> None:
    period = closed(workspace, 900)
    first, second = late(workspace, period, 150, "a"), late(workspace, period, 10, "b")
    assert [(line.late, line.quantity, line.amount_minor) for line in (first, second)] == [(150, 50, 50), (10, 10, 10)]
    assert first.unit_price == Decimal(1)


def test_it_puts_late_use_onto_the_next_invoice(workspace: Workspace) -> None:
    period = closed(workspace, 1_000)
    late(workspace, period, 7, "a")
    assert len(invoices(workspace)) == 1
    close(SECOND_END)
    assert amounts(workspace, invoices(workspace)[1].pk) == [("correction", 7, 7)]
    close(SECOND_END)
    assert len(invoices(workspace)) == 2


def test_it_enters_a_key_once(workspace: Workspace) -> None:
    period = closed(workspace, 1_000)
    assert late(workspace, period, 7, "a") == late(workspace, period, 8, "a")
    with workspace_scope(workspace.pk):
        assert PendingLine.objects.get().late == 7


def test_it_keeps_the_prices_of_then(workspace: Workspace) -> None:
    period = closed(workspace, 1_000)
    with workspace_scope(workspace.pk):
        Subscription.objects.update(price_overrides={"avatar_ms": {"unit_price": "9"}})
    assert late(workspace, period, 3, "a").amount_minor == 3


def test_it_gives_back_what_a_correction_takes_away(workspace: Workspace) -> None:
    period = closed(workspace, 1_010)
    line = late(workspace, period, -30, "a")
    assert (line.late, line.quantity, line.amount_minor) == (-30, -10, -10)
    assert late(workspace, period, 20, "b").amount_minor == 0


def test_it_charges_nothing_above_the_ceiling_or_where_use_is_blocked(workspace: Workspace) -> None:
    period = closed(workspace, 1_000, avatar_ms=Sold(price="1", size=1, ceiling=1_005), tts_characters=Sold(price=None))
    assert late(workspace, period, 50, "a").amount_minor == 5
    assert late(workspace, period, 5_000, "b", metric="tts_characters").amount_minor == 0


def test_it_counts_only_the_credit_that_the_period_burned(workspace: Workspace) -> None:
    period = put_on(workspace, offer(base=0, avatar_ms=Sold(price="1", size=1)))
    with workspace_scope(workspace.pk):
        grant(amount=100, metric="avatar_ms", key="credit", source=GrantSource.PROMO, at=ANCHOR)
    use(workspace, 1_040, at=ANCHOR)
    close(FIRST_END)
    assert late(workspace, period, 10, "a").amount_minor == 10
    with workspace_scope(workspace.pk):
        assert Allowance.objects.get(metric="avatar_ms", period__starts_at=FIRST_END).granted == 60


def test_it_passes_on_the_average_cost_of_the_period(workspace: Workspace) -> None:
    period = put_on(workspace, offer(base=0, avatar_ms=Sold(included=0, price=None, markup_bp=1_000)))
    use(workspace, 100, at=ANCHOR, provider="p", provider_cost=Decimal("2"), provider_currency="EUR")
    close(FIRST_END)
    assert late(workspace, period, 50, "a").amount_minor == 110


def test_it_refuses_an_open_period_a_gauge_and_nothing(workspace: Workspace, charlies_workspace: Workspace) -> None:
    period = closed(workspace, 1_000)
    with workspace_scope(workspace.pk):
        current = BillingPeriod.objects.get(state="open")
    for target, quantity, metric, error in (
        (current, 1, "avatar_ms", Conflict),
        (period, 0, "avatar_ms", Invalid),
        (period, 1, "voices", Invalid),
    ):
        with pytest.raises(error):
            late(workspace, target, quantity, "a", metric=metric)
    with pytest.raises(NotFound):
        late(charlies_workspace, period, 1, "a")
    with workspace_scope(workspace.pk):
        assert PendingLine.objects.count() == 0


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(parts=st.lists(st.integers(-200, 200).filter(bool), max_size=6), used=st.integers(800, 1_200))
def test_it_charges_the_same_however_late_use_is_split(workspace: Workspace, parts: list[int], used: int) -> None:
    with transaction.atomic():  # a closed period for each example: nobody changes one
        period = closed(workspace, used)
        charged = sum(late(workspace, period, part, str(key)).amount_minor for key, part in enumerate(parts))
        transaction.set_rollback(True)
    assert charged == max(0, used + sum(parts) - 1_000) - max(0, used - 1_000)
