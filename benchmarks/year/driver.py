"""Lets workspaces live through a year at the real services, with a clock of its own, and writes the journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from heapq import heapify, heappop, heappush
from random import Random
from typing import Any
from uuid import UUID, uuid4

import time_machine

from accounts.errors import Problem
from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from benchmarks.year.journal import Billed, Event, Year
from benchmarks.year.scenario import Intent, intents
from quotas.billing import invoicing, subscriptions
from quotas.billing.closing import close_due
from quotas.billing.credits import expire, grant, grants
from quotas.billing.late import queue_late_use
from quotas.errors import QuotaExceeded
from quotas.metrics import Metric
from quotas.models import (
    BillingPeriod,
    BillingProfile,
    GrantSource,
    Invoice,
    InvoiceLine,
    InvoiceState,
    PeriodState,
    Plan,
)
from quotas.services import release, reserve
from quotas.values import UsageAttributes

Facts = dict[str, Any]
_TICK = -1
_LEASE = timedelta(seconds=40)
_CURRENCY = "EUR"


@dataclass(slots=True)
class Driver:
    """One shard of workspaces: numbers `first` up to `last`. Give it an empty database."""

    seed: int
    first: int
    last: int
    start: datetime
    days: int
    ids: dict[int, UUID] = field(default_factory=dict)
    journals: dict[int, list[Event]] = field(default_factory=dict)
    ticks: list[Event] = field(default_factory=list)
    queue: list[Intent] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    def run(self) -> dict[int, Year]:
        """Live through the year; by number of the workspace what was tried and what was billed."""
        for number in range(self.first, self.last):
            self.queue += intents(workspace=number, seed=self.seed, start=self.start, days=self.days)
        self.queue += self._ticks()
        heapify(self.queue)
        with time_machine.travel(self.start, tick=False) as clock:
            while self.queue:
                intent = heappop(self.queue)
                clock.move_to(intent.at)
                self._carry_out(intent)
            return {number: self._year(number) for number in range(self.first, self.last)}

    def _ticks(self) -> list[Intent]:
        """The clock comes by once a day, some time after midnight; now and then it is away for days."""
        random, ticks, day = Random(f"{self.seed}/clock"), [], 0.0
        while day < self.days:
            ticks.append(self.start + timedelta(days=day, minutes=random.randrange(240)))
            day += 4 if random.random() < 0.02 else 1
        ticks.append(self.start + timedelta(days=self.days + 1))
        return [Intent(at=at, workspace=_TICK, kind="tick") for at in ticks]

    def _carry_out(self, intent: Intent) -> None:
        if intent.workspace == _TICK:
            while close_due(now=intent.at):
                pass
            self.ticks.append(Event(at=intent.at, kind="tick"))
        elif intent.kind == "join":
            self.ids[intent.workspace] = Workspace.objects.create(name=f"Workspace {intent.workspace}").pk
            self.journals[intent.workspace] = [Event(at=intent.at, kind="join")]
        else:
            self._try(intent)

    def _try(self, intent: Intent) -> None:
        """What is refused has not happened."""
        try:
            with workspace_scope(self.ids[intent.workspace]):
                facts = _ACTIONS[intent.kind](intent.facts, intent.at)
        except Problem as problem:
            self.refused[f"{intent.kind}: {problem.code}"] += 1
            return
        if facts is None:
            self.refused[f"{intent.kind}: nothing to act on"] += 1
            return
        self.journals[intent.workspace].append(Event(at=intent.at, kind=intent.kind, facts=facts))
        if facts.get("expires_at"):
            heappush(self.queue, Intent(at=facts["expires_at"], workspace=intent.workspace, kind="expire"))

    def _year(self, number: int) -> Year:
        with workspace_scope(self.ids[number]):
            invoices = [_billed(invoice) for invoice in Invoice.objects.order_by("number")]
            money_left = sum(row.remaining for row in grants() if row.currency)
        events = sorted([*self.ticks, *self.journals[number]], key=lambda event: event.at)  # at one moment the clock is first
        return Year(events=events, invoices=invoices, money_left=money_left)


def _billed(invoice: Invoice) -> Billed:
    rows = InvoiceLine.objects.filter(invoice=invoice).order_by("position").values_list("kind", "metric", "amount_minor")
    assert invoice.issued_at is not None
    return Billed(
        reason=invoice.reason,
        state=invoice.state,
        lines=tuple(rows),
        subtotal_minor=invoice.subtotal_minor,
        tax_minor=invoice.tax_minor,
        total_minor=invoice.total_minor,
        issued_at=invoice.issued_at,
    )


def _use(facts: Facts, at: datetime) -> Facts:
    metric, amount = Metric(facts["metric"]), facts["amount"]
    cost = Decimal(facts["cost"]) if metric == Metric.LLM_INPUT_TOKENS else None
    try:
        hold = reserve(metric=metric, amount=amount, purpose="year", subject_id=uuid4(), key=str(uuid4()), lease=_LEASE)
    except QuotaExceeded:
        return facts | {"accepted": False}
    usage = UsageAttributes(occurred_at=at, provider="sim" if cost else "", provider_cost=cost, provider_currency=_CURRENCY)
    release(hold_id=hold.id, used=amount, sequence=1, usage=usage)
    return facts | {"accepted": True}


def _grant(facts: Facts, at: datetime) -> Facts:
    expires_at = None if facts["lasts"] is None else at + timedelta(days=facts["lasts"])
    grant(
        amount=facts["amount"],
        metric=facts["metric"],
        currency="" if facts["metric"] else _CURRENCY,
        priority=facts["priority"],
        expires_at=expires_at,
        source=GrantSource.PROMO,
        key=str(uuid4()),
        at=at,
    )
    return facts | {"expires_at": expires_at}


def _late(facts: Facts, at: datetime) -> Facts | None:
    period = BillingPeriod.objects.filter(state=PeriodState.CLOSED).order_by("-starts_at").first()
    if period is None:
        return None
    queue_late_use(period_id=period.pk, metric=facts["metric"], quantity=facts["amount"], key=str(uuid4()))
    return facts | {"starts_at": period.starts_at}


def _tax(facts: Facts, at: datetime) -> Facts:
    terms = {"tax_rate_bp": facts["rate"], "reverse_charge": facts.get("reverse", False)}
    BillingProfile.objects.update_or_create(defaults=terms)
    return facts


def _purchase(facts: Facts, at: datetime) -> Facts:
    invoicing.purchase_invoice(
        description="Credit", metric=Metric.AVATAR_MS, quantity=1_000, price_minor=facts["price"], key=str(uuid4()), at=at
    )
    return facts


def _pay(facts: Facts, at: datetime) -> Facts:
    """Most pay after some days; `paid` tells which of the workspace's invoices, counted from 0."""
    numbered, until = enumerate(Invoice.objects.order_by("number")), at - timedelta(days=facts["days"])
    ripe = [(ordinal, row) for ordinal, row in numbered if row.state == InvoiceState.OPEN and (row.issued_at or at) <= until]
    for _, row in ripe:
        invoicing.mark_paid(invoice_id=row.pk, at=at)
    return {"paid": [ordinal for ordinal, _ in ripe]}


def _void(facts: Facts, at: datetime) -> Facts | None:
    return _latest(InvoiceState.OPEN, lambda row: invoicing.void(invoice_id=row.pk, at=at))


def _reissue(facts: Facts, at: datetime) -> Facts | None:
    return _latest(InvoiceState.VOID, lambda row: invoicing.reissue(invoice_id=row.pk, at=at))


def _latest(state: InvoiceState, act: Callable[[Invoice], object]) -> Facts | None:
    found = [(ordinal, row) for ordinal, row in enumerate(Invoice.objects.order_by("number")) if row.state == state]
    if not found:
        return None
    act(found[-1][1])
    return {"ordinal": found[-1][0]}


def _change(facts: Facts, at: datetime) -> Facts:
    subscriptions.plan_change(plan_code=facts["plan"], at=at)
    return facts


def _assign(facts: Facts, at: datetime) -> Facts:
    plan = Plan.objects.filter(code=facts["plan"]).latest("version")
    subscriptions.plan_assign(plan=plan, overrides=facts["overrides"], at=at)
    return facts


def _override(facts: Facts, at: datetime) -> Facts:
    subscriptions.overrides_set(overrides=facts["overrides"], at=at)
    return facts


def _cancel(facts: Facts, at: datetime) -> Facts:
    subscriptions.plan_cancel(at=at)
    return facts


def _resume(facts: Facts, at: datetime) -> Facts:
    subscriptions.plan_resume(at=at)
    return facts


def _expire(facts: Facts, at: datetime) -> Facts:
    expire(at=at)
    return facts


_ACTIONS: dict[str, Callable[[Facts, datetime], Facts | None]] = {
    "use": _use,
    "grant": _grant,
    "expire": _expire,
    "late": _late,
    "tax": _tax,
    "purchase": _purchase,
    "pay": _pay,
    "void": _void,
    "reissue": _reissue,
    "change": _change,
    "assign": _assign,
    "override": _override,
    "cancel": _cancel,
    "resume": _resume,
}
