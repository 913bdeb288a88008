"""Whatever happens to a workspace, in any order: no counter leaves its bounds, no credit is lost, nothing is billed twice."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from accounts.errors import Conflict, NotFound
from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.billing.caps import remove_spend_cap, set_spend_cap
from quotas.billing.clock import sweep
from quotas.billing.credits import grant
from quotas.billing.entitlements import entitlement_for
from quotas.billing.invoicing import mark_paid
from quotas.billing.subscriptions import plan_cancel, plan_change, plan_resume
from quotas.checks import ledger_differences
from quotas.errors import QuotaExceeded
from quotas.metrics import Metric
from quotas.models import (
    Allowance,
    BillingPeriod,
    CapAction,
    CreditEntry,
    CreditGrant,
    GrantSource,
    Interval,
    Invoice,
    InvoiceLine,
    InvoiceState,
    Overage,
    PeriodState,
    Plan,
    PlanAllowance,
    Reservation,
)
from quotas.services import expire_lapsed, release, settle
from tests.quotas.factories import take, usage, used, utc

AMOUNTS = st.integers(1, 120)
USES = st.integers(0, 150)
METRIC = Metric.AVATAR_MS


def pay_all() -> None:
    for invoice in Invoice.objects.filter(state=InvoiceState.OPEN):
        mark_paid(invoice_id=invoice.pk, at=timezone.now())


DECISIONS: dict[str, Callable[[], object]] = {
    "free": lambda: plan_change(plan_code="free"),
    "small": lambda: plan_change(plan_code="small"),
    "large": lambda: plan_change(plan_code="large"),
    "year": lambda: plan_change(plan_code="year"),
    "cancel": plan_cancel,
    "resume": plan_resume,
    "cap": lambda: set_spend_cap(amount_minor=60, action=CapAction.STOP),
    "watch": lambda: set_spend_cap(amount_minor=60, action=CapAction.NOTIFY),
    "no cap": remove_spend_cap,
    "pay": pay_all,
}
SIGNS = {"burn": -1, "expiry": -1, "restore": 1}


def offers() -> None:
    """Small plans: one that blocks, two that charge (the larger with a trial), one for a year."""
    terms = {"free": (0, 100, None), "small": (10_00, 150, 400), "large": (50_00, 300, 900), "year": (100_00, 600, None)}
    for code, (base, included, ceiling) in terms.items():
        plan = Plan.objects.create(
            code=code,
            name=code,
            base_price_minor=base,
            interval=Interval.YEAR if code == "year" else Interval.MONTH,
            trial_days=10 if code == "large" else 0,
        )
        charge = {"overage": Overage.CHARGE, "unit_price": Decimal("0.7"), "ceiling": ceiling} if ceiling else {}
        PlanAllowance.objects.create(plan=plan, metric=METRIC, included=included, **charge)


class Complaints(logging.Handler):
    """What the clock could not do; it goes on after it has said so."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(self.format(record))


class BillingMachine(RuleBasedStateMachine):
    """One workspace with holders, gifts, changing plans, and the clocks of the meter and of billing."""

    holds: Bundle[UUID] = Bundle("holds")

    @initialize(code=st.sampled_from(["small", "large", "year"]))
    def open_a_workspace(self, code: str) -> None:
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.clock = time_machine.travel(utc(2026, 1, 31, 12), tick=False)
        self.time = self.clock.start()
        offers()
        self.workspace = Workspace.objects.create(name="Machine")
        self.sequences: Counter[UUID] = Counter()
        self.complaints = Complaints()
        logging.getLogger("quotas").addHandler(self.complaints)
        self.somebody_decides(code)

    def teardown(self) -> None:
        if hasattr(self, "clock"):
            logging.getLogger("quotas").removeHandler(self.complaints)
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('app.every_workspace', 'on', true)")
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            self.clock.stop()
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)

    @rule(target=holds, amount=AMOUNTS)
    def reserves(self, amount: int) -> UUID:
        with workspace_scope(self.workspace.pk):
            try:
                return take(amount).id
            except QuotaExceeded:
                return uuid4()

    @rule(most=st.sampled_from([100, 300, 1_000]))
    def uses_what_there_is(self, most: int) -> None:
        with workspace_scope(self.workspace.pk):
            left = entitlement_for(METRIC).remaining or 0
            if left:
                with suppress(QuotaExceeded):  # the spend cap may leave less
                    used(METRIC, min(most, left))

    @rule(hold=holds, spent=USES)
    def settles(self, hold: UUID, spent: int) -> None:
        if self.is_known(hold):
            self.sequences[hold] += 1
            with workspace_scope(self.workspace.pk):
                for _ in range(2):
                    settle(hold_id=hold, used=spent, sequence=self.sequences[hold], usage=usage())

    @rule(hold=holds, spent=USES)
    def releases(self, hold: UUID, spent: int) -> None:
        if self.is_known(hold):
            self.sequences[hold] += 1
            with workspace_scope(self.workspace.pk):
                for _ in range(2):
                    release(hold_id=hold, used=spent, sequence=self.sequences[hold], usage=usage())

    @rule(amount=AMOUNTS, days=st.none() | st.integers(1, 60), priority=st.integers(0, 2))
    def credit_is_given(self, amount: int, days: int | None, priority: int) -> None:
        expires_at = timezone.now() + timedelta(days=days) if days else None
        given = {"amount": amount, "priority": priority, "expires_at": expires_at}
        with workspace_scope(self.workspace.pk):
            grant(metric=METRIC, key=str(uuid4()), source=GrantSource.PROMO, **given)  # type: ignore[arg-type]

    @rule(
        span=st.sampled_from([timedelta(), timedelta(seconds=50), timedelta(days=20), timedelta(days=45)]), closes=st.booleans()
    )
    def time_passes(self, span: timedelta, closes: bool) -> None:
        """The meter's clock runs always, that of billing may be late."""
        self.time.shift(span)
        expire_lapsed(now=timezone.now())
        if closes:
            sweep(now=timezone.now())

    @rule(step=st.sampled_from(sorted(DECISIONS)))
    def somebody_decides(self, step: str) -> None:
        """The workspace's standing may forbid it; what is refused changes nothing."""
        with workspace_scope(self.workspace.pk), transaction.atomic():
            try:
                DECISIONS[step]()
            except (Conflict, NotFound):
                transaction.set_rollback(True)
        self.time.shift(1)

    def is_known(self, hold: UUID) -> bool:
        with workspace_scope(self.workspace.pk):
            return Reservation.objects.filter(pk=hold).exists()

    @invariant()
    def the_clock_has_nothing_to_complain_of(self) -> None:
        assert self.complaints.heard == []

    @invariant()
    def counters_stay_within_their_bounds(self) -> None:
        with workspace_scope(self.workspace.pk):
            for row in Allowance.objects.all():
                assert row.held >= 0
                assert row.ceiling is None or row.settled + row.held <= row.ceiling
                assert 0 <= row.burned <= row.granted
            assert ledger_differences() == []

    @invariant()
    def credit_is_neither_lost_nor_made(self) -> None:
        with workspace_scope(self.workspace.pk):
            moved = {row.pk: row.amount for row in CreditGrant.objects.all()}
            burned: Counter[UUID | None] = Counter()
            for entry in CreditEntry.objects.all():
                moved[entry.grant_id] += SIGNS[entry.kind] * entry.amount
                if entry.kind != "expiry" and entry.invoice_id is None:
                    burned[entry.period_id] -= SIGNS[entry.kind] * entry.amount
            assert moved == {row.pk: row.remaining for row in CreditGrant.objects.all()}
            rows = Allowance.objects.filter(metric=METRIC)
            assert {row.period_id: row.burned for row in rows if row.burned} == {key: n for key, n in burned.items() if n}

    @invariant()
    def a_closed_period_burned_exactly_what_it_used_above_the_included(self) -> None:
        with workspace_scope(self.workspace.pk):
            for row in Allowance.objects.filter(metric=METRIC, period__state=PeriodState.CLOSED):
                assert row.held == 0
                assert row.burned == min(row.granted, max(0, row.settled - (row.included or 0)))

    @invariant()
    def time_is_covered_once_and_billed_once(self) -> None:
        with workspace_scope(self.workspace.pk):
            spans = list(BillingPeriod.objects.order_by("starts_at").values_list("starts_at", "ends_at"))
            assert all(earlier[1] <= later[0] for earlier, later in pairwise(spans))
            bases = InvoiceLine.objects.filter(kind="base").values_list("starts_at", flat=True)
            assert len(bases) == len(set(bases))
            assert all(invoice.total_minor >= 0 for invoice in Invoice.objects.all())


@pytest.mark.django_db
def test_it_keeps_every_invariant_whatever_happens_in_any_order() -> None:
    run_state_machine_as_test(
        BillingMachine,
        settings=settings(
            max_examples=6, stateful_step_count=35, deadline=None, suppress_health_check=list(HealthCheck), database=None
        ),
    )
