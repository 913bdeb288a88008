"""Any interleaving of steps leaves the counters where plain arithmetic puts them, and the ledger agrees."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.errors import Conflict
from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from quotas.checks import ledger_differences
from quotas.errors import QuotaExceeded
from quotas.metrics import Metric
from quotas.models import Allowance, Interval, Reservation
from quotas.periods import bounds
from quotas.services import backfill, correct, expire_lapsed, release, renew, report, settle
from tests.quotas.factories import LEASE, subscribe, take, usage, utc
from tests.quotas.oracle import Claim, Counter, Oracle

AMOUNTS = st.integers(1, 120)
USES = st.integers(0, 150)
ANCHOR = utc(2026, 1, 31)
CEILING = 200


class LedgerMachine(RuleBasedStateMachine):
    """One workspace, one metric, several holders, a sweeper and a calendar."""

    holds: Bundle[UUID] = Bundle("holds")

    @initialize()
    def open_a_workspace(self) -> None:
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.clock = time_machine.travel(ANCHOR + timedelta(days=3), tick=False)
        self.time = self.clock.start()
        self.workspace = Workspace.objects.create(name="Machine")
        self.oracle = Oracle(CEILING)
        self.entries: list[tuple[UUID, Counter, int]] = []
        subscribe(self.workspace, anchor_at=ANCHOR, avatar_ms=CEILING)

    def teardown(self) -> None:
        if hasattr(self, "clock"):
            self.clock.stop()
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)

    def now_counter(self) -> Counter:
        return self.oracle.period(bounds(ANCHOR, Interval.MONTH, timezone.now())[0])

    @rule(target=holds, amount=AMOUNTS)
    def reserves(self, amount: int) -> UUID:
        counter, before = self.now_counter(), self.now_counter().free
        key = uuid4()
        with workspace_scope(self.workspace.pk):
            try:
                hold = take(amount, key=str(key))
            except QuotaExceeded:
                assert amount > before
                return key
            assert amount <= before
            assert take(amount + 1, key=str(key)) == hold
        counter.held += amount
        self.oracle.claims[hold.id] = Claim(counter, amount, hold.lease_expires_at)
        return hold.id

    @rule(hold=holds, used=USES)
    def settles(self, hold: UUID, used: int) -> None:
        if (claim := self.oracle.claims.get(hold)) is None:
            return
        self.step("settle", hold, used, claim.sequence + 1)
        if claim.state != "released":
            claim.sequence += 1
            self.oracle.use(claim, used)

    @rule(hold=holds, used=USES, amount=AMOUNTS)
    def renews(self, hold: UUID, used: int, amount: int) -> None:
        if (claim := self.oracle.claims.get(hold)) is None:
            return
        if claim.state == "released":
            with pytest.raises(Conflict):
                self.step("renew", hold, used, claim.sequence + 1, amount)
            return
        self.step("renew", hold, used, claim.sequence + 1, amount)
        self.oracle.use(claim, used)
        self.oracle.give_back(claim)
        claim.counter, claim.state, claim.lease_expires_at = self.now_counter(), "open", timezone.now() + LEASE
        claim.sequence += 1
        self.oracle.hold(claim, amount)

    @rule(hold=holds, used=USES)
    def releases(self, hold: UUID, used: int) -> None:
        if (claim := self.oracle.claims.get(hold)) is None:
            return
        self.step("release", hold, used, claim.sequence + 1)
        if claim.state != "released":
            self.oracle.use(claim, used)
            self.oracle.give_back(claim)
            claim.state, claim.sequence = "released", claim.sequence + 1

    @rule(hold=holds, action=st.sampled_from(["settle", "renew", "release"]), used=USES, back=st.integers(0, 2))
    def repeats(self, hold: UUID, action: str, used: int, back: int) -> None:
        claim = self.oracle.claims.get(hold)
        if claim and claim.sequence > back and not (action == "renew" and claim.state != "open"):
            self.step(action, hold, used, claim.sequence - back, 100)

    @rule(hold=holds, used=USES)
    def reports(self, hold: UUID, used: int) -> None:
        if (claim := self.oracle.claims.get(hold)) is None:
            return
        with workspace_scope(self.workspace.pk):
            report(hold_id=hold, used=used)
        if claim.state == "open":
            claim.reported = max(claim.reported, used)

    @rule(used=AMOUNTS)
    def backfills(self, used: int) -> None:
        counter, counted = self.now_counter(), min(used, self.now_counter().free)
        with workspace_scope(self.workspace.pk):
            entered = backfill(metric=Metric.AVATAR_MS, quantity=used, event_id=str(uuid4()), usage=usage())
        counter.settled, counter.overrun = counter.settled + counted, counter.overrun + used - counted
        if counted:
            self.entries.append((entered.entry_id, counter, counted))

    @precondition(lambda self: self.entries)
    @rule(data=st.data())
    def corrects(self, data: st.DataObject) -> None:
        place = data.draw(st.integers(0, len(self.entries) - 1))
        entry, counter, left = self.entries[place]
        change = -data.draw(st.integers(1, left))
        with workspace_scope(self.workspace.pk):
            correct(entry_id=entry, quantity=change, reason="A test.", event_id=str(uuid4()))
        counter.settled += change
        self.entries[place : place + 1] = [(entry, counter, left + change)] if left + change else []

    @rule(seconds=st.integers(1, 60))
    def waits(self, seconds: int) -> None:
        self.time.shift(seconds)

    @rule()
    def a_month_passes(self) -> None:
        self.time.move_to(bounds(ANCHOR, Interval.MONTH, timezone.now())[1])

    @rule()
    def sweeps(self) -> None:
        assert expire_lapsed(now=timezone.now()) == self.oracle.expire(timezone.now())

    @invariant()
    def the_counters_are_what_arithmetic_says(self) -> None:
        with workspace_scope(self.workspace.pk):
            rows = Allowance.objects.filter(metric="avatar_ms", period__isnull=False)
            found = {at: tuple(counts) for at, *counts in rows.values_list("period__starts_at", "settled", "held", "overrun")}
            expected = {at: (one.settled, one.held, one.overrun) for at, one in self.oracle.periods.items()}
            assert {at: found.get(at, (0, 0, 0)) for at in expected} == expected
            assert all(held >= 0 and settled + held <= CEILING for settled, held, _ in found.values())
            assert ledger_differences() == []
            states = dict(Reservation.objects.values_list("id", "state"))
            assert states == {hold: claim.state for hold, claim in self.oracle.claims.items()}

    def step(self, action: str, hold: UUID, used: int, sequence: int, amount: int = 0) -> None:
        with workspace_scope(self.workspace.pk):
            if action == "renew":
                renew(hold_id=hold, used=used, sequence=sequence, next_amount=amount, lease=LEASE, usage=usage())
            elif action == "settle":
                settle(hold_id=hold, used=used, sequence=sequence, usage=usage())
            else:
                release(hold_id=hold, used=used, sequence=sequence, usage=usage())


@pytest.mark.django_db
def test_it_keeps_every_invariant_in_any_order_of_steps() -> None:
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(
            max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck), database=None
        ),
    )
